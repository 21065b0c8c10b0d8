"""Sigmoid and tanh: flat at both ends, where hardly any gradient comes through."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.activations.precision import in_float32_at_least


@in_float32_at_least
def sigmoid(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""Press any number into (0, 1): $\sigma(x) = 1 / (1 + e^{-x})$.

    Written down like that, $e^{-x}$ overflows on the far left and the gradient becomes 0·∞. So only
    $e^{-|x|}$, which is at most 1, is ever computed: $\sigma(x) = e^x / (1 + e^x)$ for $x < 0$.

    Args:
        x: Any floating-point tensor; half precision is computed in float32.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    e = torch.exp(_minus_abs(x))
    return torch.where(x >= 0, 1, e) / (1 + e)


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

    It is a sigmoid, stretched: $\tanh(x) = 2\sigma(2x) - 1$. With $m = e^{-2|x|} - 1$, which `expm1` gives
    without rounding it away near 0, $|\tanh(x)| = -m / (2 + m)$.

    Args:
        x: Any floating-point tensor; half precision is computed in float32.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    m = torch.expm1(2 * _minus_abs(x))
    size = -m / (2 + m)
    return torch.where(x >= 0, size, -size)


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


def _minus_abs(x: Tensor) -> Tensor:
    """Return -abs(x), but with a slope at 0: that of `abs` is 0 there, and autograd would believe it."""
    return torch.where(x >= 0, -x, x)
