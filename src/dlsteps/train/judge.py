"""The judge of drawn digits: what a classifier that has not seen the held-out writers says of them."""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor, nn

from dlsteps.data import Digits, split_digits
from dlsteps.diffusion.quality import matched_frechet_distance, nearest_distances
from dlsteps.train.known import known_digits
from dlsteps.train.weights import load

FEATURES = 64
LEVELS = 16


class DigitClassifier(nn.Module):
    """Two convolutions and a hidden layer, whose 64 numbers are the features that the judge compares."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(32 * 4 * 4, FEATURES),
            nn.ReLU(),
        )
        self.head = nn.Linear(FEATURES, 10)

    def features(self, images: Float[Tensor, "N 1 8 8"]) -> Float[Tensor, "N 64"]:
        """Return the last hidden layer of images in [0, 1]."""
        return self.body(images)

    def forward(self, images: Float[Tensor, "N 1 8 8"]) -> Float[Tensor, "N 10"]:
        """Return the logits of images in [0, 1]."""
        return self.head(self.features(images))


def as_digits(x: Float[Tensor, "N 1 8 8"]) -> Float64[Tensor, "N 1 8 8"]:
    """Bring drawn pictures in [-1, 1] to the values that digits have: 0, 1/16, … 1."""
    return ((x.double() + 1) / 2 * LEVELS).round().clamp(0, LEVELS) / LEVELS


@dataclass(frozen=True)
class Quality:
    """How good drawn digits are.

    Attributes:
        frechet: Fréchet distance of their features from the held-out digits', see `matched_frechet_distance`.
        floor: the same for the known digits in their place, drawn to the same size and class shares: what the
            difference between writers and the finite size amount to.
        shares: (10,) share of the samples in each class, by the classifier.
        top_probability: mean probability of the likeliest class.
        nearest: mean distance in [-1, 1] pixels from a sample to the nearest known digit.
        nearest_held_out: the same for the held-out digits.
    """

    frechet: float
    floor: float
    shares: tuple[float, ...]
    top_probability: float
    nearest: float
    nearest_held_out: float

    @property
    def frechet_ratio(self) -> float:
        """1 for samples as near to the held-out digits as the known digits are; smaller is better."""
        return self.frechet / self.floor

    @property
    def nearest_ratio(self) -> float:
        """0 for copies of known digits, 1 for samples as new as other writers' digits."""
        return self.nearest / self.nearest_held_out


class Judge:
    """Compare drawn digits with held-out ones.

    Args:
        classifier: gives labels and features, in float64.
        known: the digits that the samples were learned from.
        held_out: the digits they should resemble.
    """

    def __init__(self, classifier: DigitClassifier, known: Digits, held_out: Digits):
        self.classifier, self.known, self.held_out = classifier.eval(), known, held_out
        self.reference = self._features(held_out.images)
        self.floor = self._frechet(self._features(known.images), known.labels)
        self.nearest_held_out = self._nearest(held_out.images)

    @torch.no_grad()
    def __call__(self, images: Float64[Tensor, "N 1 8 8"]) -> Quality:
        """Judge samples, as digits in [0, 1].

        Raises:
            ValueError: if there are none.
        """
        if len(images) == 0:
            raise ValueError("there is no sample to judge; try 1000")
        features = self._features(images)
        probabilities = self.classifier.head(features).softmax(1)
        labels = probabilities.argmax(1)
        return Quality(
            frechet=self._frechet(features, labels),
            floor=self.floor,
            shares=tuple((torch.bincount(labels, minlength=10) / len(labels)).tolist()),
            top_probability=probabilities.amax(1).mean().item(),
            nearest=self._nearest(images),
            nearest_held_out=self.nearest_held_out,
        )

    @torch.no_grad()
    def _features(self, images: Tensor) -> Tensor:
        return self.classifier.features(images)

    def _frechet(self, features: Tensor, labels: Int64[Tensor, " N"]) -> float:
        return matched_frechet_distance(features, labels, self.reference, self.held_out.labels)

    def _nearest(self, images: Tensor) -> float:
        return nearest_distances(2 * images, 2 * self.known.images).mean().item()  # [-1, 1] is 2 long


@cache
def digit_judge() -> Judge:
    """Return the judge, with the weights of `dlsteps.train.recipes.classifier` that come with the package."""
    classifier, _ = load("classifier")
    return Judge(classifier.double(), known_digits(), split_digits().test)
