import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses

from dlsteps.nn.attention import (
    attention_steps,
    causal_mask,
    padding_mask,
    safe_softmax,
    scaled_dot_product_attention,
)

DTYPES = [torch.float64, torch.float32]


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def queries_keys_values(batch, T, S, d_k, d_v):
    return drawn(*batch, T, d_k), drawn(*batch, S, d_k, seed=1), drawn(*batch, S, d_v, seed=2)


def random_mask(*shape):
    """Half of it True, and the first row of each matrix all False."""
    mask = drawn(*shape, seed=3) > 0
    mask[..., 0, :] = False
    return mask


@st.composite
def sizes(draw):
    batch = draw(st.lists(st.integers(1, 3), max_size=2))
    return batch, *(draw(st.integers(1, 5)) for _ in range(4))


@pytest.mark.parametrize("dtype", DTYPES)
@given(sizes())
def test_matches_torch(dtype, drawn_sizes):
    assert_matches_torch(
        scaled_dot_product_attention,
        F.scaled_dot_product_attention,
        *queries_keys_values(*drawn_sizes),
        dtype=dtype,
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", [None, 0.3])
@given(sizes())
def test_matches_torch_with_a_mask(dtype, scale, drawn_sizes):
    batch, T, S, _, _ = drawn_sizes
    mask = random_mask(*batch, T, S)
    assert_matches_torch(
        lambda q, k, v: scaled_dot_product_attention(q, k, v, mask, scale=scale),
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale),
        *queries_keys_values(*drawn_sizes),
        dtype=dtype,
    )


@pytest.mark.parametrize("dtype", DTYPES)
@given(sizes())
def test_matches_torch_with_a_bias(dtype, drawn_sizes):
    batch, T, S, _, _ = drawn_sizes
    assert_matches_torch(
        lambda q, k, v, bias: scaled_dot_product_attention(q, k, v, bias=bias),
        lambda q, k, v, bias: F.scaled_dot_product_attention(q, k, v, attn_mask=bias),
        *queries_keys_values(*drawn_sizes),
        drawn(*batch, T, S, seed=4),
        dtype=dtype,
    )


def test_matches_torchs_causal():
    assert_matches_torch(
        lambda q, k, v: scaled_dot_product_attention(q, k, v, causal_mask(5)),
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        *queries_keys_values([2, 3], 5, 5, 4, 6),
    )


def test_steps_follow_one_another():
    q, k, v = queries_keys_values([2], 3, 4, 5, 6)
    mask, bias = random_mask(3, 4), drawn(3, 4, seed=5)
    steps = attention_steps(q, k, v, mask, bias=bias)
    for b, t in [(0, 1), (1, 2)]:
        assert torch.allclose(steps.products[b, t], torch.stack([q[b, t].dot(k[b, s]) for s in range(4)]))
    assert torch.allclose(steps.scores, steps.products / math.sqrt(5) + bias)
    assert torch.equal(steps.masked.isinf(), ~mask.expand(2, 3, 4))
    assert torch.equal(steps.masked[:, mask], steps.scores[:, mask])
    assert torch.allclose(steps.weights.sum(-1), mask.any(-1).double().expand(2, 3))
    assert torch.allclose(steps.output, torch.einsum("bts,bsd->btd", steps.weights, v))
    assert torch.equal(steps.output, scaled_dot_product_attention(q, k, v, mask, bias=bias))


