"""Pooling: one number for each window of each map, its largest or its mean. Nothing is learned."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dlsteps.nn.checks import typed
from dlsteps.nn.convolution.checks import check_images
from dlsteps.nn.convolution.geometry import Size, Window, pad, window, windows


class MaxPooled(NamedTuple):
    """The largest numbers, and where they stood.

    Attributes:
        values: (N, C, Ho, Wo).
        indices: (N, C, Ho, Wo), the winning cell of the input map, counted row by row: h·W + w.
    """

    values: Float[Tensor, "N C Ho Wo"]
    indices: Int[Tensor, "N C Ho Wo"]


def max_pool2d(
    x: Float[Tensor, "N C H W"],
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    dilation: Size = 1,
) -> MaxPooled:
    r"""Keep the largest number of each window: $y_{ncij} = \max_{u,v} x_{nc,\; is-p+du,\; js-p+dv}$.

    Padding never wins. Of equal numbers the first wins (row by row, as in torch), and it alone gets the
    gradient. A NaN wins over every number.

    Args:
        x: Input.
        kernel_size: k.
        stride: s; None for k, so that windows do not overlap.
        padding: p, at most half the kernel, as in torch.
        dilation: d.

    Returns:
        The values and the indices of the winners.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `x` is not four-dimensional, the window does not fit, the padding is too wide, or
            a dilated window steps over a small image (torch answers -inf at a cell that is not there).
    """
    check_images(x)
    w = window(kernel_size, kernel_size if stride is None else stride, padding, dilation)
    _check_padding(w)
    N, C, H, W = x.shape
    Ho, Wo = w.output_size((H, W))
    numbers = torch.arange(H * W, device=x.device).view(1, 1, H, W)
    cells = windows(pad(numbers, w, value=-1), w).flatten(4)  # (1, 1, Ho, Wo, K); -1 is padding
    first = cells.masked_fill(cells < 0, H * W).amin(4)
    _check_every_window_reads_a_cell(first, H * W, w)
    seen = windows(pad(x.detach(), w, value=-torch.inf), w).flatten(4)  # (N, C, Ho, Wo, K)
    indices = cells.expand_as(seen).gather(4, seen.argmax(4, keepdim=True)).squeeze(4)
    # Where all cells are -inf, padding ties with them; then the first true cell wins.
    indices = torch.where(indices < 0, first, indices)
    values = x.flatten(2).gather(2, indices.flatten(2)).view(N, C, Ho, Wo)
    return MaxPooled(values, indices)


def avg_pool2d(
    x: Float[Tensor, "N C H W"],
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    count_include_pad: bool = True,
) -> Float[Tensor, "N C Ho Wo"]:
    r"""Take the mean of each window: $y_{ncij} = \frac{1}{k_H k_W} \sum_{u,v} x_{nc,\; is-p+u,\; js-p+v}$.

    Args:
        x: Input.
        kernel_size: k.
        stride: s; None for k, so that windows do not overlap.
        padding: p, at most half the kernel.
        count_include_pad: Whether zeros of the padding count in the mean, as they do in torch. They make
            the border darker. False divides by the number of true cells.

    Returns:
        Output maps.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `x` is not four-dimensional, the window does not fit, or the padding is too wide.
    """
    check_images(x)
    w = window(kernel_size, kernel_size if stride is None else stride, padding)
    _check_padding(w)
    w.output_size(x.shape[2:])
    mean = windows(pad(x, w), w).mean((4, 5))
    if count_include_pad:
        return mean
    true_share = windows(pad(torch.ones_like(x[:1, :1]), w), w).mean((4, 5))
    return mean / true_share


def global_avg_pool(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C"]:
    """Take the mean of every map: one number for each channel, whatever the size of the image.

    Args:
        x: Input.

    Returns:
        One number for each map.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `x` is not four-dimensional, or its maps have no cell.

    Source:
        Lin, Chen and Yan, Network In Network (2014), section 3.2.
    """
    _check_not_empty(x)
    return x.mean((2, 3))


def global_max_pool(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C"]:
    """Take the largest number of every map; of equal ones the first gets the gradient.

    Args:
        x: Input.

    Returns:
        One number for each map.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `x` is not four-dimensional, or its maps have no cell.
    """
    _check_not_empty(x)
    return max_pool2d(x, tuple(x.shape[2:])).values.flatten(1)


class MaxPool2d(nn.Module):
    """`max_pool2d` as a layer that returns the values alone.

    Args:
        kernel_size: (kH, kW), or one number for both.
        stride: From one window to the next; None for the kernel, so that windows do not overlap.
        padding: Cells added at each border, which never win; at most half the kernel.
        dilation: From one cell of a window to the next.

    Raises:
        TypeError: If something is not a whole number, or a pair of them.
        ValueError: If a number is out of range.
    """

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, dilation: Size = 1):
        super().__init__()
        self.window = window(kernel_size, kernel_size if stride is None else stride, padding, dilation)
        _check_padding(self.window)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C Ho Wo"]:
        w = self.window
        return max_pool2d(x, w.kernel, w.stride, w.padding, w.dilation).values

    def extra_repr(self) -> str:
        w = self.window
        return f"kernel_size={w.kernel}, stride={w.stride}, padding={w.padding}, dilation={w.dilation}"


class AvgPool2d(nn.Module):
    """`avg_pool2d` as a layer.

    Args:
        kernel_size: (kH, kW), or one number for both.
        stride: From one window to the next; None for the kernel, so that windows do not overlap.
        padding: Zeros added at each border; at most half the kernel.
        count_include_pad: Whether these zeros count in the mean, as they do in torch.

    Raises:
        TypeError: If something is not a whole number, or a pair of them.
        ValueError: If a number is out of range.
    """

    @typed
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        count_include_pad: bool = True,
    ):
        super().__init__()
        self.window = window(kernel_size, kernel_size if stride is None else stride, padding)
        _check_padding(self.window)
        self.count_include_pad = count_include_pad

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N C Ho Wo"]:
        w = self.window
        return avg_pool2d(x, w.kernel, w.stride, w.padding, self.count_include_pad)

    def extra_repr(self) -> str:
        w = self.window
        return (
            f"kernel_size={w.kernel}, stride={w.stride}, padding={w.padding}, "
            f"count_include_pad={self.count_include_pad}"
        )


def _check_padding(w: Window) -> None:
    for p, k in zip(w.padding, w.kernel, strict=True):
        if 2 * p > k:
            raise ValueError(
                f"padding={p} is more than half of kernel_size={k}, and a window could read padding alone; "
                f"try padding={k // 2} or less"
            )


def _check_every_window_reads_a_cell(first: Tensor, cells: int, w: Window) -> None:
    if bool((first == cells).any()):
        raise ValueError(
            f"a window with dilation={w.dilation} reads padding={w.padding} alone; "
            "try less of either, or a larger image"
        )


def _check_not_empty(x: Tensor) -> None:
    check_images(x)
    if 0 in x.shape[2:]:
        raise ValueError(f"x of shape {tuple(x.shape)} has maps without a cell; try an image of 1×1 or more")
