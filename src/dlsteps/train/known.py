"""The digits that models of digits learn from, each written a little differently every time."""

from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from dlsteps.data import Digits, digit_bitmaps, split_digits, warp, warp_numbers
from dlsteps.data.shuffle import shuffled
from dlsteps.train.numbered import numbered

HOW = 0  # a stream of random numbers


def known_digits() -> Digits:
    """Return the training and validation parts: 1287 digits from 10 forms.

    The test part, 510 digits by other writers, is held out from the models and from their judge.
    """
    split = split_digits()
    parts = (split.train, split.validation)
    return Digits(torch.cat([part.images for part in parts]), torch.cat([part.labels for part in parts]))


@cache
def _known_bitmaps() -> Tensor:
    return digit_bitmaps(known_digits().images)


class Warped(NamedTuple):
    """Digits with their labels.

    Attributes:
        images: (n, 1, 8, 8) in [0, 1].
        labels: (n,) the digit written.
    """

    images: Float[Tensor, "n 1 8 8"]
    labels: Int64[Tensor, " n"]


class WarpedDigits:
    """Known digits by sample number, each warped anew: a function of seed and number.

    Every digit comes once before any comes again.

    Args:
        seed: of the run.
        dtype: of the images.
        **strengths: slant, rotation, stretch and bend, see `dlsteps.data.warp`.
    """

    def __init__(self, seed: int, dtype: torch.dtype, **strengths: float):
        digits = known_digits()
        self.seed, self.strengths, self.labels = seed, strengths, digits.labels
        self.bitmaps = _known_bitmaps().to(dtype)

    def __call__(self, numbers: Int64[Tensor, " n"]) -> Warped:
        which = shuffled(numbers, len(self.labels), self.seed)
        how = numbered((self.seed, HOW), numbers, lambda rng, n: rng.standard_normal((n, warp_numbers())))
        return Warped(warp(self.bitmaps[which], how, **self.strengths), self.labels[which])
