import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.attention import (
    KeyValueCache,
    MultiHeadAttention,
    causal_mask,
    combine_masks,
    merge_heads,
    padding_mask,
    split_heads,
)

DTYPES = [torch.float64, torch.float32]


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class Ours(MultiHeadAttention):
    """With the masks of one comparison, and the weights beside the output."""

    mask = None

    def forward(self, x, memory=None):
        steps = super().forward(x, memory, mask=self.mask, record=True)
        return steps.output, steps.heads.weights


class Theirs(nn.MultiheadAttention):
    """Called as ours; torch's masks say where one may not attend."""

    attn_mask, key_padding_mask = None, None

    def forward(self, x, memory=None):
        memory = x if memory is None else memory
        masks = {"attn_mask": self.attn_mask, "key_padding_mask": self.key_padding_mask}
        return super().forward(x, memory, memory, **masks, average_attn_weights=False)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [True, False])
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(1, 3))
def test_self_attention_matches_torch(dtype, bias, B, T, h, d_head):
    ours, theirs = Ours(h * d_head, h, bias), Theirs(h * d_head, h, bias=bias, batch_first=True)
    assert_matches_torch(ours, theirs, drawn(B, T, h * d_head), dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bias", [True, False])
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
def test_cross_attention_matches_torch(dtype, bias, B, T, S):
    ours, theirs = Ours(6, 2, bias), Theirs(6, 2, bias=bias, batch_first=True)
    assert_matches_torch(ours, theirs, drawn(B, T, 6), drawn(B, S, 6, seed=1), dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_masks_match_torch(dtype):
    ours, theirs = Ours(6, 2), Theirs(6, 2, batch_first=True)
    padding, causal = padding_mask(torch.tensor([2, 4, 1]), 4), causal_mask(4)
    ours.mask = combine_masks(padding, causal)
    theirs.attn_mask, theirs.key_padding_mask = ~causal, ~padding[:, 0, 0]
    assert_matches_torch(ours, theirs, drawn(3, 4, 6), dtype=dtype)


def test_state_goes_both_ways():
    ours, theirs = Ours(6, 2), Theirs(6, 2, batch_first=True)
    theirs.load_state_dict(ours.state_dict())
    assert_matches_torch(ours, theirs, drawn(2, 3, 6), share_state=False)


def test_starts_like_torchs():
    torch.manual_seed(1)
    ours = MultiHeadAttention(64, 4)
    torch.manual_seed(1)
    theirs = nn.MultiheadAttention(64, 4)
    assert ours.in_proj_weight.abs().max() <= math.sqrt(6 / (64 + 3 * 64))
    assert abs(ours.in_proj_weight.std() / theirs.in_proj_weight.std() - 1) < 0.02
    assert not ours.in_proj_bias.any()
    assert not ours.out_proj.bias.any()


def test_heads_are_attentions_of_their_own():
    layer, x = MultiHeadAttention(6, 3).double(), drawn(2, 4, 6)
    steps = layer(x, record=True)
    W_q, W_k, W_v = layer.in_proj_weight.chunk(3)
    concatenated = []
    for i in range(3):
        rows = slice(2 * i, 2 * i + 2)
        q, k, v = (x @ W[rows].T for W in (W_q, W_k, W_v))
        weights = torch.softmax(q @ k.mT / math.sqrt(2), -1)
        assert torch.allclose(steps.heads.weights[:, i], weights)
        assert torch.allclose(steps.q[:, i], q)
        assert torch.allclose(steps.k[:, i], k)
        assert torch.allclose(steps.v[:, i], v)
        concatenated.append(weights @ v)
    assert torch.allclose(steps.concatenated, torch.cat(concatenated, -1))
    assert torch.allclose(steps.output, steps.concatenated @ layer.out_proj.weight.T)
    assert torch.equal(steps.output, layer(x))


def test_a_bias_is_added_to_the_scores():
    layer, x, bias = MultiHeadAttention(6, 2).double(), drawn(2, 3, 6), drawn(1, 2, 3, 3, seed=1)
    with_bias, without = layer(x, bias=bias, record=True).heads, layer(x, record=True).heads
    assert torch.allclose(with_bias.scores, without.scores + bias)


@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4))
def test_merging_heads_undoes_splitting(T, h, d_head):
    x = drawn(2, T, h * d_head)
    heads = split_heads(x, h)
    assert heads.shape == (2, h, T, d_head)
    assert torch.equal(heads[0, h - 1], x[0, :, (h - 1) * d_head :])
    assert torch.equal(merge_heads(heads), x)


