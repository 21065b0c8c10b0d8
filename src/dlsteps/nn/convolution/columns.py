"""Convolution as it is run: every window becomes a column, and all cells come from one matrix product."""

from itertools import product
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.checks import check_axes
from dlsteps.nn.convolution.checks import check_convolution, check_images
from dlsteps.nn.convolution.geometry import Size, Window, pad, window, windows


def im2col(x: Float[Tensor, "N C H W"], w: Window) -> Float[Tensor, "N CK P"]:
    """Copy every window into a column: K = kH·kW numbers of each channel, P = Ho·Wo windows.

    A number is copied once for each window that reads it, up to K times.

    Args:
        x: Input.
        w: The window.

    Returns:
        Columns, in the order (c, u, v) from top to bottom and (i, j) from left to right.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `x` is not four-dimensional, or the window is larger than the padded input.
    """
    check_images(x)
    N, C, H, W = x.shape
    kH, kW = w.kernel
    Ho, Wo = w.output_size((H, W))
    columns = windows(pad(x, w), w).permute(0, 1, 4, 5, 2, 3)  # (N, C, kH, kW, Ho, Wo)
    return columns.reshape(N, C * kH * kW, Ho * Wo)


def col2im(columns: Float[Tensor, "N CK P"], size: tuple[int, int], w: Window) -> Float[Tensor, "N C H W"]:
    """Add every column back to the cells it was copied from: the transpose of `im2col`.

    Args:
        columns: As `im2col` gives them.
        size: (H, W) of the image.
        w: The window.

    Returns:
        Image, in which each cell is the sum over all windows that read it.

    Raises:
        ValueError: If the columns are not those of such an image.
    """
    check_axes(columns, "N, C·kH·kW, Ho·Wo", "columns")
    (H, W), (kH, kW), (pH, pW) = size, w.kernel, w.padding
    (sH, sW), (dH, dW) = w.stride, w.dilation
    Ho, Wo = w.output_size(size)
    N, C = len(columns), columns.shape[1] // (kH * kW)
    if columns.shape[1:] != (C * kH * kW, Ho * Wo):
        raise ValueError(
            f"columns of shape {tuple(columns.shape)} do not hold {kH * kW} numbers of each channel for "
            f"{Ho * Wo} windows; try the size and the window that they were made with"
        )
    taps = columns.view(N, C, kH, kW, Ho, Wo)
    padded = columns.new_zeros(N, C, H + 2 * pH, W + 2 * pW)
    for u, v in product(range(kH), range(kW)):
        rows = slice(u * dH, u * dH + (Ho - 1) * sH + 1, sH)
        cols = slice(v * dW, v * dW + (Wo - 1) * sW + 1, sW)
        padded[:, :, rows, cols] += taps[:, :, u, v]
    return padded[:, :, pH : pH + H, pW : pW + W]


