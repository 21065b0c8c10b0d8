"""Blockwise attention: the same sum, without ever holding all scores at once.

A softmax needs the largest score and the total of a row. Both can be kept while the row is read in blocks:
when a larger score turns up, what was summed before is scaled down to it.
"""

from math import sqrt

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from dlsteps.nn.attention.masks import check_last, combine_masks
from dlsteps.nn.attention.scaled_dot_product import check_queries_keys_values


def blockwise_attention(
    q: Float[Tensor, "*batch T d_k"],
    k: Float[Tensor, "*batch S d_k"],
    v: Float[Tensor, "*batch S d_v"],
    mask: Bool[Tensor, "*#batch #T #S"] | None = None,
    *,
    causal: bool = False,
    scale: float | None = None,
    block_size: int = 128,
) -> Float[Tensor, "*batch T d_v"]:
    r"""Compute `scaled_dot_product_attention` over blocks of keys, in memory of order T beyond the inputs.

    For each block, with m the largest score of a row so far, $l$ its total and o its sum of values:

    $m' = \max(m, \max_s z_s)$, $l' = e^{m - m'} l + \sum_s e^{z_s - m'}$ and
    $o' = e^{m - m'} o + \sum_s e^{z_s - m'} v_s$.

    At the end the output is $o / l$. The backward pass keeps $L = m + \log l$ and computes each block's
    weights a second time, as $e^{z_s - L}$. It cannot be differentiated again.

    Args:
        q: Queries (..., T, d_k).
        k: Keys (..., S, d_k).
        v: Values (..., S, d_v).
        mask: Boolean, `True` = may attend; (T, S) or with all axes of the scores.
        causal: Whether to add `causal_mask`, which is then never held whole.
        scale: What the products are multiplied by; None for $1/\sqrt{d_k}$.
        block_size: How many keys are read at once.

    Returns:
        Tensor (..., T, d_v) in the dtype of `q`; zeros for a query that may attend to nothing.

    Raises:
        TypeError: If q, k, v are not of one floating-point dtype, or the mask is not boolean.
        ValueError: If the shapes do not fit, or the block size is not positive.

    Source:
        Milakov and Gimelshein, Online Normalizer Calculation for Softmax (2018), algorithm 3; Dao et al.,
        FlashAttention (2022), algorithms 1 and 4.
    """
    check_queries_keys_values(q, k, v, mask)
    if block_size < 1:
        raise ValueError(f"block_size={block_size} reads no key; try 128")
    if causal:
        check_last(q.shape[-2], k.shape[-2])
    scale = 1 / sqrt(q.shape[-1]) if scale is None else scale
    wide = torch.promote_types(q.dtype, torch.float32)
    output = _Blockwise.apply(*(x.to(wide) for x in (q, k, v)), mask, causal, scale, block_size)
    return output.to(q.dtype)


class _Blockwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, q, k, v, mask, causal, scale, block_size):
        m = q.new_full((*q.shape[:-1], 1), -torch.inf)  # largest score of each row
        l = torch.zeros_like(m)  # noqa: E741  the paper's letter
        o = q.new_zeros(*q.shape[:-1], v.shape[-1])
        for block in _blocks(k.shape[-2], block_size):
            z = _scores(q, k, mask, causal, scale, block)  # (..., T, block)
            m_new = torch.maximum(m, z.amax(-1, keepdim=True))
            # A row that has met no key yet has m = -inf, and -inf - -inf is no number.
            finite = m_new.masked_fill(m_new == -torch.inf, 0.0)
            e, shrink = torch.exp(z - finite), torch.exp(m - finite)
            l = shrink * l + e.sum(-1, keepdim=True)  # noqa: E741
            o = shrink * o + e @ v[..., block, :]
            m = m_new
        empty = l == 0
        output = o / l.masked_fill(empty, 1.0)
        # exp(z - inf) = 0: an empty row has weights 0 in the backward pass.
        L = (m + torch.log(l)).masked_fill(empty, torch.inf)
        ctx.save_for_backward(q, k, v, mask, output, L)
        ctx.settings = causal, scale, block_size
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx, d_output):
        q, k, v, mask, output, L = ctx.saved_tensors
        causal, scale, block_size = ctx.settings
        d_q, d_k, d_v = (torch.zeros_like(x) for x in (q, k, v))
        # The softmax's gradient subtracts the weighted mean of d_weights, which is this product.
        mean = (d_output * output).sum(-1, keepdim=True)
        for block in _blocks(k.shape[-2], block_size):
            weights = torch.exp(_scores(q, k, mask, causal, scale, block) - L)
            d_weights = d_output @ v[..., block, :].mT
            d_products = weights * (d_weights - mean) * scale
            d_q += d_products @ k[..., block, :]
            d_k[..., block, :] = d_products.mT @ q
            d_v[..., block, :] = weights.mT @ d_output
        return d_q, d_k, d_v, None, None, None, None


def _blocks(S: int, block_size: int) -> list[slice]:
    return [slice(start, min(start + block_size, S)) for start in range(0, S, block_size)]


def _scores(
    q: Tensor, k: Tensor, mask: Tensor | None, causal: bool, scale: float, block: slice
) -> Float[Tensor, "*batch T block"]:
    """The masked scores of all queries with one block of keys."""
    z = q @ k[..., block, :].mT * scale
    T, S = q.shape[-2], k.shape[-2]
    if mask is not None and mask.shape[-1] > 1:
        mask = mask[..., block]
    allowed = combine_masks(mask, _causal_block(T, S, block, q.device) if causal else None)
    return z if allowed is None else z.masked_fill(~allowed, -torch.inf)


def _causal_block(T: int, S: int, block: slice, device: torch.device) -> Bool[Tensor, "T block"]:
    """These columns of `causal_mask(T, S)`."""
    query, key = torch.arange(S - T, S, device=device), torch.arange(block.start, block.stop, device=device)
    return key <= query[:, None]