def test_order_goes_in_and_out():
    # Without positions a reordered sequence gives the reordered output, and nothing else changes.
    layer, x = MultiHeadAttention(6, 2).double(), drawn(2, 5, 6)
    order = torch.tensor([4, 2, 0, 1, 3])
    assert torch.allclose(layer(x[:, order]), layer(x)[:, order], rtol=0, atol=1e-12)


@pytest.mark.parametrize("pieces", [[1, 1, 1, 1, 1], [2, 3], [4, 1], [5]])
def test_cached_self_attention_equals_uncached(pieces):
    layer, x, cache = MultiHeadAttention(6, 2).double(), drawn(2, 5, 6), KeyValueCache()
    assert len(cache) == 0
    outputs = []
    for piece in x.split(pieces, dim=1):
        mask = causal_mask(piece.shape[1], len(cache) + piece.shape[1])
        outputs.append(layer(piece, mask=mask, cache=cache))
    assert len(cache) == 5
    assert torch.allclose(torch.cat(outputs, 1), layer(x, mask=causal_mask(5)), rtol=0, atol=1e-12)


def test_cached_cross_attention_reads_the_memory_once():
    layer, x, memory, cache = (
        MultiHeadAttention(6, 2).double(),
        drawn(2, 3, 6),
        drawn(2, 4, 6),
        KeyValueCache(),
    )
    first, second = layer(x, memory, cache=cache), layer(x, memory * torch.nan, cache=cache)
    assert len(cache) == 4
    assert torch.equal(first, second)
    assert torch.allclose(first, layer(x, memory), rtol=0, atol=1e-12)


def test_the_cache_follows_its_rows():
    layer, x, cache = MultiHeadAttention(6, 2).double(), drawn(3, 4, 6), KeyValueCache()
    cache.select(torch.tensor([0]))  # nothing there yet
    layer(x[:, :3], cache=cache)
    rows = torch.tensor([2, 0, 2, 1])
    cache.select(rows)
    assert torch.allclose(layer(x[rows, 3:], cache=cache), layer(x[rows])[:, 3:], rtol=0, atol=1e-12)


class Shift(nn.Module):
    """Stands for a rotation: every position is moved by a number of its own."""

    def forward(self, x, offset):
        return x + torch.arange(offset, offset + x.shape[-2])[:, None]