def conv2d(
    x: Float[Tensor, "N C H W"],
    weight: Float[Tensor, "D Cg kH kW"],
    bias: Float[Tensor, " D"] | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Float[Tensor, "N D Ho Wo"]:
    r"""Convolve by one matrix product for each group: $Y = K X_{col} + b$.

    The kernel is laid out as (D, C/G·kH·kW), a row for each output channel; $X_{col}$ is `im2col` of the
    input. The result is that of `conv2d_direct`. The backward pass is `conv2d_backward`.

    Args:
        x: Input.
        weight: Kernel K, where Cg = C/G.
        bias: b, one for each output channel; None for 0.
        stride: From one window to the next.
        padding: Zeros added at each border.
        dilation: From one cell of a window to the next.
        groups: G. Output channels read the input channels of their own group alone.

    Returns:
        Output maps.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, G does not divide C and D, or the kernel is larger than
            the padded input.

    Source:
        Chellapilla, Puri and Simard, High Performance Convolutional Neural Networks for Document
        Processing (2006), where the columns are rows.
    """
    check_convolution(x, weight, bias, groups)
    w = window(weight.shape[2:], stride, padding, dilation)
    w.output_size(x.shape[2:])
    y = _Convolution.apply(x, weight, w, groups)
    return y if bias is None else y + bias.view(-1, 1, 1)


class ConvGradients(NamedTuple):
    """The gradients of a loss by what went into a convolution.

    Attributes:
        x: By the input, in its shape.
        weight: By the kernel, in its shape.
        bias: By the bias, (D,).
    """

    x: Tensor
    weight: Tensor
    bias: Tensor


def conv2d_backward(
    grad_y: Float[Tensor, "N D Ho Wo"],
    x: Float[Tensor, "N C H W"],
    weight: Float[Tensor, "D Cg kH kW"],
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> ConvGradients:
    r"""Send a gradient back through `conv2d`.

    $\partial L/\partial K = \sum_n \partial L/\partial Y \; X_{col}^\top$,
    $\partial L/\partial X_{col} = K^\top \, \partial L/\partial Y$ and then `col2im`,
    $\partial L/\partial b$ sums over samples and positions.

    Args:
        grad_y: $\partial L/\partial y$.
        x: What went forward.
        weight: Kernel K.
        stride: As forward.
        padding: As forward.
        dilation: As forward.
        groups: As forward.

    Returns:
        Gradients in the shapes of `x`, `weight` and the bias.

    Raises:
        TypeError: As `conv2d`.
        ValueError: As `conv2d`, or if `grad_y` is not in the shape of the output.
    """
    check_convolution(x, weight, None, groups)
    w = window(weight.shape[2:], stride, padding, dilation)
    expected = (len(x), len(weight), *w.output_size(x.shape[2:]))
    if tuple(grad_y.shape) != expected:
        raise ValueError(f"grad_y has shape {tuple(grad_y.shape)}, but the output has {expected}; try that")
    return ConvGradients(
        _gradient_of_input(grad_y, weight, tuple(x.shape[2:]), w, groups),
        _gradient_of_weight(grad_y, x, w, groups),
        grad_y.sum((0, 2, 3)),
    )


def _columns_by_group(x: Tensor, w: Window, groups: int) -> Tensor:
    columns = im2col(x, w)
    N, CK, P = columns.shape
    return columns.view(N, groups, CK // groups, P)


def _output(x: Tensor, weight: Tensor, w: Window, groups: int) -> Tensor:
    rows = weight.reshape(groups, len(weight) // groups, -1)  # (G, D/G, C/G·K)
    y = rows @ _columns_by_group(x, w, groups)  # (N, G, D/G, P)
    return y.view(len(x), len(weight), *w.output_size(x.shape[2:]))


def _gradient_of_input(
    grad_y: Tensor, weight: Tensor, size: tuple[int, int], w: Window, groups: int
) -> Tensor:
    N, D, Ho, Wo = grad_y.shape
    rows = weight.reshape(groups, D // groups, -1)
    grad_columns = rows.mT @ grad_y.reshape(N, groups, D // groups, Ho * Wo)  # (N, G, C/G·K, P)
    return col2im(grad_columns.flatten(1, 2), size, w)


def _gradient_of_weight(grad_y: Tensor, x: Tensor, w: Window, groups: int) -> Tensor:
    N, D, Ho, Wo = grad_y.shape
    by_group = grad_y.reshape(N, groups, D // groups, Ho * Wo)
    grad_rows = (by_group @ _columns_by_group(x, w, groups).mT).sum(0)  # (G, D/G, C/G·K)
    return grad_rows.view(D, x.shape[1] // groups, *w.kernel)


class _Convolution(torch.autograd.Function):
    """Tell autograd which backward pass belongs to the matrix product over columns.

    The columns are copied again on the way back, not kept: they are up to kH·kW times the input.
    """

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor, w: Window, groups: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.w, ctx.groups = w, groups
        return _output(x, weight, w, groups)

    @staticmethod
    def backward(ctx, grad_y: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        of_x, of_weight, *_ = ctx.needs_input_grad
        return (
            _gradient_of_input(grad_y, weight, tuple(x.shape[2:]), ctx.w, ctx.groups) if of_x else None,
            _gradient_of_weight(grad_y, x, ctx.w, ctx.groups) if of_weight else None,
            None,
            None,
        )
