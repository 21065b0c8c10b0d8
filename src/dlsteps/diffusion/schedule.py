"""The noise schedule: how much of the picture is left after each step, as tables in float64."""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from dlsteps.nn.checks import check_floating


@dataclass(frozen=True, eq=False)
class Schedule:
    r"""What every step of a diffusion does, from its noise variances $\beta_t$ alone.

    Steps are counted t = 0 … T-1, as tables are; the papers count 1 … T. So `alpha_bar[0]` belongs to
    the picture after one step, and "before step 0" is the picture itself.

    Attributes:
        beta: (T,) variance of the noise that step t adds, in (0, 1).

    Raises:
        TypeError: If `beta` is not float64.
        ValueError: If `beta` is not a vector of numbers in (0, 1).

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), section 2.
    """

    beta: Float64[Tensor, " T"]

    def __post_init__(self) -> None:
        check_floating(self.beta, "beta")
        if self.beta.dtype != torch.float64:
            raise TypeError(
                f"beta has dtype {self.beta.dtype}, and a product of 1000 numbers near 1 needs float64; "
                "try beta.double()"
            )
        if self.beta.ndim != 1 or len(self.beta) == 0:
            raise ValueError(
                f"beta has shape {tuple(self.beta.shape)}, but must be one number a step; try shape (1000,)"
            )
        wrong = ~((self.beta > 0) & (self.beta < 1))
        if wrong.any():
            t = int(wrong.nonzero()[0])
            raise ValueError(
                f"beta[{t}]={self.beta[t].item():.4g} is not between 0 and 1; "
                "0 adds no noise, and 1 leaves no picture; try numbers from 1e-4 to 0.02"
            )

    @property
    def T(self) -> int:  # noqa: N802 - the papers' letter
        """How many steps there are."""
        return len(self.beta)

    @cached_property
    def alpha(self) -> Float64[Tensor, " T"]:
        r"""Share of the variance that step t keeps: $\alpha_t = 1 - \beta_t$."""
        return 1 - self.beta

    @cached_property
    def alpha_bar(self) -> Float64[Tensor, " T"]:
        r"""Share of the variance that is the picture's after step t: $\prod_{s \le t} \alpha_s$."""
        return self.alpha.cumprod(0)

    @cached_property
    def alpha_bar_before(self) -> Float64[Tensor, " T"]:
        r"""The same before step t: $\bar\alpha_{t-1}$, and 1 before step 0."""
        return torch.cat([self.alpha_bar.new_ones(1), self.alpha_bar[:-1]])

    @cached_property
    def signal(self) -> Float64[Tensor, " T"]:
        r"""Factor of the picture in $x_t$: $\sqrt{\bar\alpha_t}$."""
        return self.alpha_bar.sqrt()

    @cached_property
    def noise(self) -> Float64[Tensor, " T"]:
        r"""Factor of the noise in $x_t$: $\sqrt{1 - \bar\alpha_t}$."""
        return (1 - self.alpha_bar).sqrt()

    @cached_property
    def log_snr(self) -> Float64[Tensor, " T"]:
        r"""Logarithm of the signal-to-noise ratio: $\log (\bar\alpha_t / (1 - \bar\alpha_t))$."""
        return torch.logit(self.alpha_bar)

    @cached_property
    def posterior_variance(self) -> Float64[Tensor, " T"]:
        r"""Variance of $x_{t-1}$ given $x_t$ and $x_0$: $\tilde\beta_t$, equation 7; 0 at t = 0."""
        return (1 - self.alpha_bar_before) / (1 - self.alpha_bar) * self.beta


def linear_schedule(T: int = 1000, beta_first: float = 1e-4, beta_last: float = 0.02) -> Schedule:
    r"""Let the variance $\beta_t$ grow in a straight line.

    The defaults are the paper's for T = 1000. For another T multiply both ends by 1000/T, or the last
    step will leave a part of the picture.

    Args:
        T: Number of steps.
        beta_first: $\beta$ at t = 0.
        beta_last: $\beta$ at t = T-1.

    Returns:
        The `Schedule`.

    Raises:
        ValueError: If T is below 1, or an end is not in (0, 1).

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), section 4.
    """
    _check_steps(T)
    return Schedule(torch.linspace(beta_first, beta_last, T, dtype=torch.float64))


def cosine_schedule(T: int = 1000, s: float = 0.008, beta_max: float = 0.999) -> Schedule:
    r"""Let the picture's share $\bar\alpha$ fall like a squared cosine.

    $\bar\alpha_t = f(t)/f(0)$ with $f(t) = \cos^2 \left( \frac{t/T + s}{1 + s} \frac{\pi}{2} \right)$ for
    t counted from 1, and $\beta_t = 1 - \bar\alpha_t / \bar\alpha_{t-1}$, no larger than `beta_max`: the
    last would be 1.

    Args:
        T: Number of steps.
        s: Offset that keeps the first steps from being too small.
        beta_max: Largest $\beta$.

    Returns:
        The `Schedule`.

    Raises:
        ValueError: If T is below 1, s is negative, or `beta_max` is not in (0, 1).

    Source:
        Nichol and Dhariwal, Improved Denoising Diffusion Probabilistic Models (2021), equation 17.
    """
    _check_steps(T)
    if not s >= 0:
        raise ValueError(f"s={s} is negative, and the picture's share would grow at first; try 0.008")
    time = torch.arange(T + 1, dtype=torch.float64) / T
    f = torch.cos((time + s) / (1 + s) * math.pi / 2).square()
    return Schedule((1 - f[1:] / f[:-1]).clamp(max=beta_max))


def _check_steps(T: int) -> None:
    if T < 1:
        raise ValueError(f"T={T} is no number of steps; try 1000")


def check_t(t: Int[Tensor, " N"], T: int, N: int) -> None:
    """Require one whole number from 0 to T-1 for each sample; -1 must not mean the last step."""
    if t.dtype not in (torch.int32, torch.int64):  # int8 ends at 127, and uint8 picks by a mask
        raise TypeError(f"t must be whole numbers in int32 or int64, but has dtype {t.dtype}; try t.long()")
    if tuple(t.shape) != (N,):
        raise ValueError(
            f"t has shape {tuple(t.shape)}, but there are {N} samples; try torch.full(({N},), t) for one t"
        )
    wrong = (t < 0) | (t >= T)
    if wrong.any():
        raise ValueError(
            f"t={int(t[wrong][0])} is outside 0…{T - 1}; steps are counted from 0, try t - 1 if yours "
            "are counted from 1"
        )


def pick(
    table: Float64[Tensor, " T"], t: Int[Tensor, " N"], x: Float[Tensor, "N *shape"]
) -> Float[Tensor, "N *ones"]:
    """Look one number up for each sample, in the precision of `x` and shaped to broadcast with it.

    Args:
        table: A table of a `Schedule`.
        t: Step of each sample, 0 to T-1.
        x: The tensor that the numbers will multiply.

    Returns:
        Tensor (N, 1, ..., 1).

    Raises:
        TypeError: If `x` is not floating point, or t is.
        ValueError: If t is out of range or not one for each sample.
    """
    check_floating(x)
    if x.ndim == 0:
        raise ValueError("x has no axis of samples; try x.view(1)")
    check_t(t, len(table), len(x))
    return table.to(x.device)[t].to(x.dtype).view(-1, *[1] * (x.ndim - 1))