def test_positions_rotate_queries_and_keys_but_not_values():
    layer, plain = MultiHeadAttention(6, 2, rotary=Shift()).double(), MultiHeadAttention(6, 2).double()
    plain.load_state_dict(layer.state_dict())
    x, cache = drawn(2, 3, 6), KeyValueCache()
    ours, theirs, shift = layer(x, record=True), plain(x, record=True), torch.arange(3)[:, None]
    assert torch.allclose(ours.q, theirs.q + shift)
    assert torch.allclose(ours.k, theirs.k + shift)
    assert torch.equal(ours.v, theirs.v)
    layer(x[:, :2], cache=cache)
    assert torch.allclose(layer(x[:, 2:], cache=cache), layer(x)[:, 2:], rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_with_a_row_without_keys(dtype):
    layer = MultiHeadAttention(8, 2).to(dtype)
    nn.init.normal_(layer.out_proj.bias)
    x = drawn(2, 3, 8).to(dtype).requires_grad_()
    y = layer(x, mask=padding_mask(torch.tensor([0, 2]), 3))
    y.sum().backward()
    assert y.dtype == dtype
    assert torch.equal(y[0], layer.out_proj.bias.expand(3, 8))
    assert torch.isfinite(layer.in_proj_weight.grad).all()
    assert not x.grad[0].any()
    assert x.grad[1, :2].any()


@pytest.mark.parametrize("shape", [(0, 3, 6), (2, 0, 6)])
def test_empty(shape):
    assert MultiHeadAttention(6, 2).double()(drawn(*shape)).shape == shape


def test_non_contiguous_input():
    layer, x = MultiHeadAttention(6, 2).double(), drawn(3, 2, 6)
    assert torch.allclose(layer(x.transpose(0, 1)), layer(x.transpose(0, 1).contiguous()), rtol=0, atol=1e-12)


def test_refuses():
    layer, x = MultiHeadAttention(8, 2), torch.ones(2, 3, 8)
    with refuses(ValueError, "^num_heads=3 does not divide d_model=8; try 1, 2, 4 or 8$"):
        MultiHeadAttention(8, 3)
    with refuses(ValueError, "^num_heads=3 does not divide d_model=8; try 1, 2, 4 or 8$"):
        split_heads(x, 3)
    with refuses(ValueError, "num_heads=0 does not divide"):
        MultiHeadAttention(8, 0)
    with refuses(ValueError, "d_model=0 is below 1; try d_model=1 or more"):
        MultiHeadAttention(0, 1)
    with refuses(ValueError, r"x of shape \(3, 8\) does not have the axes \(B, T, d_model\)"):
        split_heads(x[0], 2)
    with refuses(ValueError, r"x of shape \(2, 3, 8\) does not have the axes \(B, h, T, d_head\)"):
        merge_heads(x)
    with refuses(ValueError, r"x has shape \(2, 3, 6\), but the layer expects \(B, T, d=8\)"):
        layer(x[..., :6])
    with refuses(ValueError, r"memory has shape \(3, 8\), but the layer expects"):
        layer(x, x[0])
    with refuses(TypeError, "x must be floating point, but has dtype torch.int64"):
        layer(x.long())
    with refuses(TypeError, "x has dtype torch.float64, but the layer has torch.float32"):
        layer(x.double())
    with refuses(ValueError, "the same ones before the last two"):
        layer(x, x[:1])
    with refuses(TypeError, "must be boolean, True = may attend"):
        layer(x, mask=torch.zeros(3, 3))
    with refuses(ValueError, "rotary positions of x say nothing about memory; try rotary=None"):
        MultiHeadAttention(8, 2, rotary=Shift())(x, x)


def test_refuses_another_batch_in_the_cache():
    layer, x, cache = MultiHeadAttention(8, 2), torch.ones(2, 3, 8), KeyValueCache()
    layer(x, cache=cache)
    with refuses(
        ValueError, r"keys of shape \(1, 2, 3, 4\) do not continue cached keys of shape \(2, 2, 3, 4\)"
    ):
        layer(x[:1], cache=cache)
    with refuses(ValueError, r"keys of shape \(2, 2, 3, 2\) do not continue"):
        cache.append(cache.keys[..., :2], cache.values[..., :2])
    with refuses(ValueError, r"values of shape \(2, 2, 3, 2\) do not continue cached values of shape"):
        cache.append(cache.keys, cache.values[..., :2])
    for wrong in (cache.values[:, :, :2], cache.values[:1], cache.values[0]):
        with refuses(ValueError, "are not one for each token"):
            cache.append(cache.keys, wrong)
    with refuses(ValueError, r"keys of shape \(2, 3, 4\) and values .* are not one for each token"):
        KeyValueCache().append(cache.keys[0], cache.values[0])
    with refuses(TypeError, "x has dtype torch.float64, but v has torch.float32"):
        cache.append(cache.keys.double(), cache.values)
    with refuses(TypeError, "x has dtype torch.float64, but cache has torch.float32"):
        cache.append(cache.keys.double(), cache.values.double())
    for row in (2, -1):
        with refuses(IndexError, f"row {row} is not among the B=2 sequences; count from 0"):
            cache.select(torch.tensor([0, row]))
    assert len(cache) == 3
    assert cache.values.shape == (2, 2, 3, 4)


def test_repr():
    assert "MultiHeadAttention(\n  d_model=8, num_heads=2, bias=False\n" in repr(
        MultiHeadAttention(8, 2, False)
    )
