import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from judge import refuses

from dlsteps.nn.positional import RotaryEncoding
from dlsteps.nn.transformer import PreNorm, Transformer, beam_search, greedy_decode, length_penalty

PAD, START, END, V = 0, 1, 2, 5
SOURCE = torch.tensor([[3, 4, 1, 0], [1, 2, 3, 4], [4, 4, 0, 0]])
ENDS = {"start": START, "end": END}


def model(seed=0, **options):
    """An untrained model with large logits, so that its sequences differ."""
    torch.manual_seed(seed)
    model = Transformer(5, V, 8, 2, 1, 12, residual=PreNorm, **options).double().eval()
    model.to_logits.weight.data *= 4
    return model


def score(model, source, sequences):
    """The log-probabilities of whole sequences, each read in one go, up to its end token."""
    tokens = torch.tensor([sequence + [PAD] * (9 - len(sequence)) for sequence in sequences])
    with torch.no_grad():
        log_p = model(source.expand(len(tokens), -1), tokens[:, :-1]).log_softmax(-1)
    taken = log_p.gather(-1, tokens[:, 1:, None])[..., 0]
    return [taken[i, : len(sequence) - 1].sum().item() for i, sequence in enumerate(sequences)]


def stripped(tokens):
    tokens = tokens.tolist()
    return tokens[: tokens.index(END) + 1] if END in tokens else tokens


def all_sequences(max_length):
    """Every sequence that ends, or is as long as allowed."""
    for length in range(1, max_length):
        for middle in itertools.product([t for t in range(V) if t != END], repeat=length - 1):
            yield [START, *middle, END]
    for middle in itertools.product([t for t in range(V) if t != END], repeat=max_length - 1):
        yield [START, *middle]


@given(st.integers(0, 1000))
@settings(max_examples=5)
def test_greedy_takes_the_likeliest_token(seed):
    net = model(seed)
    tokens, scores, _ = greedy_decode(net, SOURCE, **ENDS, max_length=7)
    for row in range(3):
        sequence = stripped(tokens[row])
        assert sequence[0] == START
        logits = net(SOURCE[row : row + 1], torch.tensor([sequence]))[0]
        assert logits[:-1].argmax(-1).tolist() == sequence[1:]
        assert len(sequence) == 7 or sequence[-1] == END
        assert tokens[row, len(sequence) :].tolist() == [PAD] * (tokens.shape[1] - len(sequence))
        assert abs(scores[row] - score(net, SOURCE[row], [sequence])[0]) < 1e-10


@pytest.mark.parametrize("options", [{}, {"positions": None, "rotary": RotaryEncoding(4)}])
@pytest.mark.parametrize("seed", [1, 2])
def test_cached_and_uncached_give_the_same_tokens(seed, options):
    net = model(seed, **options)
    cached, uncached = (greedy_decode(net, SOURCE, **ENDS, max_length=9, use_cache=c) for c in (True, False))
    assert torch.equal(cached.tokens, uncached.tokens)
    assert torch.allclose(cached.scores, uncached.scores, rtol=0, atol=1e-10)
    cached, uncached = (
        beam_search(net, SOURCE, **ENDS, max_length=9, beam=3, use_cache=c) for c in (True, False)
    )
    assert torch.equal(cached.tokens, uncached.tokens)
    assert torch.allclose(cached.scores, uncached.scores, rtol=0, atol=1e-10)
    assert not torch.equal(cached.tokens[:, 0], cached.tokens[:, 1])


def test_the_cache_reads_each_token_once():
    lengths = {True: [], False: []}
    for use_cache, seen in lengths.items():
        net = model(3)
        net.target_embedding.register_forward_hook(
            lambda module, inputs, y, seen=seen: seen.append(y.shape[1])
        )
        steps = greedy_decode(net, SOURCE, **ENDS, max_length=6, use_cache=use_cache).tokens.shape[1] - 1
        assert steps > 2
        assert seen == ([1] * steps if use_cache else list(range(1, steps + 1)))


def test_greedy_stops_when_all_have_ended():
    net = model()
    net.to_logits.bias.data[END] = 1e3
    tokens, scores, steps = greedy_decode(net, SOURCE, **ENDS, max_length=50, record=True)
    assert tokens.tolist() == [[START, END]] * 3
    assert scores.abs().max() < 1e-6
    assert len(steps) == 1


def test_greedy_records_its_steps():
    result = greedy_decode(model(1), SOURCE, **ENDS, max_length=6, record=True)
    assert len(result.steps) == result.tokens.shape[1] - 1
    for t, step in enumerate(result.steps, 1):
        assert torch.equal(step.chosen, result.tokens[:, t])
        assert torch.allclose(step.log_probabilities.exp().sum(-1), torch.ones(3).double())
        going_on = ~(result.tokens[:, :t] == END).any(-1)
        assert torch.equal(step.log_probabilities.argmax(-1)[going_on], step.chosen[going_on])
    assert greedy_decode(model(1), SOURCE, **ENDS, max_length=6).steps == ()


