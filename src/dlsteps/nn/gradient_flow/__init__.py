"""Gradient flow: what depth does to gradients on their way back, and what helps."""

from dlsteps.nn.gradient_flow.clipping import (
    Clipped,
    clip_by_norm,
    clip_by_value,
    clip_gradients_by_norm,
    clip_gradients_by_value,
    total_norm,
)
from dlsteps.nn.gradient_flow.linearization import jacobian, singular_values, singular_values_through_depth
from dlsteps.nn.gradient_flow.network import Residual, deep_network, initialize
from dlsteps.nn.gradient_flow.record import GradientFlow, LayerFlow, record_gradients

__all__ = [
    "Clipped",
    "GradientFlow",
    "LayerFlow",
    "Residual",
    "clip_by_norm",
    "clip_by_value",
    "clip_gradients_by_norm",
    "clip_gradients_by_value",
    "deep_network",
    "initialize",
    "jacobian",
    "record_gradients",
    "singular_values",
    "singular_values_through_depth",
    "total_norm",
]
