"""Handwritten digits: 1797 real 8×8 images that come with scikit-learn."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64
from sklearn import datasets
from torch import Tensor

# The file is a stack of 14 filled-in forms of about 130 digits: every form repeats the same sequence of
# labels, beginning with 0 1 … 9 three times. Both cuts lie between two forms, so that no form is split.
VALIDATION_START = 1029
TEST_START = 1287


@dataclass(frozen=True)
class Digits:
    """Images and their labels.

    Attributes:
        images: (N, 1, 8, 8), one gray channel, 0 is paper and 1 is full ink, in steps of 1/16.
        labels: (N,), the digit written, 0 to 9.
    """

    images: Float64[Tensor, "N 1 8 8"]
    labels: Int64[Tensor, "N"]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class DigitSplit:
    """Three parts of the digits, kept apart by position in the file."""

    train: Digits
    validation: Digits
    test: Digits


def load_digits() -> Digits:
    """Load all digits in the order of the file.

    Returns:
        1797 images (1797, 1, 8, 8) in [0, 1] and their labels (1797,).

    Source:
        Alpaydin and Kaynak, Optical Recognition of Handwritten Digits (1998), in the UCI Machine Learning
        Repository; scikit-learn ships the test part.
    """
    bunch = datasets.load_digits()
    images = torch.from_numpy(bunch.images / 16).unsqueeze(1)  # (N, 1, 8, 8)
    return Digits(images, torch.from_numpy(bunch.target).long())


def split_digits() -> DigitSplit:
    """Split the digits by position: 8 forms to train on, 2 to tune on, 4 to test on.

    A random split would put one writer's digits in both parts and flatter every model. The documentation
    of the data names 13 writers for these 14 forms, so that one of them may have filled in two; a form is
    the finest unit that the file itself shows.

    Returns:
        1029 training, 258 validation and 510 test digits.
    """
    digits = load_digits()
    return DigitSplit(
        train=_part(digits, slice(0, VALIDATION_START)),
        validation=_part(digits, slice(VALIDATION_START, TEST_START)),
        test=_part(digits, slice(TEST_START, None)),
    )


def _part(digits: Digits, where: slice) -> Digits:
    return Digits(digits.images[where], digits.labels[where])
