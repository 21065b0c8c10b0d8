"""Digits told by the ink of one pixel: a logistic regression in which many samples look the same."""

from typing import NamedTuple

from torch import Tensor

from dlsteps.data import split_digits

PIXEL = (4, 4)  # near the center, where a 0 is mostly empty
LEVELS = 17  # of ink, in steps of 1/16


class Levels(NamedTuple):
    """Samples that look the same, counted together.

    Attributes:
        ink: the levels that occur, (L,).
        counts: samples at each level, (L,).
        yes: the share of them with the answer yes, (L,).
    """

    ink: Tensor
    counts: Tensor
    yes: Tensor


def is_zero_from_ink(digit: int = 0) -> tuple[Tensor, Tensor]:
    """One pixel of each training digit, (N, 1), and whether it shows this digit, (N,) of 0 and 1."""
    train = split_digits().train
    return train.images[:, 0, *PIXEL, None], (train.labels == digit).long()


def by_level(ink: Tensor, answers: Tensor) -> Levels:
    """Count samples of one ink together: no model that sees the ink alone can tell them apart."""
    levels = (ink.flatten() * (LEVELS - 1)).round().long()
    counts = levels.bincount(minlength=LEVELS).double()
    yes = levels.bincount(answers.double(), minlength=LEVELS)
    there = counts > 0
    ink_there = there.nonzero().flatten().double() / (LEVELS - 1)
    return Levels(ink_there, counts[there], yes[there] / counts[there])
