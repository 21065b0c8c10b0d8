"""The activations by name, each beside its derivative."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.activations.rectified import leaky_relu, leaky_relu_derivative, relu, relu_derivative
from dlsteps.nn.activations.saturating import sigmoid, sigmoid_derivative, tanh, tanh_derivative
from dlsteps.nn.activations.smooth import (
    gelu,
    gelu_derivative,
    gelu_tanh,
    gelu_tanh_derivative,
    silu,
    silu_derivative,
)


class Curve(NamedTuple):
    """A function of one number, and its slope.

    Attributes:
        f: The function, applied to each number of a tensor.
        derivative: Its derivative, written by hand.
    """

    f: Callable[..., Tensor]
    derivative: Callable[..., Tensor]


def identity(x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """No activation at all: $f(x) = x$. A network of it is linear, however deep.

    Args:
        x: Any tensor.

    Returns:
        The same tensor.
    """
    return x


CURVES: dict[str, Curve] = {
    "identity": Curve(identity, torch.ones_like),
    "relu": Curve(relu, relu_derivative),
    "leaky_relu": Curve(leaky_relu, leaky_relu_derivative),
    "sigmoid": Curve(sigmoid, sigmoid_derivative),
    "tanh": Curve(tanh, tanh_derivative),
    "silu": Curve(silu, silu_derivative),
    "gelu": Curve(gelu, gelu_derivative),
    "gelu_tanh": Curve(gelu_tanh, gelu_tanh_derivative),
}


def curve(name: str) -> Curve:
    """Look an activation up.

    Args:
        name: One of `CURVES`.

    Returns:
        The function and its derivative.

    Raises:
        ValueError: If there is no such activation.
    """
    if name not in CURVES:
        raise ValueError(f"no activation is called {name!r}; try one of {', '.join(CURVES)}")
    return CURVES[name]


class Activation(nn.Module):
    """An activation as a layer, by its name.

    Args:
        name: One of `CURVES`.
        **options: What the function takes beside `x`: `slope` for leaky ReLU.

    Raises:
        ValueError: If there is no such activation.
        TypeError: If it does not take such an option.
    """

    def __init__(self, name: str, **options: float):
        super().__init__()
        curve(name).f(torch.zeros(1), **options)  # refuses here, not later
        self.f, self.name, self.options = curve(name).f, name, options

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return self.f(x, **self.options)

    def extra_repr(self) -> str:
        return ", ".join([self.name, *(f"{name}={value}" for name, value in self.options.items())])
