"""The variational bound: how many bits a picture costs at most under the model."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.diffusion.process import (
    Gaussian,
    Kind,
    Predict,
    clipped,
    in_all_forms,
    q_posterior,
    q_sample,
    reverse_variance,
)
from dlsteps.diffusion.schedule import Schedule, pick
from dlsteps.nn.checks import check_floating

BIT = math.log(2)


class Bound(NamedTuple):
    """The bound of each sample, term by term, in bits a number.

    Attributes:
        prior: (N,) what is left of the picture in x_T: L_T.
        steps: (N, T-1) cost of each step back, for t = 1 … T-1: L_{t-1}.
        decoder: (N,) cost of the picture given x at t = 0: L_0.
    """

    prior: Tensor
    steps: Tensor
    decoder: Tensor

    @property
    def total(self) -> Tensor:
        """(N,) the sum of all terms."""
        return self.prior + self.steps.sum(1) + self.decoder


@torch.no_grad()
def variational_bound(
    schedule: Schedule,
    predict: Predict,
    x_0: Float[Tensor, "N *S"],
    generator: torch.Generator | None = None,
    *,
    kind: Kind = "eps",
    variance: str = "posterior",
    clip: float | None = None,
    levels: int | None = None,
) -> Bound:
    r"""Estimate the bound on the negative log-likelihood, one draw of the noise for each step.

    $L = D(q(x_T \mid x_0) \,\|\, p(x_T)) + \sum_{t>1} D(q(x_{t-1} \mid x_t, x_0) \,\|\, p(x_{t-1} \mid x_t))
    - \log p(x_0 \mid x_1)$, with t counted from 1 as in the paper. The costs are divided by the count of
    numbers in a picture and by log 2.

    Args:
        schedule: The noise schedule.
        predict: The network, `predict(x_t, t)`.
        x_0: Pictures. With `levels`, each number is one of so many values from -1 to 1, evenly spaced.
        generator: Where the noise is drawn from.
        kind: What the network predicts.
        variance: $\sigma_t^2$, see `reverse_variance`.
        clip: Bounds the guessed picture; None does not.
        levels: Number of values a pixel can have: 256 for bytes, 17 for the digits. None takes the
            numbers for continuous; the bound is then on a density, and may be negative.

    Returns:
        All terms, as `Bound` in the dtype of `x_0`.

    Raises:
        TypeError: If `x_0` is not floating point.
        ValueError: For an unknown kind or variance, fewer than 2 levels, or numbers between the levels.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), equations 5 and 13.
    """
    check_floating(x_0, "x_0")
    N, T = len(x_0), schedule.T
    sigma2 = reverse_variance(schedule, variance)
    if levels is not None:
        _check_levels(x_0, levels)
    costs = []
    for step in range(T):
        t = torch.full((N,), step, device=x_0.device)
        noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype, device=x_0.device)
        x_t = q_sample(schedule, x_0, t, noise)
        guess = clipped(schedule, x_t, t, in_all_forms(schedule, x_t, t, predict(x_t, t), kind), clip)
        p = Gaussian(q_posterior(schedule, guess.x_0, x_t, t).mean, pick(sigma2, t, x_0))
        if step == 0:
            costs.append(_bits(-log_likelihood(x_0, p, levels)))
        else:
            costs.append(_bits(kl_divergence(q_posterior(schedule, x_0, x_t, t), p)))
    last = torch.full((N,), T - 1, device=x_0.device)
    q_T = Gaussian(pick(schedule.signal, last, x_0) * x_0, pick(1 - schedule.alpha_bar, last, x_0))
    prior = _bits(kl_divergence(q_T, Gaussian(torch.zeros_like(x_0), torch.ones_like(q_T.variance))))
    return Bound(prior, torch.stack(costs[1:], 1) if T > 1 else prior.new_empty(N, 0), costs[0])


def _bits(nats: Tensor) -> Tensor:
    return nats.flatten(1).mean(1) / BIT if nats.ndim > 1 else nats / BIT


def kl_divergence(q: Gaussian, p: Gaussian) -> Float[Tensor, "N *S"]:
    r"""Return $D(q \| p)$ of each number in nats.

    $\frac{1}{2} \left( \frac{\sigma_q^2}{\sigma_p^2} - 1 - \log \frac{\sigma_q^2}{\sigma_p^2}
    + \frac{(\mu_q - \mu_p)^2}{\sigma_p^2} \right)$.
    """
    ratio = q.variance / p.variance
    return 0.5 * (ratio - 1 - ratio.log() + (q.mean - p.mean).square() / p.variance)


def log_likelihood(x: Float[Tensor, "N *S"], p: Gaussian, levels: int | None = None) -> Float[Tensor, "N *S"]:
    r"""Return the log of the density at each number or, with levels, of the probability of its bin.

    A bin reaches half a step to both sides; the first and the last bin reach to infinity.

    Args:
        x: Numbers; with levels, from -1 to 1.
        p: Their distribution.
        levels: Number of values; None for a density.

    Returns:
        Logarithms in nats, in the shape of `x`.

    Source:
        Ho et al., Denoising Diffusion Probabilistic Models (2020), equation 13.
    """
    std = p.variance.sqrt()
    if levels is None:
        return -0.5 * ((x - p.mean) / std).square() - std.log() - 0.5 * math.log(2 * math.pi)
    half = 1 / (levels - 1)
    low = torch.where(x < -1 + half, -torch.inf, (x - half - p.mean) / std)
    high = torch.where(x > 1 - half, torch.inf, (x + half - p.mean) / std)
    return log_interval(low, high)


def log_interval(low: Tensor, high: Tensor) -> Tensor:
    r"""Return $\log (\Phi(b) - \Phi(a))$ for a < b, exact far out in the tails too.

    Both ends are mirrored to the left, where $\Phi$ is small and `log_ndtr` keeps its digits; then
    $\log \Phi(b) + \log (1 - e^{\log \Phi(a) - \log \Phi(b)})$.
    """
    right = low > 0
    a, b = torch.where(right, -high, low), torch.where(right, -low, high)
    log_a, log_b = torch.special.log_ndtr(a), torch.special.log_ndtr(b)
    return log_b + torch.log(-torch.expm1(log_a - log_b))


def _check_levels(x_0: Tensor, levels: int) -> None:
    if levels < 2:
        raise ValueError(f"levels={levels} leaves nothing to tell apart; try 256 for bytes")
    step = 2 / (levels - 1)
    place = (x_0.double() + 1) / step
    if ((place - place.round()).abs() > 1e-3).any() or (x_0.abs() > 1 + 1e-6).any():
        raise ValueError(
            f"x_0 has numbers that are not among the levels={levels} values from -1 to 1; "
            f"try 2 * k / {levels - 1} - 1 for whole k, or levels=None"
        )
