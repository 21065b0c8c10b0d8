"""Sinusoidal positions: a row of clocks, each a fixed factor slower than the one before."""

from typing import Literal, get_args

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dlsteps.nn.checks import check_axes, typed
from dlsteps.nn.positional.checks import check_even, check_offset, check_tokens

Layout = Literal["interleaved", "concatenated"]
LAYOUTS = get_args(Layout)


def angles(
    positions: Float[Tensor, " T"] | Int[Tensor, " T"], d_model: int, base: float = 10_000.0
) -> Float[Tensor, "T pairs"]:
    r"""Say where the hand of each clock stands at each position: $\omega_i p$ with $\omega_i = b^{-2i/d}$.

    Args:
        positions: p, in tokens.
        d_model: d; there are d/2 clocks. The first turns by 1 radian a token.
        base: b. The last clock is almost this many times slower.

    Returns:
        Angles in radians, in float64: in float32 the fast hands of far positions would be wrong.

    Raises:
        ValueError: If the positions are not one axis, d is odd, or the base is not positive.

    Source:
        Vaswani et al., Attention Is All You Need (2017), section 3.5.
    """
    check_even(d_model)
    check_axes(positions, "T", "positions")
    if not base > 0:
        raise ValueError(f"base={base} is not positive; try 10000")
    i = torch.arange(d_model // 2, dtype=torch.float64, device=positions.device)
    omega = base ** (-2 * i / d_model)
    return positions.double()[:, None] * omega


def pair_order(d_model: int) -> Int[Tensor, " d_model"]:
    """Say where each number of the concatenated layout stands in the interleaved one: 0, 2, 4, ..., 1, 3, 5.

    So `interleaved[..., pair_order(d)]` is `concatenated`.

    Args:
        d_model: d.

    Returns:
        The places, in the order of the concatenated layout.

    Raises:
        ValueError: If d is odd.
    """
    check_even(d_model)
    return torch.arange(d_model).view(-1, 2).T.flatten()


def sinusoidal_encoding(
    positions: Float[Tensor, " T"] | Int[Tensor, " T"],
    d_model: int,
    *,
    base: float = 10_000.0,
    layout: Layout = "interleaved",
) -> Float[Tensor, "T d_model"]:
    r"""Write each position as the hands of d/2 clocks.

    $PE(p, 2i) = \sin(\omega_i p)$ and $PE(p, 2i+1) = \cos(\omega_i p)$ with $\omega_i = b^{-2i/d}$.

    Args:
        positions: p, in tokens.
        d_model: d.
        base: b.
        layout: "interleaved" puts sine and cosine of a clock side by side, as in the paper;
            "concatenated" all sines before all cosines. They differ by `pair_order` alone.

    Returns:
        Tensor of sines and cosines in float64.

    Raises:
        ValueError: If the positions are not one axis, d is odd, the base is not positive, or the layout is
            unknown.

    Source:
        Vaswani et al., Attention Is All You Need (2017), section 3.5.
    """
    check_layout(layout)
    theta = angles(positions, d_model, base)
    interleaved = torch.stack([theta.sin(), theta.cos()], -1).flatten(1)  # (T, d)
    return interleaved if layout == "interleaved" else interleaved[:, pair_order(d_model)]


def shift_matrix(k: float, d_model: int, base: float = 10_000.0) -> Float[Tensor, "d_model d_model"]:
    r"""Return the one matrix that moves every position on by k: $PE(p + k) = M_k\, PE(p)$ for all p.

    It turns each pair $(\sin \omega_i p, \cos \omega_i p)$ by the angle $\omega_i k$, whatever p is:

    $M_k$ has the blocks $\begin{pmatrix} \cos \omega_i k & \sin \omega_i k \\ -\sin \omega_i k &
    \cos \omega_i k \end{pmatrix}$ on its diagonal.

    Args:
        k: How many tokens to move on; a negative one moves back.
        d_model: d.
        base: b.

    Returns:
        Orthogonal matrix in float64, for the interleaved layout.

    Raises:
        ValueError: If d is odd, or the base is not positive.
    """
    (theta,) = angles(torch.tensor([k], dtype=torch.float64), d_model, base)
    cos, sin = theta.cos(), theta.sin()
    blocks = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], -2)  # (d/2, 2, 2)
    return torch.block_diag(*blocks)


def check_layout(layout: str) -> None:
    """Require one of `LAYOUTS`."""
    if layout not in LAYOUTS:
        raise ValueError(f"unknown layout {layout!r}; try one of {', '.join(LAYOUTS)}")


class SinusoidalEncoding(nn.Module):
    """Add `sinusoidal_encoding` to token vectors. It has no parameters, and no longest sequence.

    Args:
        d_model: Width of the vectors; even.
        base: How many times slower the last clock is than the first, almost.

    Raises:
        ValueError: If d_model is odd, or the base is not positive.
    """

    @typed
    def __init__(self, d_model: int, base: float = 10_000.0):
        super().__init__()
        angles(torch.zeros(1), d_model, base)  # refuses here what it would refuse later
        self.d_model, self.base = d_model, base

    def forward(
        self, x: Float[Tensor, "*batch T d_model"], offset: int = 0
    ) -> Float[Tensor, "*batch T d_model"]:
        """Add to each vector the encoding of its position; the first one stands at `offset`."""
        check_tokens(x, self.d_model)
        check_offset(offset)
        positions = torch.arange(offset, offset + x.shape[-2], device=x.device)
        return x + sinusoidal_encoding(positions, self.d_model, base=self.base).to(x.dtype)

    def extra_repr(self) -> str:
        return f"d_model={self.d_model}, base={self.base}"
