"""One number through the same activation again and again, and the slopes that its gradient meets."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.activations.catalog import curve
from dlsteps.nn.checks import check_floating


class Depth(NamedTuple):
    """What happened on the way down and on the way back.

    Attributes:
        values: $x_0, x_1, \\dots, x_L$, of shape (L + 1, ...).
        slopes: $g \\, f'(g \\, x_l)$ for $l = 0, \\dots, L-1$, of shape (L, ...).
        products: $\\partial x_{l+1} / \\partial x_0$, the product of the first l + 1 slopes, of shape
            (L, ...).
    """

    values: Tensor
    slopes: Tensor
    products: Tensor


def through_depth(x: Float[Tensor, "*shape"], name: str, depth: int, gain: float = 1.0, **options) -> Depth:
    r"""Apply an activation over and over, and multiply the slopes: $x_{l+1} = f(g \, x_l)$.

    By the chain rule $\partial x_L/\partial x_0 = \prod_l g \, f'(g \, x_l)$. It is a network with one unit
    in a layer, in which every weight is $g$.

    Args:
        x: $x_0$; any floating-point tensor.
        name: Name of the activation, as in `CURVES`.
        depth: L, 1 or more.
        gain: $g$, the weight of each layer.
        **options: What the activation takes beside `x`: `slope` for leaky ReLU.

    Returns:
        Every value, every slope (with the weight in it), and every product, as a `Depth`.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If there is no such activation, or `depth` is less than 1.
    """
    f, derivative = curve(name)
    check_floating(x)
    if depth < 1:
        raise ValueError(f"depth={depth} is no layer at all; try 1")
    values, slopes = [x], []
    for _ in range(depth):
        slopes.append(gain * derivative(gain * values[-1], **options))
        values.append(f(gain * values[-1], **options))
    slopes = torch.stack(slopes)
    return Depth(torch.stack(values), slopes, slopes.cumprod(0))
