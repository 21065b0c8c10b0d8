"""A layer on real digits whose biases run from helpful to deadly, so that dead units can be seen."""

import functools

import torch
from torch import Tensor

from dlsteps.data.digits import load_digits


@functools.cache
def of_digits(samples: int = 8, units: int = 10) -> Tensor:
    """Pre-activations of the first digits: weights drawn at random, biases from 1 down to −4.

    Args:
        samples: how many digits.
        units: how many units the layer has.

    Returns:
        (samples, units), rounded to 1/64 so that every machine has the same.
    """
    pixels = load_digits().images[:samples].flatten(1)
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(64, units, generator=generator, dtype=torch.float64) * 0.4
    bias = torch.linspace(1, -4, units, dtype=torch.float64)
    return ((pixels @ weight + bias) * 64).round() / 64
