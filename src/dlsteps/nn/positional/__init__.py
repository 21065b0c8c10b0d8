"""Positions: four ways to tell attention, which ignores order, where a token stands."""

from dlsteps.nn.positional.alibi import alibi_bias, alibi_slopes
from dlsteps.nn.positional.learned import LearnedEncoding
from dlsteps.nn.positional.rotary import RotaryEncoding, rotate
from dlsteps.nn.positional.sinusoidal import (
    LAYOUTS,
    Layout,
    SinusoidalEncoding,
    angles,
    pair_order,
    shift_matrix,
    sinusoidal_encoding,
)

__all__ = [
    "LAYOUTS",
    "Layout",
    "LearnedEncoding",
    "RotaryEncoding",
    "SinusoidalEncoding",
    "alibi_bias",
    "alibi_slopes",
    "angles",
    "pair_order",
    "rotate",
    "shift_matrix",
    "sinusoidal_encoding",
]
