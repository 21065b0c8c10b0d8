"""Batch renormalization: train on the batch, but on the scale that will be used after training."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_channels, check_eps, check_momentum, typed
from dlsteps.nn.normalization.axes import normalize, scale_shift, statistics
from dlsteps.nn.normalization.batch import check_more_than_one_value, move_toward


def batch_renorm(
    x: Float[Tensor, "N C *S"],
    running_mean: Float[Tensor, " C"],
    running_std: Float[Tensor, " C"],
    gamma: Float[Tensor, " C"] | None = None,
    beta: Float[Tensor, " C"] | None = None,
    *,
    training: bool,
    r_max: float = 3.0,
    d_max: float = 5.0,
    momentum: float = 0.01,
    eps: float = 1e-5,
) -> Float[Tensor, "N C *S"]:
    r"""Normalize by the batch, then correct toward what the running statistics would have given.

    In training, with $\sigma_B = \sqrt{\text{var}_B + \varepsilon}$ of this batch and $\mu, \sigma$ the
    running statistics as they were before it,

    $r = \text{clip}(\sigma_B / \sigma,\ 1/r_{max},\ r_{max})$,
    $d = \text{clip}((\mu_B - \mu) / \sigma,\ -d_{max},\ d_{max})$,
    $\hat x = \frac{x - \mu_B}{\sigma_B} \, r + d$.

    Where nothing is clipped, $\hat x = (x - \mu)/\sigma$: what the layer gives after training. The
    backward pass takes r and d for constants, so the gradient still flows through $\mu_B$ and
    $\sigma_B$. With $r_{max} = 1$ and $d_{max} = 0$ this is batch normalization.

    As in the paper, the running statistic is $\sigma_B$ itself: biased, with $\varepsilon$ inside. (Our
    and torch's `BatchNorm` keep the unbiased variance.) An empty batch moves nothing.

    Args:
        x: Input (N, C) or (N, C, ...).
        running_mean: $\mu$, moved in place in training.
        running_std: $\sigma$, moved in place in training.
        gamma: $\gamma$; None for 1.
        beta: $\beta$; None for 0.
        training: True takes the statistics of this batch. It is never guessed from the gradient mode.
        r_max: Largest correction of the scale, 1 or more; `math.inf` for no limit.
        d_max: Largest correction of the mean, in standard deviations, 0 or more.
        momentum: Share of this batch in the new running statistics.
        eps: $\varepsilon$, added to the variance.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, if a number is out of range, if a channel has one single
            value in training, or if a limit forbids r = 1 or d = 0.

    Source:
        Ioffe, Batch Renormalization (2017), algorithm 1.
    """
    check_channels(x, running_mean=running_mean, running_std=running_std, gamma=gamma, beta=beta)
    check_eps(eps)
    check_momentum(momentum)
    _check_limits(r_max, d_max)
    s = statistics(x.shape, "batch")
    mu, sigma = running_mean.view(s.shape), running_std.view(s.shape)
    if not training:
        return scale_shift((x - mu) / sigma, gamma, beta)
    if s.count == 0:
        return scale_shift(x, gamma, beta)
    check_more_than_one_value(x, s.count)
    x_hat, mu_B, var_B = normalize(x, s.reduced, eps)
    sigma_B = torch.sqrt(var_B + eps)
    with torch.no_grad():
        r = (sigma_B / sigma).clamp(1 / r_max, r_max)
        d = ((mu_B - mu) / sigma).clamp(-d_max, d_max)
    y = scale_shift((x_hat * r + d).to(x.dtype), gamma, beta)
    move_toward(running_mean, mu_B, momentum)
    move_toward(running_std, sigma_B, momentum)
    return y


def _check_limits(r_max: float, d_max: float) -> None:
    if not r_max >= 1:
        raise ValueError(f"r_max={r_max} is below 1 and forbids r = 1; try 1 for no correction, or 3")
    if not d_max >= 0:
        raise ValueError(f"d_max={d_max} is below 0 and forbids d = 0; try 0 for no correction, or 5")


@dataclass(frozen=True)
class ClipSchedule:
    """How far the correction may go after a number of batches: none at first, then more and more.

    Early running statistics are wrong, so the paper trains with batch normalization alone, and then
    relaxes both limits in a straight line. The defaults are the paper's.

    Attributes:
        warmup: Batches without correction.
        r_until: Batch at which the limit of r reaches `r_max`.
        d_until: Batch at which the limit of d reaches `d_max`.
        r_max: Last limit of r.
        d_max: Last limit of d.

    Source:
        Ioffe, Batch Renormalization (2017), section 4.
    """

    warmup: int = 5_000
    r_until: int = 40_000
    d_until: int = 25_000
    r_max: float = 3.0
    d_max: float = 5.0

    def __post_init__(self) -> None:
        _check_limits(self.r_max, self.d_max)
        for name, until in (("r_until", self.r_until), ("d_until", self.d_until)):
            if until <= self.warmup:
                raise ValueError(
                    f"{name}={until} is not after warmup={self.warmup}; try {self.warmup + 1} for a jump"
                )

    def __call__(self, batches: int) -> tuple[float, float]:
        """Return the limits (r_max, d_max) after this many batches."""
        r_share = _ramp(batches, self.warmup, self.r_until)
        d_share = _ramp(batches, self.warmup, self.d_until)
        return 1 + r_share * (self.r_max - 1), d_share * self.d_max


def _ramp(step: int, start: int, end: int) -> float:
    return min(max((step - start) / (end - start), 0.0), 1.0)


class BatchRenorm(nn.Module):
    """Batch renormalization that remembers: `batch_renorm` with its parameters and running statistics.

    What it learns is a scale and a shift for each channel, as `BatchNorm` does. The r and d are
    computed, not learned.

    Args:
        num_features: C.
        eps: Added to the variance.
        momentum: Share of the newest batch in the running statistics.
        affine: Whether to learn a scale and a shift for each channel.
        schedule: The limits (r_max, d_max) for a number of batches seen. `lambda _: (3.0, 5.0)` is a
            schedule too.
    """

    @typed
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.01,
        affine: bool = True,
        schedule: Callable[[int], tuple[float, float]] = ClipSchedule(),
    ):
        super().__init__()
        self.num_features, self.eps, self.momentum, self.schedule = num_features, eps, momentum, schedule
        self.weight = nn.Parameter(torch.ones(num_features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_features)) if affine else None
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_std", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: Float[Tensor, "N C *S"]) -> Float[Tensor, "N C *S"]:
        state = (self.running_mean, self.running_std, self.weight, self.bias)
        if not self.training:
            return batch_renorm(x, *state, training=False, eps=self.eps)
        r_max, d_max = self.schedule(int(self.num_batches_tracked))
        y = batch_renorm(
            x, *state, training=True, r_max=r_max, d_max=d_max, momentum=self.momentum, eps=self.eps
        )
        self.num_batches_tracked += 1
        return y

    def extra_repr(self) -> str:
        affine = self.weight is not None
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={affine}"