def test_gradient():
    q, k, v = queries_keys_values([2], 3, 4, 2, 2)
    bias, mask = drawn(3, 4, seed=4), random_mask(3, 4)
    f = lambda q, k, v, bias: scaled_dot_product_attention(q, k, v, mask, bias=bias)  # noqa: E731
    assert torch.autograd.gradcheck(f, [x.requires_grad_() for x in (q, k, v, bias)])


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("how", ["mask", "bias"])
def test_a_row_without_keys_gives_zeros_and_no_gradient(dtype, how):
    q, k, v = (x.to(dtype).requires_grad_() for x in queries_keys_values([2], 3, 4, 5, 6))
    mask = torch.ones(2, 3, 4, dtype=torch.bool)
    mask[0] = False
    mask[1, 2] = False
    bias = torch.zeros(2, 3, 4, dtype=dtype).masked_fill(~mask, -torch.inf).requires_grad_()
    options = {"mask": mask} if how == "mask" else {"bias": bias}
    y = scaled_dot_product_attention(q, k, v, **options)
    y.backward(torch.ones_like(y))
    assert y.dtype == dtype
    assert not y[0].any()
    assert not y[1, 2].any()
    assert y[1, :2].all()
    assert not any(x.grad[0].any() for x in (q, k, v))
    assert not q.grad[1, 2].any()
    assert q.grad[1, :2].all()
    assert how == "mask" or torch.isfinite(bias.grad).all()


@pytest.mark.parametrize(("dtype", "unit"), [(torch.float16, 2**-11), (torch.bfloat16, 2**-8)])
def test_half_precision_is_as_exact_as_its_numbers(dtype, unit):
    q, k, v = (x.to(dtype) for x in queries_keys_values([2], 3, 300, 64, 5))
    mask = causal_mask(3, 300)
    exact = scaled_dot_product_attention(q.double(), k.double(), v.double(), mask)
    y = scaled_dot_product_attention(q, k, v, mask)
    assert (y.double() - exact).abs().max() <= unit * exact.abs().max()


def test_products_beyond_the_range_of_float16():
    q = torch.full((1, 2, 64), 60.0, dtype=torch.float16)
    k = torch.stack([q[0, 0], -q[0, 0]])[None]
    v = torch.tensor([[[1.0], [2.0]]], dtype=torch.float16)
    steps = attention_steps(q, k, v)
    assert steps.products.max() == 64 * 3600
    assert steps.output.tolist() == [[[1.0], [1.0]]]


@given(st.floats(-1e4, 1e4))
def test_softmax_ignores_a_constant(constant):
    q, k, v = queries_keys_values([], 3, 4, 5, 6)
    bias = torch.full((3, 1), constant, dtype=torch.float64)
    y = scaled_dot_product_attention(q, k, v, bias=bias)
    assert torch.allclose(y, scaled_dot_product_attention(q, k, v), rtol=0, atol=1e-10)


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_offset(dtype):
    q, k, v = (x.to(dtype) for x in queries_keys_values([], 3, 4, 1, 2))
    q = q.abs() + 1e4
    k = torch.tensor([[3e4], [1.0], [3e4], [-1e4]], dtype=dtype)
    expected = (v[:1] + v[2:3]) / 2
    assert torch.allclose(scaled_dot_product_attention(q, k, v), expected.expand(3, 2))


def test_order_of_the_keys_does_not_matter():
    q, k, v = queries_keys_values([2], 3, 6, 4, 5)
    order = torch.tensor([3, 1, 5, 0, 4, 2])
    y = scaled_dot_product_attention(q, k[:, order], v[:, order])
    assert torch.allclose(y, scaled_dot_product_attention(q, k, v), rtol=0, atol=1e-12)


def test_padding_has_no_effect():
    q, k, v = queries_keys_values([2, 3], 4, 5, 4, 6)
    mask = padding_mask(torch.tensor([2, 5]), 5)
    y = scaled_dot_product_attention(q, k, v, mask)
    assert torch.allclose(y[:1], scaled_dot_product_attention(q[:1], k[:1, :, :2], v[:1, :, :2]))
    assert torch.equal(y[1:], scaled_dot_product_attention(q[1:], k[1:], v[1:], mask[1:]))
    k[0, :, 2:], v[0, :, 2:] = 99.0, -99.0
    assert torch.equal(scaled_dot_product_attention(q, k, v, mask), y)


def test_the_scale_keeps_the_variance_of_the_scores():
    for d_k in (16, 256):
        steps = attention_steps(drawn(400, d_k), drawn(400, d_k, seed=1), drawn(400, 1))
        assert abs(steps.products.var() / d_k - 1) < 0.05
        assert abs(steps.scores.var() - 1) < 0.05
    assert torch.equal(attention_steps(*[drawn(3, 4)] * 3, scale=1.0).scores, drawn(3, 4) @ drawn(3, 4).mT)


