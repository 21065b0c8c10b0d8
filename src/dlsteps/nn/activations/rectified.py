"""Rectifiers: two straight lines that meet at 0. They differ in the slope on the left."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_channels, check_floating, check_same_dtype, check_sizes, typed


def relu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""Let what is positive through: $f(x) = \max(x, 0)$.

    Args:
        x: Any floating-point tensor.

    Returns:
        Tensor in the shape of `x`. NaN stays NaN.

    Raises:
        TypeError: If `x` is not floating point.

    Source:
        Nair and Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines (2010), section 2.
    """
    check_floating(x)
    return torch.where(x <= 0, 0, x)  # not x > 0, which would turn NaN into 0


def relu_derivative(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""The slope of ReLU: $f'(x) = 1$ for $x > 0$, else 0.

    At 0 there is no slope. As in torch it is taken to be the one on the left.

    Args:
        x: Where to take it; any floating-point tensor.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    check_floating(x)
    return torch.where(x <= 0, 0, torch.ones_like(x))  # 1 at NaN, as in torch


def leaky_relu(x: Float[Tensor, "*shape"], slope: float = 0.01) -> Float[Tensor, "*shape"]:
    r"""Let a share of what is negative through too: $f(x) = x$ for $x > 0$, else $a x$.

    The $a$ is a slope. What comes out on the left is no constant.

    Args:
        x: Any floating-point tensor.
        slope: $a$.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.

    Source:
        Maas, Hannun and Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013),
        section 2.
    """
    return x * leaky_relu_derivative(x, slope)  # each line goes through 0, so its slope is all there is to it


def leaky_relu_derivative(x: Float[Tensor, "*shape"], slope: float = 0.01) -> Float[Tensor, "*shape"]:
    r"""The slope of leaky ReLU: $f'(x) = 1$ for $x > 0$, else $a$; at 0, as in torch, $a$.

    Args:
        x: Where to take it; any floating-point tensor.
        slope: $a$.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    check_floating(x)
    return torch.where(x > 0, torch.ones_like(x), slope)


def prelu(
    x: Float[Tensor, "*shape"], slope: Float[Tensor, " C"], *, channel_axis: int = 1
) -> Float[Tensor, "*shape"]:
    r"""Leaky ReLU whose slope is learned: $f(x) = x$ for $x > 0$, else $a_c x$.

    What is learned is the slope on the left, and nothing keeps it positive.

    Args:
        x: Any tensor for one slope; (N, C, ...) for one slope a channel.
        slope: $a$ of shape (1,), or (C,) with one for each channel.
        channel_axis: Where the channels are.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If there is neither one slope nor one for each channel.

    Source:
        He et al., Delving Deep into Rectifiers (2015), equation 1.
    """
    a = _per_channel(x, slope, channel_axis)
    return torch.where(x > 0, x, a * x)


def prelu_derivative(
    x: Float[Tensor, "*shape"], slope: Float[Tensor, " C"], *, channel_axis: int = 1
) -> tuple[Float[Tensor, "*shape"], Float[Tensor, "*shape"]]:
    r"""Both slopes of PReLU, toward the input and toward what it learns.

    $\partial f/\partial x = 1$ for $x > 0$, else $a_c$; $\partial f/\partial a_c = 0$ for $x > 0$, else
    $x$. One $a_c$ serves many numbers: its gradient is the sum of the second over them.

    Args:
        x: Where to take them.
        slope: $a$ of shape (1,) or (C,).
        channel_axis: Where the channels are.

    Returns:
        $\partial f/\partial x$ and $\partial f/\partial a_c$, each in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If there is neither one slope nor one for each channel.

    Source:
        He et al., Delving Deep into Rectifiers (2015), equation 3.
    """
    a = _per_channel(x, slope, channel_axis)
    return torch.where(x > 0, torch.ones_like(x), a), torch.where(x > 0, 0, x)


def _per_channel(x: Tensor, slope: Tensor, channel_axis: int) -> Tensor:
    """Lay the slopes out so that they broadcast against `x`."""
    check_floating(x)
    check_same_dtype(x, slope=slope)
    if tuple(slope.shape) == (1,):
        return slope.view([1] * x.ndim)
    check_channels(x, channel_axis=channel_axis, slope=slope)
    shape = [1] * x.ndim
    shape[channel_axis] = -1
    return slope.view(shape)


class PReLU(nn.Module):
    """`prelu` with the slopes it learns; the parameter has torch's name.

    Args:
        num_parameters: 1 for one slope, or C for one for each channel.
        init: The slope to start from.
        channel_axis: Where the channels are.

    Raises:
        ValueError: If there is no slope.
    """

    @typed
    def __init__(self, num_parameters: int = 1, init: float = 0.25, *, channel_axis: int = 1):
        super().__init__()
        check_sizes(num_parameters=num_parameters)
        self.num_parameters, self.channel_axis = num_parameters, channel_axis
        self.weight = nn.Parameter(torch.full((num_parameters,), init))

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return prelu(x, self.weight, channel_axis=self.channel_axis)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
