"""Sigmoid and tanh: flat at both ends, where hardly any gradient comes through."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.activations.precision import in_float32_at_least


@in_float32_at_least
def sigmoid(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""Press any number into (0, 1): $\sigma(x) = 1 / (1 + e^{-x})$.

    On the far left $e^{-x}$ overflows. The result is right even so, but the gradient becomes 0·∞. But there
    $\sigma(x) = e^x$ to the last digit.

    Args:
        x: Any floating-point tensor; half precision is computed in float32.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    far = x < 1 - math.log(torch.finfo(x.dtype).max)  # -88 in float32, -709 in float64
    e = torch.exp(torch.where(far, x, -x))
    return torch.where(far, e, 1 / (1 + e))


@in_float32_at_least
def sigmoid_derivative(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""The slope of the sigmoid: $\sigma'(x) = \sigma(x) (1 - \sigma(x))$, which is never more than 1/4.

    $1 - \sigma(x)$ is written $\sigma(-x)$: on the far right the difference would be rounded to 0.

    Args:
        x: Where to take it; any floating-point tensor.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    return sigmoid(x) * sigmoid(-x)


@in_float32_at_least
def tanh(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""Press any number into (-1, 1): $\tanh(x) = (e^x - e^{-x}) / (e^x + e^{-x})$.

    It is a sigmoid, stretched: $\tanh(x) = 2\sigma(2x) - 1$. With $m = e^{2x} - 1$, which `expm1` gives
    without rounding it away near 0, $\tanh(x) = m / (m + 2)$. From $x = 20$ on it is 1 to the last digit, and
    x goes no further: $e^{2x}$ would overflow.

    Args:
        x: Any floating-point tensor; half precision is computed in float32.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    m = torch.expm1(2 * torch.where(x > 20, 20, x))  # clamp would send no NaN back
    return m / (m + 2)


@in_float32_at_least
def tanh_derivative(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""The slope of tanh: $\tanh'(x) = 1 - \tanh(x)^2 = 4\sigma'(2x)$, which is 1 at 0 and less elsewhere.

    Args:
        x: Where to take it; any floating-point tensor.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    return 4 * sigmoid_derivative(2 * x)
