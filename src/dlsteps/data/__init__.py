"""Real data, small, seeded and offline."""

from dlsteps.data.digits import Digits, DigitSplit, load_digits, split_digits
from dlsteps.data.feature_maps import EDGE_FILTERS, digit_feature_maps, edge_maps
from dlsteps.data.long_sequences import Sequences, adding_problem, first_token
from dlsteps.data.photographs import load_photograph

__all__ = [
    "EDGE_FILTERS",
    "DigitSplit",
    "Digits",
    "Sequences",
    "adding_problem",
    "digit_feature_maps",
    "edge_maps",
    "first_token",
    "load_digits",
    "load_photograph",
    "split_digits",
]
