"""SiLU and GELU: a number times the share of it that is let through, a share that grows with the number."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.activations.precision import in_float32_at_least
from dlsteps.nn.activations.saturating import sigmoid, tanh, tanh_derivative

CUBIC = 0.044715  # fitted by the authors of GELU


@in_float32_at_least
def silu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""Let the share $\sigma(x)$ of each number through: $f(x) = x \, \sigma(x)$. Also called Swish.

    It is below 0 for every $x < 0$, and least at $x = -1.278$, where it is $-0.278$.

    Args:
        x: Any floating-point tensor; half precision is computed in float32.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.

    Source:
        Elfwing, Uchibe and Doya, Sigmoid-Weighted Linear Units (2018), section 2.
    """
    return x * sigmoid(x)


@in_float32_at_least
def silu_derivative(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""The slope of SiLU: $f'(x) = \sigma(x) \, (1 + x \, (1 - \sigma(x)))$.

    It tends to 1 on the right and to 0 on the left. In between it is more than 1, up to 1.0998 at
    $x = 2.40$.

    Args:
        x: Where to take it; any floating-point tensor.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    return sigmoid(x) * (1 + x * sigmoid(-x))


@in_float32_at_least
def gelu(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""Let the share $\Phi(x)$ of each number through: $f(x) = x \, \Phi(x)$.

    $\Phi(x) = \frac12 \operatorname{erfc}(-x/\sqrt2)$ is the share of a standard normal variable below x.
    Written as $\frac12 (1 + \operatorname{erf}(x/\sqrt2))$ it would be rounded to 0 from $x = -8.3$ on.
    At the largest numbers it is $x$, up to $f(\infty) = \infty$, in every dtype; torch's float32 has NaN.

    Args:
        x: Any floating-point tensor; half precision is computed in float32.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.

    Source:
        Hendrycks and Gimpel, Gaussian Error Linear Units (2016), section 2.
    """
    return x * _normal_cdf(x)


@in_float32_at_least
def gelu_derivative(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""The slope of GELU: $f'(x) = \Phi(x) + x \, \varphi(x)$, with $\varphi(x) = e^{-x^2/2} / \sqrt{2\pi}$.

    Args:
        x: Where to take it; any floating-point tensor.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    density = torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)
    return _normal_cdf(x) + x * density


@in_float32_at_least
def gelu_tanh(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""GELU without the normal distribution, within 0.0005 of it.

    $f(x) = \frac{x}{2} \left(1 + \tanh\left(\sqrt{2/\pi} \, (x + 0.044715 \, x^3)\right)\right)$.

    Far out the slope is 1 or 0, to infinity; torch's is NaN where $x^3$ overflows.

    Args:
        x: Any floating-point tensor; half precision is computed in float32.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.

    Source:
        Hendrycks and Gimpel, Gaussian Error Linear Units (2016), section 2.
    """
    inner = _inner(_bounded(x))[0]
    return x / 2 * (1 + tanh(inner))


@in_float32_at_least
def gelu_tanh_derivative(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""The slope of GELU's tanh form: $f'(x) = \frac12 (1 + \tanh u) + \frac{x}{2} \, u' \, (1 - \tanh^2 u)$.

    $u = \sqrt{2/\pi} \, (x + 0.044715 \, x^3)$ and $u' = \sqrt{2/\pi} \, (1 + 3 \cdot 0.044715 \, x^2)$.

    Args:
        x: Where to take it; any floating-point tensor.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    bounded = _bounded(x)
    inner, slope = _inner(bounded)
    return (1 + tanh(inner)) / 2 + bounded / 2 * slope * tanh_derivative(inner)


def _normal_cdf(x: Tensor) -> Tensor:
    return torch.erfc(-x / math.sqrt(2)) / 2


def _bounded(x: Tensor) -> Tensor:
    """Go no further than ±30, where the tanh is ±1 to the last digit: far out $x^3$ would overflow."""
    return torch.where(x.abs() > 30, 30 * x.sign(), x)


def _inner(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return what stands inside the tanh, and its derivative."""
    root = math.sqrt(2 / math.pi)
    return root * (x + CUBIC * x**3), root * (1 + 3 * CUBIC * x.square())
