"""How far a cell sees: the inputs it could read by the formula, and those that its gradient reaches."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.convolution.checks import check_images
from dlsteps.nn.convolution.geometry import window


class Layer(NamedTuple):
    """A convolution or a pooling along one axis.

    Attributes:
        kernel: k.
        stride: s.
        dilation: d.
        padding: p.
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    padding: int = 0


class Field(NamedTuple):
    """What the cells of one layer see of the input, along one axis.

    Attributes:
        size: r, how many input cells lie between the first and the last that a cell sees, both counted.
        jump: j, how many input cells it is from the field of one cell to the field of the next.
        start: Where the field of cell 0 begins; below 0 is padding.
    """

    size: int
    jump: int
    start: int

    def cells(self, i: int, n: int) -> range:
        """Return the cells from 0 to n - 1 of the input that lie in the field of cell i."""
        first = self.start + i * self.jump
        return range(min(max(first, 0), n), min(max(first + self.size, 0), n))


def receptive_field(layers: Sequence[Layer | tuple[int, ...]]) -> list[Field]:
    r"""Follow the receptive field through a stack, layer by layer.

    From $r_0 = 1$, $j_0 = 1$, $a_0 = 0$:
    $r_l = r_{l-1} + d_l (k_l - 1) \, j_{l-1}$, $j_l = s_l \, j_{l-1}$, $a_l = a_{l-1} - p_l \, j_{l-1}$.

    So a stride makes all later kernels reach further, but not its own.

    Args:
        layers: The stack from the input on, each a `Layer` or a tuple (k, s, d, p).

    Returns:
        The field after each layer.

    Raises:
        TypeError: If something is not a whole number.
        ValueError: If a kernel, a stride or a dilation is below 1, or a padding below 0.

    Source:
        Araujo, Norris and Sim, Computing Receptive Fields of Convolutional Neural Networks (2019).
    """
    fields, field = [], Field(size=1, jump=1, start=0)
    for k, s, d, p in (Layer(*layer) for layer in layers):
        window(k, s, p, d)
        field = Field(
            size=field.size + d * (k - 1) * field.jump,
            jump=s * field.jump,
            start=field.start - p * field.jump,
        )
        fields.append(field)
    return fields


class GradientSupport(NamedTuple):
    """Where one output cell's gradient is not zero.

    Attributes:
        gradient: (H, W), the size of the gradient at each input cell, summed over channels and samples.
        rows: From the first row with a gradient to the last.
        columns: From the first column with a gradient to the last.
    """

    gradient: Tensor
    rows: range
    columns: range


def gradient_support(
    network: Callable[[Tensor], Tensor], x: Float[Tensor, "N C H W"], cell: tuple[int, int]
) -> GradientSupport:
    r"""Measure which inputs move an output: $\sum_{n,c} | \partial \sum_o y_{noij} / \partial x_{nchw} |$.

    A path through a ReLU that is off, or a cell that lost to a larger one in max pooling, carries no
    gradient for this `x`. So the support may be smaller than the receptive field, and never larger. That of
    a network that does not look at `x` is empty.

    Args:
        network: Takes (N, C, H, W) to (N, D, Ho, Wo), each sample on its own.
        x: Images to measure at.
        cell: (i, j) of the output.

    Returns:
        The gradient, and the rows and columns that it spans; empty ranges where it is zero everywhere.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `x` or the output is not four-dimensional.
        IndexError: If the output has no such cell.
    """
    check_images(x)
    x = x.detach().clone().requires_grad_()
    y = network(x)
    check_images(y, "the network's output")
    if not all(0 <= index < size for index, size in zip(cell, y.shape[2:], strict=True)):
        raise IndexError(f"cell={tuple(cell)} is not in the output of {tuple(y.shape[2:])}; count from 0")
    i, j = cell
    gradient = torch.zeros_like(x)
    if y.requires_grad:
        (gradient,) = torch.autograd.grad(y[:, :, i, j].sum(), x, materialize_grads=True)
    gradient = gradient.abs().sum((0, 1))
    return GradientSupport(gradient, _span(gradient.sum(1)), _span(gradient.sum(0)))


def _span(along: Tensor) -> range:
    reached = along.nonzero().flatten().tolist()
    return range(reached[0], reached[-1] + 1) if reached else range(0)


def effective_cells(gradient: Float[Tensor, "H W"], share: float = 0.9545) -> int:
    """Count the cells that carry most of a gradient: the fewest that hold this share of its sum.

    The receptive field counts all alike; but the middle is reached on many paths and the border on few.
    The square root of this count compares with the side of the field.

    Args:
        gradient: Sizes of a gradient, 0 or more, as `gradient_support` gives them.
        share: Above 0 and up to 1. The default is what two standard deviations hold of a normal curve.

    Returns:
        A number of cells; 0 where the gradient is zero everywhere.

    Raises:
        ValueError: If the share is out of range, or a size is below 0 or not finite.

    Source:
        Luo et al., Understanding the Effective Receptive Field (2016), who count the cells above a threshold
        instead.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share={share} is not above 0 and up to 1; try 0.9545")
    sizes = gradient.double().flatten().sort(descending=True).values
    if not bool(sizes.isfinite().all()) or bool((sizes < 0).any()):
        raise ValueError("gradient holds sizes below 0, NaN or infinity; try gradient.abs() of a finite one")
    held = sizes.cumsum(0)
    enough = share * held[-1:]
    return int(((held - sizes) < enough).sum())
