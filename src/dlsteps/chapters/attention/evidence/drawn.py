"""Random vectors and layers that come out the same each time."""

import torch
from torch import Tensor, nn

from dlsteps.nn.attention import MultiHeadAttention

D_MODEL, HEADS, TOKENS = 12, 3, 6


def normal(*shape: int, seed: int = 0) -> Tensor:
    """Standard normal numbers in float64."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def drawn(layer: nn.Module, seed: int = 1) -> nn.Module:
    """The layer in float64, its weights spread by the root of their width, its biases not 0."""
    layer = layer.double()
    with torch.no_grad():
        for k, parameter in enumerate(layer.parameters()):
            parameter.copy_(normal(*parameter.shape, seed=100 * seed + k) / parameter.shape[-1] ** 0.5)
    return layer


def attention_layer(num_heads: int = HEADS, **options: bool) -> MultiHeadAttention:
    """A multi-head attention with weights that are drawn."""
    return drawn(MultiHeadAttention(D_MODEL, num_heads, **options))
