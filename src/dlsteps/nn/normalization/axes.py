"""Which numbers share a mean: the one idea behind every normalization.

Batch, layer, instance, group and token normalization are the same formula. They differ in the axes
that the mean and the variance average away, and in nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dlsteps.nn.checks import check_divides, check_eps, check_floating

Kind = Literal["batch", "layer", "instance", "group", "token"]
KINDS = get_args(Kind)


@dataclass(frozen=True)
class Statistics:
    """Which cells of a tensor share one mean and one variance.

    For `x` of shape (N, C, H, W):

    | kind | one statistic for each | `reduced` | `shape` | `count` |
    | --- | --- | --- | --- | --- |
    | batch | channel c | 0, 2, 3 | (1, C, 1, 1) | N·H·W |
    | layer | sample n | 1, 2, 3 | (N, 1, 1, 1) | C·H·W |
    | instance | (n, c) | 2, 3 | (N, C, 1, 1) | H·W |
    | group | (n, c // (C/G)) | 2, 3, 4 of the view | (N, G, 1, 1) | C/G·H·W |
    | token | (n, h, w) | 1 | (N, 1, H, W) | C |

    Attributes:
        kind: One of `KINDS`.
        input_shape: The shape of `x`.
        view: The shape in which `x` is averaged. It is `input_shape`, but for group, where the channel
            axis is split in two: (N, G, C/G, H, W). There a booklet is an axis of its own.
        reduced: The axes of `view` that are averaged away.
        shape: The shape of the statistics with the axes of `x`: 1 where an axis is averaged away, and
            G in the place of C for group. (`mean(reduced, keepdim=True)` of the group view has one
            axis of length 1 more, after G.)
    """

    kind: Kind
    input_shape: tuple[int, ...]
    view: tuple[int, ...]
    reduced: tuple[int, ...]
    shape: tuple[int, ...]

    @property
    def number(self) -> int:
        """How many statistics there are: one mean and one variance each."""
        return prod(self.shape)

    @property
    def count(self) -> int:
        """How many cells share one statistic."""
        return prod(self.view[axis] for axis in self.reduced)

    @property
    def needs_batch(self) -> bool:
        """Whether a statistic mixes samples."""
        return 0 in self.reduced

    @property
    def key(self) -> Int[np.ndarray, "..."]:
        """For each cell of `x`, the number of its statistic, counted in the order of `shape`.

        The numbers are laid out like the mean and broadcast like the mean. So two cells have the same
        key if, and only if, the same mean is subtracted from both.
        """
        keepdim = [1 if axis in self.reduced else size for axis, size in enumerate(self.view)]
        numbers = np.arange(self.number).reshape(keepdim)
        return np.broadcast_to(numbers, self.view).reshape(self.input_shape).copy()


def statistics(
    shape: Sequence[int], kind: Kind, groups: int | None = None, *, channel_axis: int = 1
) -> Statistics:
    """Say which cells of a tensor of this shape share a mean under one kind of normalization.

    Axis 0 counts samples, `channel_axis` counts channels, all others are positions (pixels, tokens).

    Args:
        shape: Shape of the input, two axes or more: (N, C), (N, C, L), (N, C, H, W), ...
        kind: One of `KINDS`.
        groups: G, a divisor of C; for "group" alone.
        channel_axis: 1 as in torch's convolutions; -1 for channels last, such as tokens (B, T, C).

    Returns:
        The axes, the counts and the key of every cell, as a `Statistics`.

    Raises:
        ValueError: For an unknown kind, fewer than two axes, channels on axis 0, or groups that do
            not divide the channels.
    """
    shape = tuple(map(int, shape))
    _check_axes(shape, kind, channel_axis)
    channel = channel_axis % len(shape)
    C, view = shape[channel], shape
    if kind == "group":
        check_groups(groups, C)
        view = (*shape[:channel], groups, C // groups, *shape[channel + 1 :])
    elif groups is not None:
        raise ValueError(f"groups={groups} has no meaning for kind {kind!r}; leave it out")
    kept = {
        "batch": (channel,),
        "layer": (0,),
        "instance": (0, channel),
        "group": (0, channel),  # of the view, where the channel axis counts booklets
        "token": tuple(axis for axis in range(len(shape)) if axis != channel),
    }[kind]
    return Statistics(
        kind=kind,
        input_shape=shape,
        view=view,
        reduced=tuple(axis for axis in range(len(view)) if axis not in kept),
        shape=tuple(view[axis] if axis in kept else 1 for axis in range(len(shape))),
    )


def _check_axes(shape: tuple[int, ...], kind: str, channel_axis: int) -> None:
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind!r}; try one of {', '.join(KINDS)}")
    ndim = len(shape)
    if ndim < 2:
        raise ValueError(
            f"shape {shape} has fewer than the two axes (N, C); try x.unsqueeze(0) for one sample"
        )
    if not -ndim < channel_axis < ndim or channel_axis == 0:
        raise ValueError(
            f"channel_axis={channel_axis} is not an axis after the samples of shape {shape}; "
            f"try 1 to {ndim - 1}, or -1 for the last"
        )


def check_groups(groups: int | None, C: int) -> None:
    """Require G to divide C, and list the divisors otherwise."""
    check_divides("num_groups", groups, "C", C)


class Normalized(NamedTuple):
    """A normalized tensor with the statistics it was made from, which keep the averaged axes as 1."""

    x_hat: Tensor
    mean: Tensor
    var: Tensor


def normalize(x: Float[Tensor, "*shape"], dim: Sequence[int], eps: float = 1e-5) -> Normalized:
    r"""Shift and scale to mean 0 and variance 1 along some axes.

    $\hat x = (x - \mu) / \sqrt{\sigma^2 + \varepsilon}$, with $\mu$ the mean along `dim` and
    $\sigma^2 = \text{mean}\,(x - \mu)^2$, divided by the count and not by one less.

    The variance takes a second pass. The short cut $E[x^2] - E[x]^2$ subtracts two large numbers that
    are nearly equal, and at mean 10,000 nothing true is left of it. Even the mean is rounded there, so
    what is averaged is $x$ less a first estimate of it. Half precision is computed in float32.

    Args:
        x: Any floating-point tensor.
        dim: The axes to average away; none leaves each number alone with itself.
        eps: $\varepsilon$, added to the variance: a constant input becomes 0, not NaN.

    Returns:
        `x_hat` in the shape and dtype of `x`, and the (biased) `mean` and `var` with `dim` kept as 1.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `eps` is not positive.
    """
    check_floating(x)
    check_eps(eps)
    dim = tuple(dim)
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    # A shift leaves the variance as it is, so the gradient need not know of it.
    shift = _mean(wide.detach(), dim)
    near = wide - shift
    delta = _mean(near, dim)
    centered = near - delta
    var = _mean(centered.square(), dim)
    x_hat = centered / torch.sqrt(var + eps)
    return Normalized(x_hat.to(x.dtype), shift + delta, var)


def _mean(x: Tensor, dim: tuple[int, ...]) -> Tensor:
    return x.mean(dim, keepdim=True) if dim else x  # torch takes no axes to mean all of them


def scale_shift(
    x_hat: Float[Tensor, "*shape"],
    gamma: Float[Tensor, " C"] | None,
    beta: Float[Tensor, " C"] | None,
    *,
    channel_axis: int = 1,
) -> Float[Tensor, "*shape"]:
    r"""Give every channel its learned scale and shift: $y = \gamma_c \hat x + \beta_c$.

    Args:
        x_hat: Normalized tensor with C entries on `channel_axis`.
        gamma: $\gamma$, one for each channel; None for 1.
        beta: $\beta$, one for each channel; None for 0.
        channel_axis: Where the channels are.

    Returns:
        Tensor in the shape of `x_hat`.
    """
    per_channel = [1] * x_hat.ndim
    per_channel[channel_axis] = x_hat.shape[channel_axis]
    y = x_hat
    if gamma is not None:
        y = y * gamma.view(per_channel)
    if beta is not None:
        y = y + beta.view(per_channel)
    return y
