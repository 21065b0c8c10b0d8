"""Two orders of the same axes: channels first, as in torch, and channels last, as in the notes.

NCHW is (sample, channel, row, column) and NHWC (sample, row, column, channel). A kernel is OIHW (output
channel, input channel, row, column) or HWIO.
"""

from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.checks import check_axes
from dlsteps.nn.convolution.checks import check_images
from dlsteps.nn.convolution.columns import conv2d
from dlsteps.nn.convolution.geometry import Size
from dlsteps.tensors import view_strides


def to_nchw(x: Float[Tensor, "N H W C"]) -> Float[Tensor, "N C H W"]:
    """Move the channels from the end to the front.

    Args:
        x: Maps, channels last.

    Returns:
        A view, channels first.

    Raises:
        ValueError: If x does not have four axes.
    """
    check_axes(x, "N, H, W, C")
    return x.permute(0, 3, 1, 2)


def to_nhwc(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N H W C"]:
    """Move the channels from the front to the end.

    Args:
        x: Maps, channels first.

    Returns:
        A view, channels last.

    Raises:
        ValueError: If x does not have four axes.
    """
    check_axes(x, "N, C, H, W")
    return x.permute(0, 2, 3, 1)


def to_oihw(weight: Float[Tensor, "H W I D"]) -> Float[Tensor, "D I H W"]:
    """Bring a channels-last kernel into torch's order.

    Args:
        weight: Kernel (kH, kW, C/G, D).

    Returns:
        A view in the order (D, C/G, kH, kW).

    Raises:
        ValueError: If weight does not have four axes.
    """
    check_axes(weight, "kH, kW, C/G, D", "weight")
    return weight.permute(3, 2, 0, 1)


def to_hwio(weight: Float[Tensor, "D I H W"]) -> Float[Tensor, "H W I D"]:
    """Bring torch's kernel into the channels-last order.

    Args:
        weight: Kernel (D, C/G, kH, kW).

    Returns:
        A view in the order (kH, kW, C/G, D).

    Raises:
        ValueError: If weight does not have four axes.
    """
    check_axes(weight, "D, C/G, kH, kW", "weight")
    return weight.permute(2, 3, 1, 0)


def depthwise_to_oihw(weight: Float[Tensor, "H W C M"]) -> Float[Tensor, "CM 1 H W"]:
    """Bring a channels-last depthwise kernel [K, K, C, M] into torch's order, for groups = C.

    M kernels read each channel: output channel c·M + m is kernel m of channel c. The notes have M = 1.

    Args:
        weight: Kernel [K, K, C, M].

    Returns:
        A kernel (C·M, 1, K, K).

    Raises:
        ValueError: If weight does not have four axes.
    """
    check_axes(weight, "K, K, C, M", "weight")
    return weight.permute(2, 3, 0, 1).flatten(0, 1).unsqueeze(1)


def conv2d_nhwc(
    x: Float[Tensor, "N H W C"],
    weight: Float[Tensor, "kH kW Cg D"],
    bias: Float[Tensor, " D"] | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Float[Tensor, "N Ho Wo D"]:
    """Convolve with the channels last: `conv2d` between two changes of layout.

    Args:
        x: Input, channels last.
        weight: Kernel (kH, kW, C/G, D).
        bias: One number for each output channel; None for 0.
        stride: From one window to the next.
        padding: Zeros added at each border.
        dilation: From one cell of a window to the next.
        groups: G.

    Returns:
        Output maps, channels last.

    Raises:
        TypeError: As `conv2d`.
        ValueError: As `conv2d`, or if an argument does not have four axes.
    """
    return to_nhwc(conv2d(to_nchw(x), to_oihw(weight), bias, stride, padding, dilation, groups))


def flatten(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N CHW"]:
    """Lay each sample out as one vector, channel by channel and row by row.

    It is a view where memory has that order, and a copy where it has not.

    Args:
        x: Maps.

    Returns:
        Vectors of C·H·W numbers: cell (c, h, w) stands at (c·H + h)·W + w.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `x` is not four-dimensional.
    """
    check_images(x)
    N, C, H, W = x.shape
    return x.reshape(N, C * H * W)


def flatten_view(x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N CHW"]:
    """Do what `flatten` does, without ever copying: `x.view(N, C * H * W)`.

    Args:
        x: Maps.

    Returns:
        A view of the memory of `x`.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If `x` is not four-dimensional, or its memory is in another order. That is so after
            a permutation, and for channels last.
    """
    check_images(x)
    N, C, H, W = x.shape
    if view_strides(x.shape, x.stride(), (N, C * H * W)) is None:
        raise ValueError(
            f"x of shape {tuple(x.shape)} has strides {x.stride()}, and a vector (c, h, w) of it is no view; "
            "try x.contiguous() first, or flatten(x), which copies"
        )
    return x.view(N, C * H * W)
