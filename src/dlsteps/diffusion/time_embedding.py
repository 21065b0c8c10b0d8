"""The time embedding: tell the network which step it is at, by the hands of many clocks."""

import math

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from dlsteps.nn.checks import check_axes, check_sizes, typed


def time_embedding(t: Shaped[Tensor, " N"], d: int, longest: float = 10_000.0) -> Float[Tensor, "N d"]:
    r"""Write a step down as sines and cosines of d/2 speeds.

    $(\sin \omega_0 t, …, \sin \omega_{d/2-1} t, \cos \omega_0 t, …, \cos \omega_{d/2-1} t)$ with
    $\omega_i = \text{longest}^{-i/(d/2)}$: the positional encoding of Transformers, all sines first. (The
    authors' program divides i by d/2 - 1, so that the slowest clock is exactly 1/longest.)

    Args:
        t: Steps, whole numbers or floating point, 0 or more.
        d: Numbers for each step, even.
        longest: How much slower the slowest clock would be than the fastest, were there one more.

    Returns:
        Tensor (N, d); float64 for float64 steps, otherwise float32.

    Raises:
        ValueError: If d is odd or below 2, `longest` is not positive, t is not one axis, or a step is
            negative or not finite.

    Source:
        Vaswani et al., Attention Is All You Need (2017), section 3.5; Ho et al. (2020), appendix B.
    """
    if d < 2 or d % 2:
        raise ValueError(f"d={d} is not even, and each clock needs a sine and a cosine; try {max(d + 1, 2)}")
    if not longest > 0:
        raise ValueError(f"longest={longest} is not positive; try 10000")
    check_axes(t, "N", "t")
    dtype = torch.float64 if t.dtype == torch.float64 else torch.float32
    t = t.to(torch.float64)  # sin(999·ω) in float32 would lose three digits
    wrong = ~(t.isfinite() & (t >= 0))
    if wrong.any():
        raise ValueError(f"t={t[wrong][0].item():g} is no step; steps are counted from 0 and are not wrapped")
    i = torch.arange(d // 2, dtype=torch.float64, device=t.device)
    omega = torch.exp(-math.log(longest) * i / (d // 2))
    angle = t[:, None] * omega  # (N, d/2)
    return torch.cat([angle.sin(), angle.cos()], 1).to(dtype)


class TimeEmbedding(nn.Module):
    """`time_embedding` followed by a small network, so that every block can read off what it needs.

    Args:
        d: Numbers of the sinusoidal embedding, even.
        d_out: Numbers that the blocks receive.

    Raises:
        ValueError: If d is odd or below 2, or d_out below 1.
    """

    @typed
    def __init__(self, d: int, d_out: int):
        super().__init__()
        time_embedding(torch.zeros(1), d)  # refuses an odd d here, and not at the first call
        check_sizes(d_out=d_out)
        self.d = d
        self.network = nn.Sequential(nn.Linear(d, d_out), nn.SiLU(), nn.Linear(d_out, d_out))

    def forward(self, t: Shaped[Tensor, " N"]) -> Float[Tensor, "N d_out"]:
        return self.network(time_embedding(t, self.d).to(self.network[0].weight.dtype))
