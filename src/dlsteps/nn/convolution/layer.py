"""Convolution as a layer: `conv2d` with its kernel and bias."""

from math import sqrt

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_divides, typed
from dlsteps.nn.convolution.columns import conv2d
from dlsteps.nn.convolution.geometry import Size, window


class Conv2d(nn.Module):
    """`conv2d` with its parameters, which have torch's names, first values and order of drawing.

    Args:
        in_channels: C.
        out_channels: D.
        kernel_size: (kH, kW), or one number for both.
        stride: From one window to the next.
        padding: Zeros added at each border.
        dilation: From one cell of a window to the next.
        groups: G, a divisor of C and of D.
        bias: Whether to learn one number for each output channel.

    Raises:
        ValueError: If G does not divide C and D, or a number is out of range.
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
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        check_divides("groups", groups, "in_channels", in_channels)
        check_divides("groups", groups, "out_channels", out_channels)
        self.window, self.groups = window(kernel_size, stride, padding, dilation), groups
        self.in_channels, self.out_channels = in_channels, out_channels
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels // groups, *self.window.kernel))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        bound = 1 / sqrt(self.weight[0].numel())  # of the numbers that one output cell reads
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N D Ho Wo"]:
        w = self.window
        return conv2d(x, self.weight, self.bias, w.stride, w.padding, w.dilation, self.groups)

    def extra_repr(self) -> str:
        w = self.window
        return (
            f"{self.in_channels}, {self.out_channels}, kernel_size={w.kernel}, stride={w.stride}, "
            f"padding={w.padding}, dilation={w.dilation}, groups={self.groups}, bias={self.bias is not None}"
        )