@pytest.mark.parametrize(("batch", "T", "S"), [([0], 2, 3), ([2], 0, 3), ([2], 3, 0)])
def test_empty(batch, T, S):
    inputs = queries_keys_values(batch, T, S, 4, 5)
    mask = torch.ones(T, S, dtype=torch.bool)
    for options in ({}, {"mask": mask}):
        y = scaled_dot_product_attention(*inputs, **options)
        assert y.shape == (*batch, T, 5)
        assert not y.any()


def test_non_contiguous_input():
    assert_matches_torch(
        lambda q, k, v: scaled_dot_product_attention(q.mT, k.mT, v.mT),
        lambda q, k, v: F.scaled_dot_product_attention(q.mT, k.mT, v.mT),
        drawn(2, 4, 3),
        drawn(2, 4, 5, seed=1),
        drawn(2, 6, 5, seed=2),
    )


def test_safe_softmax_of_nothing_is_zero():
    scores = torch.tensor([[0.0, -math.inf], [-math.inf, -math.inf]])
    assert safe_softmax(scores).tolist() == [[1.0, 0.0], [0.0, 0.0]]
    with refuses(TypeError, "scores must be floating point"):
        safe_softmax(torch.ones(2).long())


def test_refuses_inputs_that_do_not_fit():
    q, k, v = queries_keys_values([2, 3], 4, 5, 6, 7)
    with refuses(ValueError, "q has width 6 and k has width 5, but a dot product needs the same width"):
        scaled_dot_product_attention(q, k[..., :5], v)
    with refuses(ValueError, "q has width 0 and k has width 0"):
        scaled_dot_product_attention(q[..., :0], k[..., :0], v)
    with refuses(ValueError, "k has 5 keys, but v has 4 values; give each key its own"):
        scaled_dot_product_attention(q, k, v[..., :4, :])
    with refuses(ValueError, r"and k of shape \(1, 3, 5, 6\) must have two axes or more, and the same ones"):
        scaled_dot_product_attention(q, k[:1], v)
    with refuses(ValueError, r"and v of shape \(3, 5, 7\) must have two axes"):
        scaled_dot_product_attention(q, k, v[0])
    with refuses(ValueError, r"and q of shape \(6,\) must have two axes"):
        scaled_dot_product_attention(q[0, 0, 0], k[0, 0], v[0, 0])
    with refuses(TypeError, "q must be floating point, but has dtype torch.int64"):
        scaled_dot_product_attention(q.long(), k.long(), v.long())
    with refuses(TypeError, r"q has dtype torch.float64, but v has torch.float32; try v.to\(torch.float64\)"):
        scaled_dot_product_attention(q, k, v.float())


def test_refuses_masks_that_do_not_fit():
    q, k, v = queries_keys_values([2, 3], 4, 5, 6, 7)
    mask = torch.ones(2, 3, 4, 5, dtype=torch.bool)
    with refuses(TypeError, "mask has dtype torch.float64, but must be boolean, True = may attend"):
        scaled_dot_product_attention(q, k, v, mask.double())
    with refuses(
        ValueError, r"mask of shape \(3, 4, 5\) has 3 axes, but must have 2 or all 4 of the scores'"
    ):
        scaled_dot_product_attention(q, k, v, mask[0])
    with refuses(
        ValueError, r"mask of shape \(5, 4\) does not broadcast to the scores' shape \(2, 3, 4, 5\)"
    ):
        scaled_dot_product_attention(q, k, v, mask[0, 0].mT)
    with refuses(ValueError, r"mask of shape \(3, 3, 4, 5\) does not broadcast"):
        scaled_dot_product_attention(q, k, v, mask[:1].expand(3, 3, 4, 5))
    with refuses(ValueError, r"bias of shape \(4, 4\) does not broadcast"):
        scaled_dot_product_attention(q, k, v, bias=drawn(4, 4))
    with refuses(TypeError, r"bias must be floating point, but has dtype torch.bool"):
        scaled_dot_product_attention(q, k, v, bias=mask)
