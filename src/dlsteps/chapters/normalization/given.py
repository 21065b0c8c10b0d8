"""What a reader hands to the explorer: a tensor, and the layer of their own that it goes through."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dlsteps.chapters.normalization.one_pass import EPS
from dlsteps.stage import to_display

KNOWN = (
    "BatchNorm1d, BatchNorm2d, InstanceNorm1d, InstanceNorm2d, GroupNorm or LayerNorm, torch's or the book's"
)


@dataclass(frozen=True)
class Given:
    """A tensor as books, and what a layer adds to it.

    Args:
        x: (N, C, H, W), float64.
        gamma, beta: the scale and shift, shaped to broadcast to `x`.
        norm: the only norm that is offered; "" for all.
        groups: of group norm.
        running: mean and variance of each channel, (C,) each, or None.
        eps: ε.
        training: whether the layer is in training mode.
    """

    x: Tensor
    gamma: Tensor
    beta: Tensor
    norm: str = ""
    groups: int = 1
    running: tuple[Tensor, Tensor] | None = None
    eps: float = EPS
    training: bool = True


def alone(x: Tensor, running: tuple[Tensor, Tensor] | None = None) -> Given:
    """A tensor without a layer: γ and β are chosen so that they can be told apart."""
    c = torch.arange(x.shape[1], dtype=torch.float64)
    gamma, beta = (1 + c % 3 / 2).reshape(1, -1, 1, 1), (c % 3 - 1).reshape(1, -1, 1, 1)
    return Given(x, gamma, beta, running=None if running is None else as_channels(running, x.shape[1]))


def through(x: Tensor, layer: nn.Module) -> Given:
    """A tensor and the layer that it goes through, with its parameters and buffers.

    Args:
        x: what the layer takes: (N, C), (N, C, L) or (N, C, H, W); for a layer norm of tokens (N, T, C).
        layer: a normalization layer.

    Raises:
        TypeError: the layer is none of those that are known.
        ValueError: the layer does not take a tensor of this shape.
    """
    norm = _kind(x, layer)
    try:
        with torch.no_grad():
            _frozen(layer)(x.detach().to(_dtype(layer, x)))
    except (RuntimeError, ValueError, TypeError) as error:
        message = str(error).splitlines()[0]
        raise ValueError(f"the layer does not take x of shape {tuple(x.shape)}: {message}") from None
    if norm == "Token":
        x = x.movedim(-1, 1)  # the explorer's pages are the features of a token
    books = as_books(x)
    weight, bias = (getattr(layer, name, None) for name in ("weight", "bias"))
    shape = books.shape[1:] if norm == "Layer" else (books.shape[1], 1, 1)
    gamma, beta = (
        torch.full((1, *shape), float(neutral), dtype=torch.float64)
        if value is None
        else torch.from_numpy(to_display(value)).reshape(1, *shape)
        for value, neutral in ((weight, 1), (bias, 0))
    )
    running = tuple(getattr(layer, name, None) for name in ("running_mean", "running_var"))
    kept = None if norm != "Batch" or running[0] is None else as_channels(running, books.shape[1])
    groups = getattr(layer, "num_groups", 1)
    return Given(books, gamma, beta, norm, groups, kept, float(layer.eps), layer.training)


def _kind(x: Tensor, layer: nn.Module) -> str:
    name = type(layer).__name__
    if name == "GroupNorm":
        return "Group"
    if name.startswith("InstanceNorm"):
        return "Instance"
    if name.startswith("BatchNorm") and name != "BatchNorm3d":
        return "Batch"
    if name == "LayerNorm":
        return "Layer" if len(layer.normalized_shape) == x.ndim - 1 > 1 else "Token"
    raise TypeError(f"layer is a {name}; give a {KNOWN}")


def _frozen(layer: nn.Module) -> nn.Module:
    """A copy in evaluation mode: asking a layer whether it takes a tensor must not move its statistics."""
    return copy.deepcopy(layer).eval()


def _dtype(layer: nn.Module, x: Tensor) -> torch.dtype:
    weight = getattr(layer, "weight", None)
    return x.dtype if weight is None else weight.dtype


def as_books(x: Tensor) -> Tensor:
    """A reader's tensor as (N, C, H, W), float64, detached."""
    values = torch.from_numpy(to_display(x, "x"))
    if not 2 <= values.ndim <= 4 or values.numel() == 0:
        raise ValueError(
            f"x has shape {tuple(values.shape)}; give (N, C), (N, C, L) or (N, C, H, W), no axis empty"
        )
    N, C, *rest = values.shape
    return values.reshape(N, C, *([1] * (2 - len(rest))), *rest)


def as_channels(running: tuple[Tensor, Tensor], C: int) -> tuple[Tensor, Tensor]:
    """A mean and a variance for each channel, float64, detached.

    Raises:
        TypeError: `running` is no pair.
        ValueError: a shape is not (C,), or a variance is negative.
    """
    if not isinstance(running, (tuple, list)) or len(running) != 2:
        raise TypeError(
            f"running is a {type(running).__name__}; give (mean, variance), or the whole layer as layer="
        )
    mean, var = (torch.from_numpy(to_display(value, "running")) for value in running)
    if mean.shape != (C,) or var.shape != (C,):
        raise ValueError(
            f"running has shapes {tuple(mean.shape)} and {tuple(var.shape)}; "
            f"give the mean and the variance of each of the {C} channels, ({C},) each"
        )
    if (var < 0).any():
        raise ValueError(f"running has a variance of {var.min():g}; a variance is 0 or more")
    return mean, var
