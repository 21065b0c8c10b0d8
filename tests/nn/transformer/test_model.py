import math

import pytest
import torch
import torch.nn.functional as F
from judge import refuses
from torch import nn

from dlsteps.nn.attention import causal_mask
from dlsteps.nn.normalization import LayerNorm
from dlsteps.nn.positional import LearnedEncoding, RotaryEncoding, sinusoidal_encoding
from dlsteps.nn.transformer import PostNorm, PreNorm, TokenEmbedding, Transformer

SOURCE = torch.tensor([[5, 3, 4, 0], [1, 2, 3, 4]])
TARGET = torch.tensor([[1, 4, 2], [1, 3, 3]])


def small(**options):
    torch.manual_seed(0)
    return Transformer(6, 5, 8, 2, 2, 12, **options).double().eval()


def test_an_embedding_is_a_scaled_row_and_a_position():
    layer = TokenEmbedding(6, 8, small().source_embedding.positions).double()
    y = layer(SOURCE, offset=3)
    PE = sinusoidal_encoding(torch.arange(3, 7), 8)
    assert torch.allclose(y, layer.vectors.weight[SOURCE] * math.sqrt(8) + PE)
    plain = TokenEmbedding(6, 8).double()
    assert torch.equal(plain(SOURCE), plain.vectors.weight[SOURCE] * math.sqrt(8))


def test_embeddings_start_with_variance_one():
    y = TokenEmbedding(500, 64)(torch.arange(500)[None])
    assert abs(y.std() - 1) < 0.02


def test_dropout_falls_on_the_sum():
    layer = TokenEmbedding(6, 8, LearnedEncoding(8, 4), dropout=1.0)
    assert not layer(SOURCE).any()
    model = Transformer(6, 5, 8, 2, 1, 12, dropout=1.0, residual=PreNorm)
    assert model.source_embedding.dropout.p == 1
    assert all(layer.feed_forward.dropout.p == 1 for layer in [*model.encoder.layers, *model.decoder.layers])


@pytest.mark.parametrize("residual", [PreNorm, PostNorm])
def test_a_record_holds_what_the_model_computed(residual):
    model = small(residual=residual)
    steps = model(SOURCE, TARGET, record=True)
    memory, mask = model.encode(SOURCE)
    assert torch.equal(steps.output, model(SOURCE, TARGET))
    assert torch.equal(steps.output, model.decode(TARGET, memory, mask))
    assert torch.equal(steps.output, model.to_logits(steps.decoder.output))
    assert torch.equal(steps.encoder.output, memory)
    assert torch.equal(steps.source_mask, mask)
    assert mask[:, 0, 0].tolist() == [[True, True, True, False], [True] * 4]
    assert torch.equal(steps.target_mask, causal_mask(3))
    assert len(steps.encoder.layers) == len(steps.decoder.layers) == 2
    cross = steps.decoder.layers[1].cross_attention.sublayer.heads.weights
    assert cross.shape == (2, 2, 3, 4)
    assert not cross[0, ..., 3].any()
    last = steps.decoder.layers[-1].output
    assert torch.equal(steps.decoder.output, model.decoder.norm(last) if residual is PreNorm else last)


def test_only_pre_norm_stacks_end_in_a_norm():
    assert isinstance(small(residual=PreNorm).encoder.norm, LayerNorm)
    assert isinstance(small(residual=PreNorm).decoder.norm, LayerNorm)
    assert small().encoder.norm is small().decoder.norm is None
    assert isinstance(small().encoder.layers[0].self_attention, PostNorm)


def test_sizes_of_the_paper_by_default():
    with torch.device("meta"):
        model = Transformer(6, 5)
    assert (
        sum(p.numel() for p in model.parameters())
        == sum(p.numel() for p in nn.Transformer(batch_first=True, device="meta").parameters())
        - 4 * 512
        + (6 + 5) * 512
        + 5 * 513
    )  # less the two last norms, which post-norm does without


def test_source_padding_has_no_effect():
    model = small()
    with_padding, without = model(SOURCE[:1], TARGET[:1]), model(SOURCE[:1, :3], TARGET[:1])
    assert torch.allclose(with_padding, without, rtol=0, atol=1e-12)
    other = small(pad=4)
    assert torch.allclose(
        other(SOURCE[1:], TARGET[1:]), other(SOURCE[1:, :3], TARGET[1:]), rtol=0, atol=1e-12
    )


