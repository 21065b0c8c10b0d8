"""Rotary positions: turn queries and keys, so that their dot product sees the distance alone."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dlsteps.nn.checks import typed
from dlsteps.nn.positional.checks import check_offset, check_tokens
from dlsteps.nn.positional.sinusoidal import Layout, angles, check_layout


def rotate(
    x: Float[Tensor, "*batch T d"],
    positions: Float[Tensor, " T"] | Int[Tensor, " T"],
    *,
    base: float = 10_000.0,
    layout: Layout = "interleaved",
) -> Float[Tensor, "*batch T d"]:
    r"""Turn each pair of numbers of the vector at position p by the angle $\theta = \omega_i p$.

    $(a, b) \mapsto (a \cos\theta - b \sin\theta,\; a \sin\theta + b \cos\theta)$ with
    $\omega_i = b^{-2i/d}$. Then $\langle R_p q, R_s k \rangle = \langle q, R_{s-p} k \rangle$: the score
    depends on the distance s - p, and not on p and s.

    Args:
        x: Queries or keys (..., T, d).
        positions: p, in tokens, one for each vector.
        base: b.
        layout: Which numbers are a pair: neighbours (2i, 2i + 1), as in the paper, or "concatenated"
            (i, i + d/2), as in many programs. They differ by `pair_order` alone; weights trained with
            the one are no good with the other.

    Returns:
        Tensor in the shape and dtype of `x`; every pair keeps its length.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If d is odd, there is not one position for each vector, or the layout is unknown.

    Source:
        Su et al., RoFormer: Enhanced Transformer with Rotary Position Embedding (2021), equation 34.
    """
    check_layout(layout)
    check_tokens(x, x.shape[-1])
    T, d = x.shape[-2:]
    if positions.shape != (T,):
        raise ValueError(
            f"x has T={T} vectors, but positions have shape {tuple(positions.shape)}; try ({T},)"
        )
    theta = angles(positions, d, base)  # (T, d/2)
    cos, sin = theta.cos().to(x.dtype), theta.sin().to(x.dtype)
    pair_axis = -1 if layout == "interleaved" else -2
    a, b = x.unflatten(-1, (d // 2, 2) if layout == "interleaved" else (2, d // 2)).unbind(pair_axis)
    return torch.stack([a * cos - b * sin, a * sin + b * cos], pair_axis).flatten(-2)


class RotaryEncoding(nn.Module):
    """`rotate` for positions in a row, as `MultiHeadAttention` calls it. It has no parameters.

    Args:
        d_head: Width of a head's queries and keys; even.
        base: How many times slower the last pair turns than the first, almost.
        layout: Which numbers are a pair: "interleaved" or "concatenated".

    Raises:
        ValueError: If d_head is odd, the base is not positive, or the layout is unknown.
    """

    @typed
    def __init__(self, d_head: int, base: float = 10_000.0, layout: Layout = "interleaved"):
        super().__init__()
        rotate(torch.zeros(1, d_head), torch.zeros(1), base=base, layout=layout)  # refuses here, not later
        self.d_head, self.base, self.layout = d_head, base, layout

    def forward(
        self, x: Float[Tensor, "*batch T d_head"], offset: int = 0
    ) -> Float[Tensor, "*batch T d_head"]:
        """Turn each vector by its position; the first one stands at `offset`."""
        check_tokens(x, self.d_head)
        check_offset(offset)
        positions = torch.arange(offset, offset + x.shape[-2], device=x.device)
        return rotate(x, positions, base=self.base, layout=self.layout)

    def extra_repr(self) -> str:
        return f"d_head={self.d_head}, base={self.base}, layout={self.layout}"
