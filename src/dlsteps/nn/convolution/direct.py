"""Convolution as it is defined: one output cell at a time, its window times the kernel, summed."""

from itertools import product
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.convolution.checks import check_convolution
from dlsteps.nn.convolution.geometry import Size, pad, window, windows


def conv2d_direct(
    x: Float[Tensor, "N C H W"],
    weight: Float[Tensor, "D Cg kH kW"],
    bias: Float[Tensor, " D"] | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Float[Tensor, "N D Ho Wo"]:
    r"""Convolve by the definition: a loop over output cells, for reading.

    $y_{noij} = b_o + \sum_{c,u,v} K_{ocuv} \, x_{n,\; g C/G + c,\; is - p + du,\; js - p + dv}$, with
    $g = \lfloor o \, G / D \rfloor$ the group of output channel o, and x = 0 outside the image. As in
    torch the kernel is not flipped, so mathematicians call this a cross-correlation.

    Args:
        x: Input.
        weight: Kernel K, where Cg = C/G.
        bias: b, one for each output channel; None for 0.
        stride: s, from one window to the next.
        padding: p, zeros added at each border.
        dilation: d, from one cell of a window to the next.
        groups: G. Output channels read the input channels of their own group alone.

    Returns:
        Output maps.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, G does not divide C and D, or the kernel is larger than
            the padded input.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), equations 9.7 and 9.8.
    """
    check_convolution(x, weight, bias, groups)
    w = window(weight.shape[2:], stride, padding, dilation)
    N, (D, Cg) = len(x), weight.shape[:2]
    Ho, Wo = w.output_size(x.shape[2:])
    read = windows(pad(x, w), w)
    cells = []
    for o, i, j in product(range(D), range(Ho), range(Wo)):
        first = o // (D // groups) * Cg
        cells.append((read[:, first : first + Cg, i, j] * weight[o]).sum((1, 2, 3)))
    y = torch.stack(cells, dim=1).view(N, D, Ho, Wo)
    return y if bias is None else y + bias.view(D, 1, 1)


class OutputCell(NamedTuple):
    """How one number of the output came about.

    Attributes:
        channels: The input channels it reads.
        rows: The input rows it reads; those outside 0 … H - 1 are padding.
        columns: The input columns it reads; those outside 0 … W - 1 are padding.
        window: (C/G, kH, kW), what stands there.
        products: (C/G, kH, kW), the window times the kernel.
        bias: The bias that is added, 0 if there is none.
        value: The sum of the products and the bias.
    """

    channels: tuple[int, ...]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    window: Tensor
    products: Tensor
    bias: Tensor
    value: Tensor


def output_cell(
    x: Float[Tensor, "N C H W"],
    weight: Float[Tensor, "D Cg kH kW"],
    bias: Float[Tensor, " D"] | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
    *,
    cell: tuple[int, int, int, int],
) -> OutputCell:
    """Compute the output cell (n, o, i, j) alone, and return every step of it.

    Args:
        x: Input.
        weight: Kernel.
        bias: One number for each output channel; None for 0.
        stride: From one window to the next.
        padding: Zeros added at each border.
        dilation: From one cell of a window to the next.
        groups: G.
        cell: Sample n, output channel o, row i and column j of the output, each counted from 0.

    Returns:
        An `OutputCell`.

    Raises:
        TypeError: As `conv2d_direct`.
        ValueError: As `conv2d_direct`.
        IndexError: If the output has no such cell.
    """
    check_convolution(x, weight, bias, groups)
    w = window(weight.shape[2:], stride, padding, dilation)
    shape = (len(x), len(weight), *w.output_size(x.shape[2:]))
    if len(cell) != 4 or not all(0 <= index < size for index, size in zip(cell, shape, strict=True)):
        raise IndexError(
            f"cell={tuple(cell)} is not in the output of shape {shape}; try (n, o, i, j), each counted from 0"
        )
    n, o, i, j = cell
    Cg = weight.shape[1]
    first = o // (len(weight) // groups) * Cg
    patch = windows(pad(x, w), w)[n, first : first + Cg, i, j]
    products = patch * weight[o]
    b = x.new_zeros(()) if bias is None else bias[o]
    rows, columns = w.reads(i, j)
    return OutputCell(tuple(range(first, first + Cg)), rows, columns, patch, products, b, products.sum() + b)