@given(st.integers(0, 1000))
@settings(max_examples=5)
def test_a_beam_of_one_is_greedy(seed):
    net = model(seed)
    beam = beam_search(net, SOURCE, **ENDS, max_length=7, beam=1)
    greedy = greedy_decode(net, SOURCE, **ENDS, max_length=7)
    assert torch.equal(beam.tokens[:, 0], greedy.tokens)
    assert torch.allclose(beam.scores[:, 0], greedy.scores, rtol=0, atol=1e-10)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_beam_wide_enough_finds_the_best_of_all(seed, alpha):
    net = model(seed)
    beam = beam_search(net, SOURCE[:1], **ENDS, max_length=4, beam=90, alpha=alpha)
    sequences = list(all_sequences(4))
    assert len(sequences) == 1 + 4 + 16 + 64
    scored = [
        (log_p / ((5 + len(sequence) - 1) / 6) ** alpha, log_p, sequence)
        for log_p, sequence in zip(score(net, SOURCE[0], sequences), sequences, strict=True)
    ]
    ranking, scores, best = zip(*sorted(scored, reverse=True), strict=True)
    assert tuple(stripped(tokens) for tokens in beam.tokens[0, :85]) == best
    assert torch.allclose(beam.scores[0, :85], torch.tensor(scores, dtype=torch.float64), rtol=0, atol=1e-10)
    assert torch.allclose(
        beam.ranking[0, :85], torch.tensor(ranking, dtype=torch.float64), rtol=0, atol=1e-10
    )
    assert torch.equal(beam.scores[0, 85:], torch.full((5,), -torch.inf).double())


def test_a_wider_beam_can_find_what_greedy_misses():
    better = 0
    for seed in range(4):
        net = model(seed)
        greedy = greedy_decode(net, SOURCE, **ENDS, max_length=6).scores
        best = beam_search(net, SOURCE, **ENDS, max_length=6, beam=8, alpha=0.0).scores[:, 0]
        better += (best > greedy + 1e-9).any().item()
    assert better >= 1


def test_a_batch_is_its_sentences_one_by_one():
    net = model(2)
    together = beam_search(net, SOURCE, **ENDS, max_length=6, beam=3)
    for row in range(3):
        alone = beam_search(net, SOURCE[row : row + 1], **ENDS, max_length=6, beam=3)
        assert [stripped(t) for t in together.tokens[row]] == [stripped(t) for t in alone.tokens[0]]
        assert torch.allclose(together.scores[row], alone.scores[0], rtol=0, atol=1e-10)


def test_the_beam_records_its_steps():
    result = beam_search(model(2), SOURCE, **ENDS, max_length=6, beam=3, record=True)
    assert len(result.steps) == result.tokens.shape[2] - 1
    tokens = torch.full((3, 3, 1), START)
    scores = torch.tensor([0.0, -torch.inf, -torch.inf]).double().expand(3, 3)
    for step in result.steps:
        ended = (tokens == END).any(-1).gather(1, step.parents)
        rows = torch.arange(3)[:, None]
        added = step.log_probabilities[rows, step.parents, step.chosen].masked_fill(ended, 0.0)
        scores = scores.gather(1, step.parents) + added
        assert torch.allclose(step.scores, scores)
        tokens = torch.cat([tokens[rows, step.parents], step.chosen[..., None]], -1)
    assert torch.equal(tokens, result.tokens)
    assert (result.ranking.diff(dim=-1) <= 0).all()
    assert beam_search(model(2), SOURCE, **ENDS, max_length=6).steps == ()
    assert beam_search(model(2), SOURCE, **ENDS, max_length=3).tokens.shape == (3, 4, 3)


def test_the_penalty_by_default_is_the_papers():
    net = model(2)
    result = beam_search(net, SOURCE, **ENDS, max_length=6)
    lengths = torch.tensor([[len(stripped(t)) - 1 for t in row] for row in result.tokens])
    assert torch.allclose(result.ranking, result.scores / length_penalty(lengths, 0.6))


def test_length_penalty_is_the_papers():
    assert torch.allclose(
        length_penalty(torch.tensor([1, 7, 19]), 0.5), torch.tensor([1.0, 2**0.5, 2.0]).double()
    )
    assert length_penalty(torch.tensor([1, 7]), 0.0).tolist() == [1.0, 1.0]


def test_half_precision_is_scored_in_double():
    net = model(1).to(torch.bfloat16)
    assert greedy_decode(net, SOURCE, **ENDS, max_length=4).scores.dtype == torch.float64


def test_nothing_to_decode():
    net = model()
    assert greedy_decode(net, SOURCE[:0], **ENDS, max_length=4).tokens.shape == (0, 1)
    assert beam_search(net, SOURCE[:0], **ENDS, max_length=4, beam=2).tokens.shape == (0, 2, 1)


def test_leaves_no_gradient():
    net = model()
    assert not greedy_decode(net, SOURCE, **ENDS, max_length=3).scores.requires_grad
    assert not beam_search(net, SOURCE, **ENDS, max_length=3).scores.requires_grad


@pytest.mark.parametrize("decode", [greedy_decode, beam_search])
def test_refuses(decode):
    net = model()
    with refuses(ValueError, "start=5 is no target token; try one from 0 to 4"):
        decode(net, SOURCE, start=5, end=END, max_length=4)
    with refuses(ValueError, "end=-1 is no target token"):
        decode(net, SOURCE, start=START, end=-1, max_length=4)
    with refuses(ValueError, "start=2 is the end token too"):
        decode(net, SOURCE, start=END, end=END, max_length=4)
    with refuses(ValueError, "max_length=1 leaves no room after the start token; try 2 or more"):
        decode(net, SOURCE, **ENDS, max_length=1)
    with refuses(
        ValueError, r"the model is in training mode, where dropout makes it random; try model.eval\(\)"
    ):
        decode(net.train(), SOURCE, **ENDS, max_length=4)
    with refuses(ValueError, "pad=5 is no target token"):
        decode(model(pad=5), SOURCE, **ENDS, max_length=4)


def test_refuses_an_empty_beam():
    with refuses(ValueError, "beam=0 keeps no sequence; try 4, or 1 for greedy decoding"):
        beam_search(model(), SOURCE, **ENDS, max_length=4, beam=0)
