"""Scaled dot-product attention: a query asks all keys, and takes of each value as much as its key answers."""

from math import sqrt
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from dlsteps.nn.attention.masks import check_boolean, check_broadcast
from dlsteps.nn.checks import check_floating, mixed


class AttentionSteps(NamedTuple):
    """What attention computes on its way, step by step. Half precision is computed in float32.

    Attributes:
        products: The dot products of all queries with all keys, (..., T, S).
        scores: The products, scaled, with the bias added.
        masked: The scores, with minus infinity where a query may not attend.
        weights: The shares of each query's attention: a row sums to 1, or to 0 if all of it is masked.
        output: The values, summed in these shares, (..., T, d_v), in the dtype of q.
    """

    products: Tensor
    scores: Tensor
    masked: Tensor
    weights: Tensor
    output: Tensor


def attention_steps(
    q: Float[Tensor, "*batch T d_k"],
    k: Float[Tensor, "*batch S d_k"],
    v: Float[Tensor, "*batch S d_v"],
    mask: Bool[Tensor, "*#batch #T #S"] | None = None,
    *,
    bias: Float[Tensor, "*#batch #T #S"] | None = None,
    scale: float | None = None,
) -> AttentionSteps:
    """Compute `scaled_dot_product_attention`, and return all that it computes on its way.

    Args:
        q: As for `scaled_dot_product_attention`.
        k: As there.
        v: As there.
        mask: As there.
        bias: As there.
        scale: As there.

    Returns:
        An `AttentionSteps`.

    Raises:
        TypeError: As `scaled_dot_product_attention`.
        ValueError: As `scaled_dot_product_attention`.
    """
    check_queries_keys_values(q, k, v, mask)
    T, S, d_k = q.shape[-2], k.shape[-2], q.shape[-1]
    if bias is not None:
        check_floating(bias, "bias")
        check_broadcast("bias", bias, (*q.shape[:-2], T, S))
    # In float16 a product beyond 65,504 would be infinite.
    wide = torch.promote_types(q.dtype, torch.float32)
    products = q.to(wide) @ k.to(wide).mT  # (..., T, S)
    scores = products * (1 / sqrt(d_k) if scale is None else scale)
    if bias is not None:
        scores = scores + bias.to(wide)
    masked = scores if mask is None else scores.masked_fill(~mask, -torch.inf)
    # Without mask and bias no row can be empty, and the search for empty ones is spared.
    weights = masked.softmax(-1) if mask is None and bias is None else safe_softmax(masked)
    output = weights @ v.to(wide)  # (..., T, d_v)
    return AttentionSteps(products, scores, masked, weights, output.to(q.dtype))


def scaled_dot_product_attention(
    q: Float[Tensor, "*batch T d_k"],
    k: Float[Tensor, "*batch S d_k"],
    v: Float[Tensor, "*batch S d_v"],
    mask: Bool[Tensor, "*#batch #T #S"] | None = None,
    *,
    bias: Float[Tensor, "*#batch #T #S"] | None = None,
    scale: float | None = None,
) -> Float[Tensor, "*batch T d_v"]:
    r"""Let every query take the mean of the values, weighted by how well their keys answer it.

    $\text{softmax}(Q K^\top / \sqrt{d_k} + \text{bias})\, V$. A product of two vectors of d_k numbers with
    variance 1 has variance d_k; the scale makes it 1 again, so that the softmax does not saturate.

    A query whose keys are all masked gets zeros, and sends back no gradient. (So do torch's
    `scaled_dot_product_attention` and `MultiheadAttention`, but the latter gives NaN with
    `need_weights=True`.)

    Args:
        q: Queries (..., T, d_k), such as (B, h, T, d_k).
        k: Keys (..., S, d_k).
        v: Values (..., S, d_v).
        mask: Boolean, `True` = may attend; (T, S) or with all axes of the scores (..., T, S).
        bias: Numbers added to the scaled scores, in the same shapes; minus infinity masks too.
        scale: What the products are multiplied by; None for $1/\sqrt{d_k}$, 1 for no scaling.

    Returns:
        Tensor (..., T, d_v) in the dtype of `q`.

    Raises:
        TypeError: If q, k, v are not of one floating-point dtype, or the mask is not boolean.
        ValueError: If the shapes do not fit.

    Source:
        Vaswani et al., Attention Is All You Need (2017), equation 1.
    """
    return attention_steps(q, k, v, mask, bias=bias, scale=scale).output


def safe_softmax(scores: Float[Tensor, "*rows S"]) -> Float[Tensor, "*rows S"]:
    """Turn scores into shares that sum to 1; a row of minus infinities becomes zeros, and not NaN.

    Args:
        scores: Numbers, or minus infinity for what gets no share.

    Returns:
        Shares in the shape of `scores`. An empty row has no gradient.

    Raises:
        TypeError: If the scores are not floating point.
    """
    check_floating(scores, "scores")
    empty = (scores == -torch.inf).all(-1, keepdim=True)
    if not empty.any():  # as under a causal mask: a quarter of the time is spared
        return scores.softmax(-1)
    return scores.masked_fill(empty, 0.0).softmax(-1).masked_fill(empty, 0.0)


def check_queries_keys_values(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> None:
    """Require q (..., T, d_k), k (..., S, d_k), v (..., S, d_v) of one dtype, and a mask that fits."""
    for name, x in (("q", q), ("k", k), ("v", v)):
        check_floating(x, name)
        if mixed(q, x):
            raise TypeError(f"q has dtype {q.dtype}, but {name} has {x.dtype}; try {name}.to({q.dtype})")
        if x.ndim < 2 or x.shape[:-2] != q.shape[:-2]:
            raise ValueError(
                f"q of shape {tuple(q.shape)} and {name} of shape {tuple(x.shape)} must have two axes or "
                "more, and the same ones before the last two; try expand, or look for a transposed tensor"
            )
    if q.shape[-1] != k.shape[-1] or q.shape[-1] == 0:
        raise ValueError(
            f"q has width {q.shape[-1]} and k has width {k.shape[-1]}, but a dot product needs the same "
            "width, 1 or more; project one to the other's width"
        )
    if k.shape[-2] != v.shape[-2]:
        raise ValueError(f"k has {k.shape[-2]} keys, but v has {v.shape[-2]} values; give each key its own")
    if mask is not None:
        check_boolean(mask)
        check_broadcast("mask", mask, (*q.shape[:-1], k.shape[-2]))
