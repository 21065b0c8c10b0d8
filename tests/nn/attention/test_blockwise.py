import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch.utils._python_dispatch import TorchDispatchMode

from dlsteps.nn.attention import (
    blockwise_attention,
    causal_mask,
    combine_masks,
    scaled_dot_product_attention,
)


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def queries_keys_values(batch, T, S, d_k, d_v):
    return drawn(*batch, T, d_k), drawn(*batch, S, d_k, seed=1), drawn(*batch, S, d_v, seed=2)


def compare(inputs, mask=None, causal=False, scale=None, block_size=2, **judged):
    T, S = inputs[0].shape[-2], inputs[1].shape[-2]
    whole = combine_masks(mask, causal_mask(T, S) if causal else None)
    assert_matches_torch(
        lambda q, k, v: blockwise_attention(q, k, v, mask, causal=causal, scale=scale, block_size=block_size),
        lambda q, k, v: scaled_dot_product_attention(q, k, v, whole, scale=scale),
        *inputs,
        **judged,
    )


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@given(
    batch=st.lists(st.integers(1, 3), max_size=2),
    sizes=st.tuples(*[st.integers(1, 5)] * 4),
    block_size=st.integers(1, 6),
    causal=st.booleans(),
    masked=st.booleans(),
)
def test_equals_the_attention_it_computes(dtype, batch, sizes, block_size, causal, masked):
    T, past, d_k, d_v = sizes
    S = T + past - 1
    mask = (drawn(*batch, T, S, seed=3) > 0) if masked else None
    compare(
        queries_keys_values(batch, T, S, d_k, d_v),
        mask,
        causal,
        block_size=block_size,
        dtype=dtype,
        tolerance=1e-10 if dtype == torch.float64 else None,
    )


@pytest.mark.parametrize("shape", [(3, 5), (3, 1), (1, 5), (2, 1, 1, 5), (1, 3, 3, 1)])
def test_masks_that_broadcast(shape):
    compare(queries_keys_values([2, 3], 3, 5, 4, 4), drawn(*shape, seed=5) > 0, scale=0.7)


def test_a_mask_is_cut_like_its_keys():
    compare(queries_keys_values([], 2, 2, 3, 3), torch.tensor([[True, False], [True, True]]), block_size=1)


def test_the_largest_score_may_come_last_or_first():
    q, k, v = queries_keys_values([], 3, 8, 1, 2)
    for k in (torch.linspace(-300, 300, 8).double()[:, None], torch.linspace(300, -300, 8).double()[:, None]):
        compare((q.abs() + 1, k, v), tolerance=1e-10)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_a_row_without_keys_gives_zeros_and_no_gradient(dtype):
    q, k, v = (x.to(dtype).requires_grad_() for x in queries_keys_values([2], 3, 4, 5, 6))
    mask = torch.ones(2, 3, 4, dtype=torch.bool)
    mask[0] = False
    mask[1, 2] = False
    y = blockwise_attention(q, k, v, mask, block_size=3)
    y.backward(torch.ones_like(y))
    assert y.dtype == dtype
    assert not y[0].any()
    assert not y[1, 2].any()
    assert not any(x.grad[0].any() for x in (q, k, v))
    assert not q.grad[1, 2].any()
    assert q.grad[1, :2].all()
    assert torch.isfinite(torch.cat([x.grad.flatten() for x in (q, k, v)])).all()


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype):
    q, k, v = (30 * x.to(dtype) for x in queries_keys_values([2], 3, 9, 64, 5))
    y = blockwise_attention(q, k, v, causal=True, block_size=4)
    assert torch.equal(y, scaled_dot_product_attention(q, k, v, causal_mask(3, 9)))


def test_gradient():
    inputs = [x.requires_grad_() for x in queries_keys_values([2], 3, 5, 2, 2)]
    f = lambda *x: blockwise_attention(*x, causal=True, block_size=2)  # noqa: E731
    assert torch.autograd.gradcheck(f, inputs)


def test_has_no_second_gradient():
    q = drawn(2, 3).requires_grad_()
    (grad,) = torch.autograd.grad(blockwise_attention(q, q, q).square().sum(), q, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        grad.sum().backward()


class Largest(TorchDispatchMode):
    """Remember the largest tensor that any operation made."""

    numbers = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(tensor, torch.Tensor):
                self.numbers = max(self.numbers, tensor.numel())
        return result


def memory(attention, T):
    """The largest tensor made, and all numbers kept for the backward pass, for T positions of width 4."""
    q, k, v = (x.requires_grad_() for x in queries_keys_values([], T, T, 4, 4))
    kept = {}
    note = lambda x: kept.setdefault(x.untyped_storage().data_ptr(), x) is None or x  # noqa: E731
    with Largest() as largest, torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
        attention(q, k, v).sum().backward()
    return largest.numbers, sum(x.numel() for x in kept.values())


def test_memory_grows_with_the_length_and_not_its_square():
    for T in (64, 256):
        largest, kept = memory(lambda *x: blockwise_attention(*x, causal=True, block_size=8), T)
        assert largest <= 8 * T
        assert kept <= 4 * 4 * T + T  # q, k, v and the output, and one number for each row
        largest, kept = memory(scaled_dot_product_attention, T)
        assert largest >= T * T
        assert kept >= T * T


@pytest.mark.parametrize(("T", "S"), [(0, 3), (3, 0)])
def test_empty(T, S):
    y = blockwise_attention(*queries_keys_values([2], T, S, 4, 5))
    assert y.shape == (2, T, 5)
    assert not y.any()


def test_default_scale_and_block():
    q, k, v = queries_keys_values([], 2, 300, 4, 3)
    expected = torch.softmax(q @ k.mT / math.sqrt(4), -1) @ v
    assert torch.allclose(blockwise_attention(q, k, v), expected, rtol=0, atol=1e-10)
    # 128 keys at a time: three scores' blocks, the last one of 44.
    with Largest() as largest:
        blockwise_attention(q[:1].expand(40, 4), k, v)
    assert largest.numbers == 40 * 128


def test_refuses():
    q, k, v = queries_keys_values([2], 4, 3, 5, 6)
    with refuses(ValueError, "block_size=0 reads no key; try 128"):
        blockwise_attention(q, k, v, block_size=0)
    with refuses(ValueError, "T=4 queries cannot be the last of S=3 positions"):
        blockwise_attention(q, k, v, causal=True)
    with refuses(ValueError, "q has width 5 and k has width 4"):
        blockwise_attention(q, k[..., :4], v)
    with refuses(TypeError, "mask has dtype torch.float32, but must be boolean"):
        blockwise_attention(q, k, v, torch.ones(4, 3))
    with refuses(ValueError, r"mask of shape \(3, 4\) does not broadcast"):
        blockwise_attention(q, k, v, torch.ones(3, 4, dtype=torch.bool))
