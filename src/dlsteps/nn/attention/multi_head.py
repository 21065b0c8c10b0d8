"""Multi-head attention: several attentions side by side, each with its own queries, keys and values."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from dlsteps.nn.attention.cache import KeyValueCache
from dlsteps.nn.attention.scaled_dot_product import AttentionSteps, attention_steps
from dlsteps.nn.checks import check_axes, check_divides, check_width, typed


def split_heads(x: Float[Tensor, "B T d_model"], num_heads: int) -> Float[Tensor, "B h T d_head"]:
    """Cut every token's vector into pieces of the same width, one for each head.

    Args:
        x: Vectors of the tokens.
        num_heads: h, a divisor of d_model.

    Returns:
        A view with the heads before the tokens; d_head is d_model/h.

    Raises:
        ValueError: If x is not three-dimensional, or the heads do not divide the width.
    """
    check_axes(x, "B, T, d_model")
    B, T, d_model = x.shape
    check_divides("num_heads", num_heads, "d_model", d_model)
    return x.view(B, T, num_heads, d_model // num_heads).transpose(1, 2)


def merge_heads(x: Float[Tensor, "B h T d_head"]) -> Float[Tensor, "B T d_model"]:
    """Lay the heads of every token side by side again: the inverse of `split_heads`.

    Args:
        x: Vectors of the heads.

    Returns:
        Tensor of width d_model = h·d_head.

    Raises:
        ValueError: If x is not four-dimensional.
    """
    check_axes(x, "B, h, T, d_head")
    return x.transpose(1, 2).flatten(2)


class MultiHeadSteps(NamedTuple):
    """What multi-head attention computes on its way.

    Attributes:
        output: Tensor (B, T, d_model).
        concatenated: The outputs of all heads, side by side, (B, T, d_model).
        q: Queries of each head, (B, h, T, d_head), rotated if the layer rotates them.
        k: Keys of each head, (B, h, S, d_head), those of the cache included.
        v: Values of each head, (B, h, S, d_head), those of the cache included.
        heads: The steps of all heads, as tensors (B, h, ...).
    """

    output: Tensor
    concatenated: Tensor
    q: Tensor
    k: Tensor
    v: Tensor
    heads: AttentionSteps


class MultiHeadAttention(nn.Module):
    r"""Attention in several heads, whose outputs are put side by side and mixed.

    $\text{head}_i = \text{Attention}(X W^Q_i, M W^K_i, M W^V_i)$ and
    $Y = [\text{head}_1, \dots, \text{head}_h]\, W^O$, with M = X for self-attention. Each head has its own
    projections of the whole vector, so no head sees a mere slice of the input.

    The parameters have the names and layout of `torch.nn.MultiheadAttention`, so that a `state_dict` goes
    both ways: `in_proj_weight` holds $W^Q$, $W^K$ and $W^V$ one below the other, each (d_model, d_model).

    Args:
        d_model: Width of the input and of the output.
        num_heads: h, a divisor of d_model.
        bias: Whether the projections have one.
        rotary: Called with (x, offset) to rotate queries and keys by their positions, in self-attention
            alone; such as `dlsteps.nn.positional.RotaryEncoding`.

    Raises:
        ValueError: If h does not divide d_model.

    Source:
        Vaswani et al., Attention Is All You Need (2017), section 3.2.2.
    """

    @typed
    def __init__(
        self,
        d_model: int,
        num_heads: int,
        bias: bool = True,
        rotary: Callable[[Tensor, int], Tensor] | None = None,
    ):
        super().__init__()
        check_divides("num_heads", num_heads, "d_model", d_model)
        self.d_model, self.num_heads = d_model, num_heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * d_model, d_model))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * d_model)) if bias else None
        self.out_proj = nn.Linear(d_model, d_model, bias=bias)
        self.rotary = rotary
        nn.init.xavier_uniform_(self.in_proj_weight)
        if bias:
            nn.init.zeros_(self.out_proj.bias)

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        memory: Float[Tensor, "B S d_model"] | None = None,
        *,
        mask: Bool[Tensor, "..."] | None = None,
        bias: Float[Tensor, "..."] | None = None,
        cache: KeyValueCache | None = None,
        record: bool = False,
    ) -> Float[Tensor, "B T d_model"] | MultiHeadSteps:
        """Attend from `x` to itself, or to `memory`.

        Args:
            x: Where the queries come from.
            memory: Where keys and values come from, in cross-attention; None for `x` itself.
            mask: Boolean, `True` = may attend; (T, S) or (B, h, T, S) with 1 where it does not matter.
            bias: Numbers added to the scores, in the same shapes.
            cache: In self-attention, `x` continues the tokens in the cache, and is added to them; S counts
                both. In cross-attention the first call fills it, and later ones do not read `memory`.
            record: Whether to return a `MultiHeadSteps` instead of its `output`.

        Returns:
            Tensor (B, T, d_model), or all steps.

        Raises:
            TypeError: If a dtype is not the layer's, or the mask is not boolean.
            ValueError: If the shapes do not fit.
        """
        for name, vectors in (("x", x), ("memory", memory)):
            if vectors is not None:
                check_width(vectors, self.d_model, self.in_proj_weight, name, axes="B, T")
        q, k, v = self._self(x, cache) if memory is None else self._cross(x, memory, cache)
        steps = attention_steps(q, k, v, mask, bias=bias)
        concatenated = merge_heads(steps.output)  # (B, T, d_model)
        output = self.out_proj(concatenated)
        return MultiHeadSteps(output, concatenated, q, k, v, steps) if record else output

    def _self(self, x: Tensor, cache: KeyValueCache | None) -> tuple[Tensor, Tensor, Tensor]:
        q, k, v = self._project(x, 0, 3)
        if self.rotary is not None:
            offset = 0 if cache is None else len(cache)
            q, k = self.rotary(q, offset), self.rotary(k, offset)
        if cache is not None:
            k, v = cache.append(k, v)
        return q, k, v

    def _cross(self, x: Tensor, memory: Tensor, cache: KeyValueCache | None) -> tuple[Tensor, Tensor, Tensor]:
        if self.rotary is not None:
            raise ValueError("rotary positions of x say nothing about memory; try rotary=None")
        (q,) = self._project(x, 0, 1)
        if cache is not None and len(cache):
            return q, cache.keys, cache.values
        k, v = self._project(memory, 1, 3)
        if cache is not None:
            cache.append(k, v)
        return q, k, v

    def _project(self, x: Tensor, first: int, last: int) -> list[Tensor]:
        """Multiply by some of W^Q, W^K, W^V (numbers 0, 1, 2) in one product, and split the heads."""
        rows = slice(first * self.d_model, last * self.d_model)
        bias = None if self.in_proj_bias is None else self.in_proj_bias[rows]
        projected = F.linear(x, self.in_proj_weight[rows], bias)
        return [split_heads(part, self.num_heads) for part in projected.chunk(last - first, -1)]

    def extra_repr(self) -> str:
        return f"d_model={self.d_model}, num_heads={self.num_heads}, bias={self.in_proj_bias is not None}"
