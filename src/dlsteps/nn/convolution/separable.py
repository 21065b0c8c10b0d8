"""Depthwise separable convolution: look around in each map alone, then mix the maps at each position."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_axes, typed
from dlsteps.nn.convolution.checks import check_images
from dlsteps.nn.convolution.columns import conv2d
from dlsteps.nn.convolution.geometry import Size
from dlsteps.nn.convolution.layer import Conv2d


def depthwise_conv2d(
    x: Float[Tensor, "N C H W"],
    weight: Float[Tensor, "C 1 kH kW"],
    bias: Float[Tensor, " C"] | None = None,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
) -> Float[Tensor, "N C Ho Wo"]:
    r"""Convolve every channel with a kernel of its own: as many groups as channels.

    $y_{ncij} = b_c + \sum_{u,v} \hat K_{cuv} \, x_{n,\; c,\; is - p + du,\; js - p + dv}$. No output channel
    reads another input channel.

    Args:
        x: Input.
        weight: $\hat K$, one kernel for each channel.
        bias: b; None for 0.
        stride: From one window to the next.
        padding: Zeros added at each border.
        dilation: From one cell of a window to the next.

    Returns:
        Output maps, as many as input maps.

    Raises:
        TypeError: As `conv2d`.
        ValueError: As `conv2d`, or if there is not one kernel for each channel.

    Source:
        Howard et al., MobileNets (2017), equation 3.
    """
    check_images(x)
    C = x.shape[1]
    if weight.ndim != 4 or tuple(weight.shape[:2]) != (C, 1):
        raise ValueError(
            f"weight of shape {tuple(weight.shape)} is not one kernel for each of C={C} channels; "
            f"try shape ({C}, 1, kH, kW)"
        )
    return conv2d(x, weight, bias, stride, padding, dilation, groups=C)


def pointwise_conv2d(
    x: Float[Tensor, "N C H W"],
    weight: Float[Tensor, "D C 1 1"],
    bias: Float[Tensor, " D"] | None = None,
) -> Float[Tensor, "N D H W"]:
    r"""Mix the channels at every position: one linear map for all pixels.

    $y_{noij} = b_o + \sum_c P_{oc} \, x_{ncij}$. It is linear. What is not linear in a network is the
    activation that may follow.

    Args:
        x: Input.
        weight: P.
        bias: b; None for 0.

    Returns:
        Output maps of the same size.

    Raises:
        TypeError: As `conv2d`.
        ValueError: As `conv2d`, or if the kernel is not 1×1.

    Source:
        Howard et al., MobileNets (2017), section 3.1.
    """
    if weight.ndim != 4 or tuple(weight.shape[2:]) != (1, 1):
        raise ValueError(f"weight of shape {tuple(weight.shape)} is not 1×1; try shape (D, C, 1, 1)")
    return conv2d(x, weight, bias)


class DepthwiseSeparable(nn.Module):
    """A depthwise convolution, then a pointwise one, and what the caller wants between and after.

    With nothing between the two, this is an ordinary convolution whose kernel is a product: the kernel
    from c to o is P_oc · K_c (`merged_kernel`). MobileNet puts a batch norm and a ReLU after each.

    Args:
        in_channels: C.
        out_channels: D.
        kernel_size: Of the depthwise convolution.
        stride: Of the depthwise convolution.
        padding: Of the depthwise convolution.
        dilation: Of the depthwise convolution.
        bias: Whether each of the two learns a bias.
        between: Makes a layer for so many channels; it is used after both. None for nothing.

    Source:
        Howard et al., MobileNets (2017), section 3.1 and figure 3.
    """

    @typed
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        bias: bool = True,
        between: Callable[[int], nn.Module] | None = None,
    ):
        super().__init__()
        between = between or (lambda channels: nn.Identity())
        self.depthwise = Conv2d(
            in_channels, in_channels, kernel_size, stride, padding, dilation, groups=in_channels, bias=bias
        )
        self.after_depthwise = between(in_channels)
        self.pointwise = Conv2d(in_channels, out_channels, 1, bias=bias)
        self.after_pointwise = between(out_channels)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N D Ho Wo"]:
        each_alone = self.after_depthwise(self.depthwise(x))
        return self.after_pointwise(self.pointwise(each_alone))


def merged_kernel(
    depthwise: Float[Tensor, "C 1 kH kW"], pointwise: Float[Tensor, "D C 1 1"]
) -> Float[Tensor, "D C kH kW"]:
    r"""Return the kernel of the one convolution that does both steps: $K_{ocuv} = P_{oc} \hat K_{cuv}$.

    Laid out as (D, kH·kW) for a fixed c, it has rank 1. So a separable convolution can do less than an
    ordinary one, not the same for less.

    Args:
        depthwise: $\hat K$.
        pointwise: P.

    Returns:
        The kernel of one convolution with one group.

    Raises:
        ValueError: If the two do not follow one another: (C, 1, kH, kW), and then (D, C, 1, 1).
    """
    check_axes(depthwise, "C, 1, kH, kW", "depthwise")
    check_axes(pointwise, "D, C, 1, 1", "pointwise")
    C = len(depthwise)
    if depthwise.shape[1] != 1 or pointwise.shape[1:] != (C, 1, 1):
        raise ValueError(
            f"depthwise of shape {tuple(depthwise.shape)} and pointwise of shape {tuple(pointwise.shape)} do "
            f"not follow one another; try shapes ({C}, 1, kH, kW) and (D, {C}, 1, 1)"
        )
    return pointwise * depthwise.movedim(1, 0)
