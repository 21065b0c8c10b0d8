"""Data whose best noise predictor is a formula: a mixture of normal distributions."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from dlsteps.diffusion.schedule import Schedule, pick


@dataclass(frozen=True, eq=False)
class Mixture:
    r"""Points drawn around K centers: $p(x) = \sum_k w_k \, N(x; \mu_k, \sigma_k^2 I)$.

    After step t it is a mixture still, with centers $\sqrt{\bar\alpha_t} \mu_k$ and variances
    $\bar\alpha_t \sigma_k^2 + 1 - \bar\alpha_t$. So all that a network has to learn is known here exactly.

    Attributes:
        weights: (K,) shares $w_k$ that sum to 1.
        centers: (K, d) the $\mu_k$.
        stds: (K,) the $\sigma_k$, 0 for single points.

    Raises:
        TypeError: If one is not float64.
        ValueError: If the shapes do not fit, the weights are no shares, a center is not finite, or a std is
            negative.
    """

    weights: Float64[Tensor, " K"]
    centers: Float64[Tensor, "K d"]
    stds: Float64[Tensor, " K"]

    def __post_init__(self) -> None:
        for name in ("weights", "centers", "stds"):
            dtype = getattr(self, name).dtype
            if dtype != torch.float64:
                raise TypeError(f"{name} have dtype {dtype}, not float64; try {name}.double()")
        K = len(self.weights)
        if tuple(self.stds.shape) != (K,) or self.centers.ndim != 2 or len(self.centers) != K:
            raise ValueError(
                f"weights, centers and stds have shapes {tuple(self.weights.shape)}, "
                f"{tuple(self.centers.shape)} and {tuple(self.stds.shape)}; try (K,), (K, d) and (K,)"
            )
        if not ((self.weights > 0).all() and abs(self.weights.sum().item() - 1) <= 1e-9):
            raise ValueError(
                f"weights={self.weights.tolist()} are not positive shares of 1; try weights / weights.sum()"
            )
        if not self.centers.isfinite().all():
            raise ValueError("centers are not all finite; look for a NaN in them")
        if not (self.stds >= 0).all():
            raise ValueError(f"stds={self.stds.tolist()} has a negative number; try stds.abs()")

    def sample(self, n: int, generator: torch.Generator | None = None) -> Float64[Tensor, "n d"]:
        """Draw n points, 0 or more.

        Raises:
            ValueError: If n is negative.
        """
        if n < 0:
            raise ValueError(f"n={n} is no number of points; try 0 or more")
        k = torch.multinomial(self.weights, n, replacement=True, generator=generator) if n else slice(0)
        noise = torch.randn(n, self.centers.shape[1], generator=generator, dtype=torch.float64)
        return self.centers[k] + self.stds[k, None] * noise

    def best_eps(
        self, schedule: Schedule, x_t: Float[Tensor, "N d"], t: Int[Tensor, " N"]
    ) -> Float[Tensor, "N d"]:
        r"""Return the prediction of the noise with the least error: its mean, given $x_t$.

        $E[\varepsilon \mid x_t] = \sum_k r_k \frac{b}{s_k^2} (x_t - a \mu_k)$ with $a = \sqrt{\bar\alpha_t}$,
        $b = \sqrt{1 - \bar\alpha_t}$, $s_k^2 = a^2 \sigma_k^2 + b^2$, and $r_k$ the probability that center k
        gave $x_t$: $r_k \propto w_k N(x_t; a \mu_k, s_k^2)$.

        Args:
            schedule: The noise schedule.
            x_t: Noisy points.
            t: Step of each, 0 to T-1.

        Returns:
            Tensor in the shape and dtype of `x_t`.

        Raises:
            TypeError: If `x_t` is not floating point, or t is.
            ValueError: If t is out of range, or d differs from the centers'.

        Source:
            Vincent, A Connection Between Score Matching and Denoising Autoencoders (2011), section 4;
            here for known data.
        """
        if x_t.ndim != 2 or x_t.shape[1] != self.centers.shape[1]:
            raise ValueError(
                f"x_t of shape {tuple(x_t.shape)} does not hold points of d={self.centers.shape[1]} numbers; "
                f"try shape (N, {self.centers.shape[1]})"
            )
        wide = x_t.double()
        a, b = pick(schedule.signal, t, wide), pick(schedule.noise, t, wide)  # (N, 1)
        variance = a**2 * self.stds**2 + b**2  # (N, K)
        offset = wide[:, None] - a[:, None] * self.centers  # (N, K, d)
        d = self.centers.shape[1]
        log_density = -0.5 * (offset.square().sum(-1) / variance + d * variance.log())
        r = torch.softmax(self.weights.log() + log_density, 1)
        return (b * r / variance).unsqueeze(-1).mul(offset).sum(1).to(x_t.dtype)
