"""Names a handwritten digit of 8×8 pixels; its features judge the digits that ddpm draws."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.data import split_digits
from dlsteps.train.judge import DigitClassifier
from dlsteps.train.known import Warped, WarpedDigits
from dlsteps.train.recipe import DTYPES, Common

METRIC = "accuracy"
_WARPS = ("slant", "rotation", "stretch", "bend")


@dataclass(frozen=True)
class Settings(Common):
    """Settings of the classifier.

    Attributes:
        slant: how much the digits it learns from are warped, as are the next three, see `dlsteps.data.warp`;
            more than those that are drawn, for a judge must know more than it is shown.
        rotation: standard deviation in radians.
        stretch: standard deviation of the logarithm of the width.
        bend: standard deviation in half sides.
    """

    steps: int = 1200
    learning_rate: float = 2e-3
    warmup: int = 50
    dtype: str = "float64"
    slant: float = 0.2
    rotation: float = 0.1
    stretch: float = 0.1
    bend: float = 0.05

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_not_negative(*_WARPS)


def build(settings: Settings) -> nn.Module:
    """Build the classifier."""
    return DigitClassifier()


def describe(settings: Settings) -> dict[str, Any]:
    """Say what the classifier takes and what it can tell."""
    return {"takes": [1, 8, 8], "values": [0.0, 1.0], "classes": list(map(str, range(10)))}


def data(settings: Settings) -> Callable[[Tensor], Warped]:
    """Return a function from sample numbers to warped digits of the training and validation parts."""
    strengths = {name: getattr(settings, name) for name in _WARPS}
    return WarpedDigits(settings.seed, DTYPES[settings.dtype], **strengths)


def loss(model: nn.Module, batch: Warped, settings: Settings) -> Tensor:
    """Return the cross-entropy of each digit."""
    return F.cross_entropy(model(batch.images), batch.labels, reduction="none")


@torch.no_grad()
def metric(model: nn.Module, settings: Settings, progress: bool = False) -> dict[str, float]:
    """Measure accuracy and mean top probability on the test part, whose writers are new."""
    held_out = split_digits().test
    probabilities = model(held_out.images.to(DTYPES[settings.dtype])).softmax(1)
    right = probabilities.argmax(1) == held_out.labels
    return {
        "accuracy": right.double().mean().item(),
        "mean top probability": probabilities.amax(1).mean().item(),
    }
