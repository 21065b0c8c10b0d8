"""RNN, LSTM and GRU, each beside PyTorch's."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from dlsteps.nn.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell, gru, lstm, rnn, rnn_cell

DTYPES = [torch.float64, torch.float32]
LAYERS = [(RNN, nn.RNN), (LSTM, nn.LSTM), (GRU, nn.GRU)]
CELLS = [(RNNCell, nn.RNNCell), (LSTMCell, nn.LSTMCell), (GRUCell, nn.GRUCell)]
both = pytest.mark.parametrize(("ours", "theirs"), LAYERS)
sizes = st.integers(1, 4)


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class Flat(nn.Module):
    """A layer or a cell that takes its state as separate tensors and returns it so."""

    def __init__(self, net, lengths=None, packs=False):
        super().__init__()
        self.net, self.lengths, self.packs = net, lengths, packs

    def forward(self, x, *state):
        state = (state if len(state) > 1 else state[0]) if state else None
        if self.packs:
            T = x.shape[1]
            x = pack_padded_sequence(x, self.lengths, batch_first=True, enforce_sorted=False)
            output, state = self.net(x, state)
            output, _ = pad_packed_sequence(output, batch_first=True, total_length=T)
            results = (output, state)
        else:
            results = self.net(x, state) if self.lengths is None else self.net(x, state, self.lengths)
        return tuple(flattened(results))


def flattened(results):
    for result in results if isinstance(results, tuple) else (results,):
        yield from flattened(result) if isinstance(result, tuple) else (result,)


def first_state(net, B, H, layers=1):
    number = 2 if isinstance(net, (LSTM, LSTMCell)) else 1
    shape = (layers, B, H) if layers else (B, H)
    return [drawn(*shape, seed=5 + i) for i in range(number)]


@both
@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=12)
@given(B=sizes, T=sizes, C=sizes, H=sizes, layers=st.integers(1, 2), bias=st.booleans(), starts=st.booleans())
def test_matches_torch(ours, theirs, dtype, B, T, C, H, layers, bias, starts):
    ours, theirs = (
        ours(C, H, layers, bias=bias),
        theirs(C, H, layers, bias=bias, batch_first=True),
    )
    state = first_state(ours, B, H, layers) if starts else []
    assert_matches_torch(Flat(ours), Flat(theirs), drawn(B, T, C), *state, dtype=dtype)


@both
@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=12)
@given(data=st.data(), B=sizes, T=sizes, layers=st.integers(1, 2))
def test_lengths_are_torchs_packing(ours, theirs, dtype, data, B, T, layers):
    lengths = torch.tensor(data.draw(st.lists(st.integers(1, T), min_size=B, max_size=B)))
    ours = Flat(ours(3, 2, layers), lengths)
    theirs = Flat(theirs(3, 2, layers, batch_first=True), lengths, packs=True)
    state = first_state(ours.net, B, 2, layers)
    assert_matches_torch(ours, theirs, drawn(B, T, 3), *state, dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_relu_matches_torch(dtype):
    ours, theirs = RNN(3, 4, nonlinearity="relu"), nn.RNN(3, 4, nonlinearity="relu", batch_first=True)
    assert_matches_torch(Flat(ours), Flat(theirs), drawn(2, 3, 3), dtype=dtype)
    ours, theirs = RNNCell(3, 4, nonlinearity="relu"), nn.RNNCell(3, 4, nonlinearity="relu")
    assert_matches_torch(ours, theirs, drawn(2, 3), drawn(2, 4), dtype=dtype)


def test_the_notes_formula():
    net, x = RNN(3, 4, nonlinearity="sigmoid").double(), drawn(2, 3, 3)
    weight_ih, weight_hh, bias_ih, bias_hh = net.weights(0)
    h = torch.zeros(2, 4).double()
    for t in range(3):
        h = 1 / (1 + torch.exp(-(x[:, t] @ weight_ih.T + h @ weight_hh.T + bias_ih + bias_hh)))
        assert torch.allclose(net(x)[0][:, t], h, atol=1e-12)


@pytest.mark.parametrize(("ours", "theirs"), CELLS)
@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=12)
@given(B=sizes, C=sizes, H=sizes, bias=st.booleans(), starts=st.booleans())
def test_cells_match_torch(ours, theirs, dtype, B, C, H, bias, starts):
    ours, theirs = ours(C, H, bias), theirs(C, H, bias)
    state = first_state(ours, B, H, layers=0) if starts else []
    assert_matches_torch(Flat(ours), Flat(theirs), drawn(B, C), *state, dtype=dtype)


@pytest.mark.parametrize(("layer", "cell"), [(RNN, RNNCell), (LSTM, LSTMCell), (GRU, GRUCell)])
def test_a_layer_is_its_cell_at_every_step(layer, cell):
    layer, cell, x = layer(3, 4).double(), cell(3, 4).double(), drawn(2, 5, 3)
    cell.load_state_dict({name.removesuffix("_l0"): p for name, p in layer.state_dict().items()})
    state = None
    for t, output in enumerate(layer(x)[0].unbind(1)):
        state = cell(x[:, t], state)
        assert torch.allclose(state[0] if isinstance(state, tuple) else state, output, atol=1e-14)


@both
def test_starts_like_torchs_and_state_goes_both_ways(ours, theirs):
    torch.manual_seed(3)
    ours = ours(3, 4, 2)
    torch.manual_seed(3)
    theirs = theirs(3, 4, 2, batch_first=True)
    assert [*ours.state_dict()] == [*theirs.state_dict()]
    for name, parameter in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], parameter)
    nn.init.normal_(ours.weight_hh_l1)
    theirs.load_state_dict(ours.state_dict())
    assert_matches_torch(Flat(ours), Flat(theirs), drawn(2, 3, 3), share_state=False)


@pytest.mark.parametrize(("ours", "theirs"), CELLS)
def test_cells_start_like_torchs(ours, theirs):
    torch.manual_seed(3)
    ours = ours(3, 4)
    torch.manual_seed(3)
    theirs = theirs(3, 4)
    for name, parameter in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], parameter)


@both
@pytest.mark.parametrize("junk", [1e9, torch.nan, torch.inf])
def test_padding_has_no_effect_whatever_it_is(ours, theirs, junk):
    net, lengths, x = ours(3, 4, 2).double(), torch.tensor([2, 4, 0]), drawn(3, 4, 3)
    results = []
    for filler in (0.0, junk):
        padded = x.clone()
        padded[0, 2:] = padded[2] = filler
        padded.requires_grad_()
        output, state = net(padded, lengths=lengths)
        net.zero_grad()
        output.square().sum().backward()
        results.append([output, *flattened(state), padded.grad, *(p.grad.clone() for p in net.parameters())])
    for zeros, filled in zip(*results, strict=True):
        assert torch.equal(zeros, filled)
    output, gradient = results[0][0], padded.grad
    for values in (output, gradient):
        assert values[0, :2].abs().min() > 0
        assert values[0, 2:].abs().max() == values[2].abs().max() == 0


@both
def test_a_sequence_of_no_steps_leaves_the_state(ours, theirs):
    net, x = ours(3, 4).double(), drawn(2, 3, 3)
    state = first_state(net, 2, 4)
    given_state = tuple(state) if len(state) > 1 else state[0]
    output, after = net(x[:, :0], given_state)
    assert output.shape == (2, 0, 4)
    assert all(torch.equal(a, b) for a, b in zip(flattened(after), state, strict=True))
    output, after = net(x, given_state, torch.tensor([0, 3]))
    for a, b in zip(flattened(after), state, strict=True):
        assert torch.equal(a[0, 0], b[0, 0])
        assert (a[0, 1] - b[0, 1]).abs().min() > 0
    assert net(x[:0])[0].shape == (0, 3, 4)
    assert next(flattened(net(x[:0])[1])).shape == (1, 0, 4)


@both
def test_memory_in_another_order(ours, theirs):
    ours, theirs = Flat(ours(3, 4)), Flat(theirs(3, 4))  # torch's reads (T, B, C) by default
    theirs.net.batch_first = True
    x = drawn(5, 2, 3).transpose(0, 1)
    assert not x.is_contiguous()
    assert_matches_torch(ours, theirs, x)


@pytest.mark.parametrize("layer", [RNN, LSTM, GRU])
def test_gradient(layer):
    net, lengths = layer(2, 3).double(), torch.tensor([3, 1])
    assert torch.autograd.gradcheck(
        lambda x: tuple(flattened(net(x, None, lengths))), drawn(2, 3, 2).requires_grad_()
    )


def test_half_precision():
    net, x = LSTM(3, 4).double(), drawn(2, 3, 3)
    expected, _ = net(x)
    output, state = net.to(torch.bfloat16)(x.to(torch.bfloat16))
    assert output.dtype == state[1].dtype == torch.bfloat16
    assert (output.double() - expected).abs().max() < 0.02


@pytest.mark.parametrize(("layer", "of_state"), [(RNN, "addmm"), (LSTM, "addmm"), (GRU, "linear")])
def test_the_input_of_all_steps_is_one_product(layer, of_state, monkeypatch):
    products = []

    def spy(owner, name, argument):
        real = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, lambda *a: products.append((name, tuple(a[argument].shape))) or real(*a)
        )

    spy(torch.nn.functional, "linear", 0)
    spy(torch, "addmm", 1)
    layer(3, 4)(torch.ones(2, 7, 3))
    assert products == [("linear", (2, 7, 3))] + [(of_state, (2, 4))] * 7


FUNCTIONS = [(rnn, 1, 1), (lstm, 4, 2), (gru, 3, 1)]


@pytest.mark.parametrize(("function", "rows", "states"), FUNCTIONS)
def test_a_missing_bias_is_zero(function, rows, states):
    x, state = drawn(2, 5, 3), (drawn(2, 2, seed=1),) * states
    weights = drawn(rows * 2, 3, seed=2), drawn(rows * 2, 2, seed=3)
    bias, zero = drawn(rows * 2, seed=4), torch.zeros(rows * 2).double()
    for biases in ((bias, None), (None, bias), (None, None)):
        full = [zero if b is None else b for b in biases]
        ours, expected = (function(x, *state, *weights, *pair).output for pair in (biases, full))
        assert torch.equal(ours, expected)
    with_both = function(x, *state, *weights, bias, bias).output
    assert (with_both - ours).abs().max() > 0.01


@pytest.mark.parametrize(("function", "rows", "states"), FUNCTIONS)
def test_functions_refuse(function, rows, states):
    H = 4
    x, state = torch.ones(2, 5, 3), [torch.ones(2, H)] * states
    weights = [torch.ones(rows * H, n) for n in (3, H)]
    with refuses(TypeError, "x must be floating point, but has dtype torch.int64"):
        function(x.long(), *state, *weights)
    with refuses(
        ValueError, r"x of shape \(5, 3\) does not have the three axes \(B, T, C\); try x.unsqueeze"
    ):
        function(x[0], *state, *weights)
    with refuses(ValueError, "has 2 features on its last axis, but the weights read 3; try input_size=2"):
        function(x[..., :2], *state, *weights)
    with refuses(
        ValueError, r"the state h has shape \(1, 4\), but the layer keeps \(2, 4\); try None for zeros"
    ):
        function(x, state[0][:1], *state[1:], *weights)
    with refuses(TypeError, "x has dtype torch.float32, but h has torch.float64"):
        function(x, state[0].double(), *state[1:], *weights)
    with refuses(TypeError, "but weight_hh has torch.float64"):
        function(x, *state, weights[0], weights[1].double())
    with refuses(ValueError, rf"weight_ih has shape .* H=4 and an x of 3 features need \({rows * H}, 3\)"):
        function(x, *state, weights[0][1:], weights[1])
    with refuses(ValueError, rf"weight_hh has shape .* need \({rows * H}, 4\); try that"):
        function(x, *state, weights[0], weights[1][1:])
    with refuses(ValueError, rf"bias_ih has shape \(3,\), .* need \({rows * H},\)"):
        function(x, *state, *weights, torch.ones(3))
    with refuses(ValueError, rf"bias_hh has shape \(3,\), .* need \({rows * H},\)"):
        function(x, *state, *weights, None, torch.ones(3))
    with refuses(ValueError, r"length 6 is not from 0 to T=5; try lengths.clamp\(0, 5\)"):
        function(x, *state, *weights, lengths=torch.tensor([5, 6]))
    with refuses(ValueError, "length -1 is not from 0 to T=5"):
        function(x, *state, *weights, lengths=torch.tensor([-1, 5]))
    with refuses(TypeError, r"lengths have dtype torch.float32, but count steps; try lengths.long\(\)"):
        function(x, *state, *weights, lengths=torch.tensor([1.0, 5.0]))
    with refuses(ValueError, r"lengths have shape \(1,\), but x has B=2 sequences; try \(2,\)"):
        function(x, *state, *weights, lengths=torch.tensor([5]))


@pytest.mark.parametrize("layer", [RNN, LSTM, GRU])
def test_layers_refuse(layer):
    net, x = layer(3, 4, 2), torch.ones(2, 5, 3)
    for position, name in enumerate(("input_size", "hidden_size", "num_layers")):
        given_sizes = [3, 4, 2]
        given_sizes[position] = 0
        with refuses(ValueError, f"{name}=0 is below 1; try {name}=1 or more"):
            layer(*given_sizes)
    with refuses(ValueError, r"does not have the three axes \(B, T, C\)"):
        net(x[0])
    with refuses(TypeError, "x must be floating point"):
        net(x.long())
    with refuses(TypeError, "lengths have dtype torch.float32"):
        net(x, lengths=torch.tensor([5.0, 5.0]))
    with refuses(ValueError, "the weights read 3"):
        net(x[..., :2])
    with refuses(ValueError, "length 6 is not from 0 to T=5"):
        net(x, lengths=torch.tensor([6, 5]))
    wrong = torch.ones(1, 2, 4)
    with refuses(ValueError, r"the state h has shape \(1, 2, 4\), but the layer keeps \(2, 2, 4\)"):
        net(x, (wrong, wrong) if layer is LSTM else wrong)
    with refuses(ValueError, "x of shape .* does not have the three axes"):
        net(x[0], (wrong, wrong) if layer is LSTM else wrong)
    if layer is LSTM:
        with refuses(ValueError, "the state has 1 parts, but this cell keeps h and c"):
            net(x, torch.ones(2, 2, 4))
        with refuses(ValueError, r"the state c has shape \(1, 2, 4\)"):
            net(x, (torch.ones(2, 2, 4), wrong))
    else:
        with refuses(ValueError, "the state has 2 parts, but this cell keeps h"):
            net(x, (torch.ones(2, 2, 4),) * 2)


@pytest.mark.parametrize("cell", [RNNCell, LSTMCell, GRUCell])
def test_cells_refuse(cell):
    net, x = cell(3, 4), torch.ones(2, 3)
    with refuses(ValueError, r"x of shape \(2, 5, 3\) does not have the two axes \(B, C\); try x\[:, t\]"):
        net(torch.ones(2, 5, 3))
    with refuses(TypeError, "x must be floating point"):
        net(x.long())
    with refuses(ValueError, "the weights read 3; try input_size=2, or look for a transposed x"):
        net(x[:, :2])
    wrong = torch.ones(1, 4)
    with refuses(ValueError, r"the state h has shape \(1, 4\), but the layer keeps \(2, 4\)"):
        net(x, (wrong, wrong) if cell is LSTMCell else wrong)
    if cell is LSTMCell:
        with refuses(ValueError, "the state has 1 parts, but this cell keeps h and c"):
            net(x, (torch.ones(2, 4),))
    else:
        with refuses(TypeError, "the state h is a tuple, not a tensor; try None for zeros"):
            net(x, (torch.ones(2, 4),))
    with refuses(
        TypeError, "x has dtype torch.float64, but h has torch.float32|but weight_ih has torch.float32"
    ):
        net(x.double(), None)
    with refuses(ValueError, "input_size=0 is below 1"):
        cell(0, 4)
    with refuses(ValueError, "hidden_size=0 is below 1"):
        cell(3, 0)
    net.weight_hh = nn.Parameter(net.weight_hh[1:].detach())
    with refuses(ValueError, "weight_hh has shape"):
        net(x)


def test_refuses_an_unknown_nonlinearity():
    for make in (RNN, RNNCell):
        with refuses(ValueError, "nonlinearity='gelu' is not known; try one of tanh, relu, sigmoid"):
            make(3, 4, nonlinearity="gelu")
    x, h, weight_ih, weight_hh = torch.ones(2, 5, 3), torch.ones(2, 4), torch.ones(4, 3), torch.ones(4, 4)
    with refuses(ValueError, "nonlinearity='exp' is not known"):
        rnn(x, h, weight_ih, weight_hh, nonlinearity="exp")
    with refuses(ValueError, "nonlinearity='exp' is not known"):
        rnn_cell(x[:, 0], h, weight_ih, weight_hh, nonlinearity="exp")


def test_repr():
    assert repr(LSTM(3, 4, 2, bias=False)) == "LSTM(3, 4, num_layers=2, bias=False)"
    assert repr(GRUCell(3, 4)) == "GRUCell(3, 4, bias=True)"