def test_no_position_reads_what_comes_after_it():
    model, changed = small(), TARGET.clone()
    changed[:, 2] = 0
    before, after = model(SOURCE, TARGET), model(SOURCE, changed)
    assert torch.equal(before[:, :2], after[:, :2])
    assert (before[:, 2] - after[:, 2]).abs().min() > 1e-6


@pytest.mark.parametrize("options", [{}, {"positions": None, "rotary": RotaryEncoding(4)}])
def test_positions_tell_order(options):
    reordered = SOURCE[1:, [3, 1, 0, 2]]
    model = small(**options)
    assert (model(SOURCE[1:], TARGET[1:]) - model(reordered, TARGET[1:])).abs().max() > 1e-3


def test_without_positions_the_order_of_the_source_is_lost():
    model, reordered = small(positions=None), SOURCE[1:, [3, 1, 0, 2]]
    assert torch.allclose(model(SOURCE[1:], TARGET[1:]), model(reordered, TARGET[1:]), rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"positions": None, "rotary": RotaryEncoding(4)}])
def test_cached_decoding_equals_uncached(options):
    model = small(**options)
    memory, mask = model.encode(SOURCE)
    cache = model.new_cache()
    pieces = [model.decode(TARGET[:, t : t + 1], memory, mask, cache) for t in range(3)]
    assert torch.allclose(torch.cat(pieces, 1), model.decode(TARGET, memory, mask), rtol=0, atol=1e-12)


def test_every_parameter_learns():
    model = small(positions=lambda d: LearnedEncoding(d, 4))
    F.cross_entropy(model(SOURCE, TARGET).flatten(0, 1), TARGET.flatten()).backward()
    assert all(p.grad is not None and p.grad.any() for p in model.parameters())


def test_a_step_of_training_lowers_the_loss():
    model = small(activation=F.gelu, residual=PreNorm)
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    losses = []
    for _ in range(10):
        loss = F.cross_entropy(model(SOURCE, TARGET[:, :-1]).mT, TARGET[:, 1:])
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0] / 2


def test_a_source_of_padding_alone_is_no_trouble():
    model = small()
    logits = model(torch.zeros(2, 3).long(), TARGET)
    logits.sum().backward()
    assert torch.isfinite(logits).all()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


@pytest.mark.parametrize(("B", "S", "T"), [(0, 3, 2), (2, 0, 2), (2, 3, 0)])
def test_empty(B, S, T):
    logits = small()(torch.ones(B, S).long(), torch.ones(B, T).long())
    assert logits.shape == (B, T, 5)


def test_refuses():
    model = small()
    for sizes in ((0, 4), (4, 0)):
        with refuses(ValueError, "=0 is below 1"):
            TokenEmbedding(*sizes)
    with refuses(ValueError, r"tokens hold 6, but the vocabulary has 6 \(0 to 5\); try a larger vocabulary"):
        model(SOURCE + 1, TARGET)
    with refuses(ValueError, "tokens hold -1, but the vocabulary has 5"):
        model(SOURCE, TARGET - 2)
    with refuses(
        ValueError, r"tokens have shape \(4,\), but must be sequences \(B, T\); try tokens.unsqueeze"
    ):
        model.encode(SOURCE[0])
    for wrong in (SOURCE.double(), SOURCE > 1, SOURCE.to(torch.uint8), SOURCE.to(torch.complex64)):
        for read in (
            model.encode,
            lambda tokens: model(tokens, TARGET),
            lambda tokens: model(SOURCE, tokens),
        ):
            with refuses(TypeError, "tokens must be int32 or int64, but have dtype"):
                read(wrong)
    assert model.encode(SOURCE.int())[0].shape == (2, 4, 8)
    with refuses(ValueError, "the same ones before the last two"):
        model(SOURCE, TARGET[:1])
    with refuses(ValueError, "num_heads=3 does not divide d_model=8"):
        Transformer(6, 5, 8, 3, 1, 12)
