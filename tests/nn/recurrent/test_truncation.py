import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from judge import refuses

from dlsteps.nn.recurrent import GRU, LSTM, RNN, detach, truncated

LAYERS = [RNN, LSTM, GRU]


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def parts(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("layer", LAYERS)
@settings(max_examples=12)
@given(T=st.integers(0, 7), span=st.integers(1, 8), data=st.data())
def test_the_numbers_are_those_of_reading_at_once(layer, T, span, data):
    lengths = data.draw(st.none() | st.lists(st.integers(0, T), min_size=2, max_size=2).map(torch.tensor))
    net, x = layer(3, 2, 2).double(), drawn(2, T, 3)
    output, state = net(x, lengths=lengths)
    chunks = list(truncated(net, x, span, lengths=lengths))
    assert [chunk.start for chunk in chunks] == list(range(0, T, span))
    if chunks:
        assert torch.allclose(torch.cat([chunk.output for chunk in chunks], 1), output, atol=1e-14)
        for ours, expected in zip(parts(chunks[-1].state), parts(state), strict=True):
            assert torch.allclose(ours, expected, atol=1e-14)


@pytest.mark.parametrize("layer", LAYERS)
def test_no_gradient_reaches_the_chunk_before(layer):
    net, x = layer(3, 2).double(), drawn(2, 6, 3).requires_grad_()
    for chunk in truncated(net, x, span=2):
        (gradient,) = torch.autograd.grad(chunk.output.sum(), x)
        reached = gradient.abs().amax((0, 2)).nonzero().flatten().tolist()
        assert reached == [chunk.start, chunk.start + 1]


@pytest.mark.parametrize("layer", LAYERS)
def test_the_gradient_is_the_sum_over_chunks_from_fixed_states(layer):
    net, x = layer(3, 2).double(), drawn(2, 5, 3)
    for chunk in truncated(net, x, span=2):
        chunk.output.square().sum().backward()
    ours = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    with torch.no_grad():
        states = [None, *(net(x[:, :t])[1] for t in (2, 4))]
    for start, state in zip((0, 2, 4), states, strict=True):
        net(x[:, start : start + 2], state)[0].square().sum().backward()
    for truncated_gradient, p in zip(ours, net.parameters(), strict=True):
        assert torch.allclose(truncated_gradient, p.grad, atol=1e-12)
    net.zero_grad()
    net(x)[0].square().sum().backward()
    assert max((a - p.grad).abs().max() for a, p in zip(ours, net.parameters(), strict=True)) > 1e-3


def test_a_span_of_the_whole_sequence_is_no_truncation():
    net, x = LSTM(3, 2).double(), drawn(2, 5, 3).requires_grad_()
    (chunk,) = truncated(net, x, span=5)
    ours, theirs = (torch.autograd.grad(y.sum(), x)[0] for y in (chunk.output, net(x)[0]))
    assert torch.equal(ours, theirs)


def test_a_first_state_that_is_learned_gets_its_gradient_from_the_first_chunk():
    net, x, h = RNN(3, 2).double(), drawn(2, 4, 3), drawn(1, 2, 2, seed=1).requires_grad_()
    first, second = truncated(net, x, 2, h)
    assert torch.autograd.grad(first.output.sum(), h)[0].abs().min() > 0
    assert torch.autograd.grad(second.output.sum(), h, allow_unused=True)[0] is None


def test_parameters_may_change_between_chunks_and_without_detaching_they_may_not():
    net, x = RNN(3, 2).double(), drawn(2, 6, 3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    for chunk in truncated(net, x, 2):
        chunk.output.square().sum().backward()
        optimizer.step()
    first, state = net(x[:, :2])
    first.square().sum().backward()
    second, _ = net(x[:, 2:4], state)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        second.square().sum().backward()


def test_lengths_of_a_narrow_type_do_not_wrap():
    net, x = RNN(3, 2).double(), drawn(2, 300, 3)
    lengths = torch.tensor([100, 7], dtype=torch.int8)
    ours = torch.cat([chunk.output for chunk in truncated(net, x, 50, lengths=lengths)], 1)
    assert torch.allclose(ours, net(x, lengths=lengths.long())[0], atol=1e-14)


def test_detach():
    h = drawn(2, 2).requires_grad_()
    assert not detach(2 * h).requires_grad
    assert torch.equal(detach(h), h)
    pair = detach((h, 3 * h))
    assert [part.requires_grad for part in pair] == [False, False]
    assert torch.equal(pair[1], 3 * h)


def test_refuses():
    net, x = RNN(3, 2), torch.ones(2, 4, 3)
    with refuses(ValueError, "span=0 reads nothing; try 1 or more"):
        truncated(net, x, 0)
    with refuses(TypeError, "x must be floating point"):
        truncated(net, x.long(), 2)
    with refuses(ValueError, r"does not have the three axes \(B, T, C\)"):
        truncated(net, x[0], 2)
    with refuses(ValueError, "length 5 is not from 0 to T=4"):
        truncated(net, x, 2, lengths=torch.tensor([5, 4]))
    with refuses(ValueError, r"the state h has shape \(2, 2\), but the layer keeps \(1, 2, 2\)"):
        next(truncated(net, x, 2, torch.ones(2, 2)))
