"""Activations: what a network bends its numbers with, and the slopes its gradients meet."""

from dlsteps.nn.activations.catalog import CURVES, Activation, Curve, curve, identity
from dlsteps.nn.activations.depth import Depth, through_depth
from dlsteps.nn.activations.gated import (
    Gated,
    SwiGLU,
    glu,
    glu_backward,
    swiglu,
    swiglu_derivative,
)
from dlsteps.nn.activations.rectified import (
    PReLU,
    leaky_relu,
    leaky_relu_derivative,
    prelu,
    prelu_derivative,
    relu,
    relu_derivative,
)
from dlsteps.nn.activations.saturating import sigmoid, sigmoid_derivative, tanh, tanh_derivative
from dlsteps.nn.activations.smooth import (
    gelu,
    gelu_derivative,
    gelu_tanh,
    gelu_tanh_derivative,
    silu,
    silu_derivative,
)

__all__ = [
    "CURVES",
    "Activation",
    "Curve",
    "Depth",
    "Gated",
    "PReLU",
    "SwiGLU",
    "curve",
    "gelu",
    "gelu_derivative",
    "gelu_tanh",
    "gelu_tanh_derivative",
    "glu",
    "glu_backward",
    "identity",
    "leaky_relu",
    "leaky_relu_derivative",
    "prelu",
    "prelu_derivative",
    "relu",
    "relu_derivative",
    "sigmoid",
    "sigmoid_derivative",
    "silu",
    "silu_derivative",
    "swiglu",
    "swiglu_derivative",
    "tanh",
    "tanh_derivative",
    "through_depth",
]
