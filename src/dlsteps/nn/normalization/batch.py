"""Batch normalization: the average book. One mean for each channel, over all samples and positions."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_channels, check_eps, check_momentum, check_ndim, typed
from dlsteps.nn.normalization.axes import normalize, scale_shift, statistics


def batch_norm(
    x: Float[Tensor, "N C *S"],
    running_mean: Float[Tensor, " C"] | None = None,
    running_var: Float[Tensor, " C"] | None = None,
    gamma: Float[Tensor, " C"] | None = None,
    beta: Float[Tensor, " C"] | None = None,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Float[Tensor, "N C *S"]:
    r"""Normalize each channel by the statistics of the batch, or by those gathered in training.

    $y = \gamma_c \, (x - \mu_c) / \sqrt{\sigma_c^2 + \varepsilon} + \beta_c$. In training $\mu_c$ and
    $\sigma_c^2$ average the N·H·W numbers of channel c in this batch, and the running statistics move
    toward them in place, by the share `momentum`. Otherwise they are the running statistics.

    As in torch, `x` is divided by the biased variance (count m), and the running variance gathers the
    unbiased one (count m - 1). An empty batch gives an empty result and moves nothing.

    Args:
        x: Input (N, C) or (N, C, ...).
        running_mean: Mean of each channel so far; None gathers nothing.
        running_var: Variance of each channel so far; None gathers nothing.
        gamma: $\gamma$; None for 1.
        beta: $\beta$; None for 0.
        training: True takes the statistics of this batch. It is never guessed from the gradient mode.
        momentum: Share of this batch in the new running statistics.
        eps: $\varepsilon$, added to the variance.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, if a number is out of range, if a channel has one single
            value in training, or if running statistics are missing outside training.

    Source:
        Ioffe and Szegedy, Batch Normalization (2015), algorithms 1 and 2.
    """
    check_channels(x, running_mean=running_mean, running_var=running_var, gamma=gamma, beta=beta)
    check_momentum(momentum)
    if training:
        x_hat = _by_batch(x, running_mean, running_var, momentum, eps)
    else:
        x_hat = _by_running(x, running_mean, running_var, eps)
    return scale_shift(x_hat, gamma, beta)


def _by_batch(
    x: Tensor, running_mean: Tensor | None, running_var: Tensor | None, momentum: float, eps: float
) -> Tensor:
    s = statistics(x.shape, "batch")
    check_more_than_one_value(x, s.count)
    x_hat, mean, var = normalize(x, s.reduced, eps)
    if s.count:
        move_toward(running_mean, mean, momentum)
        move_toward(running_var, var * (s.count / (s.count - 1)), momentum)
    return x_hat


def _by_running(x: Tensor, running_mean: Tensor | None, running_var: Tensor | None, eps: float) -> Tensor:
    if running_mean is None or running_var is None:
        raise ValueError(
            "running_mean or running_var is None, but training=False needs both; try training=True"
        )
    check_eps(eps)
    shape = statistics(x.shape, "batch").shape
    return (x - running_mean.view(shape)) / torch.sqrt(running_var.view(shape) + eps)


def check_more_than_one_value(x: Tensor, count: int) -> None:
    """Refuse to train on one value a channel: its variance is 0, and the output 0 whatever it was."""
    if count == 1:
        raise ValueError(
            f"x of shape {tuple(x.shape)} has 1 value per channel, and training needs more than 1; "
            "try a larger batch, layer.eval(), or a norm that does not mix samples"
        )


@torch.no_grad()
def move_toward(running: Tensor | None, value: Tensor, momentum: float) -> None:
    """Move a running statistic in place: `running` becomes (1 - momentum)·running + momentum·value."""
    if running is not None:
        running.lerp_(value.flatten().to(running.dtype), momentum)


class BatchNorm(nn.Module):
    """Batch normalization that remembers: `batch_norm` with its parameters and running statistics.

    Args:
        num_features: C.
        eps: Added to the variance.
        momentum: Share of the newest batch in the running statistics; None averages all batches
            alike (batch k gets the share 1/k).
        affine: Whether to learn a scale and a shift for each channel.

    Parameters and buffers have torch's names, so that a `state_dict` goes both ways.
    """

    ndims: tuple[int, ...] = ()  # how many axes x may have; empty for any number from 2 up

    @typed
    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True
    ):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight = nn.Parameter(torch.ones(num_features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_features)) if affine else None
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: Float[Tensor, "N C *S"]) -> Float[Tensor, "N C *S"]:
        check_ndim(x, self.ndims, type(self).__name__)
        state = (self.running_mean, self.running_var, self.weight, self.bias)
        if not self.training:
            return batch_norm(x, *state, training=False, eps=self.eps)
        momentum = self.momentum
        if momentum is None:
            momentum = 1 / (int(self.num_batches_tracked) + 1)
        y = batch_norm(x, *state, training=True, momentum=momentum, eps=self.eps)
        self.num_batches_tracked += 1
        return y

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.weight is not None}"
        )


class BatchNorm1d(BatchNorm):
    """`BatchNorm` for feature vectors (N, C) and sequences (N, C, L)."""

    ndims = (2, 3)


class BatchNorm2d(BatchNorm):
    """`BatchNorm` for images (N, C, H, W)."""

    ndims = (4,)
