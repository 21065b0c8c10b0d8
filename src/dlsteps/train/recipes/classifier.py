"""Names a handwritten digit of 8×8 pixels; its features judge the digits that ddpm draws."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.data import split_digits
from dlsteps.data.bitmaps import digit_bitmaps, warp, warp_numbers
from dlsteps.train.judge import DigitClassifier, known_digits
from dlsteps.train.numbered import numbered
from dlsteps.train.recipe import DTYPES, Common

METRIC = "accuracy"


@dataclass(frozen=True)
class Settings(Common):
    """Settings of the classifier.

    Attributes:
        slant, rotation, stretch, bend: how much each digit is warped, see `dlsteps.data.bitmaps.warp`. More
            than when digits are drawn: what the judge has not seen it cannot tell.
    """

    steps: int = 1200
    batch_size: int = 64
    learning_rate: float = 2e-3
    warmup: int = 50
    dtype: str = "float64"
    slant: float = 0.2
    rotation: float = 0.1
    stretch: float = 0.1
    bend: float = 0.05


class _Batch(NamedTuple):
    images: Tensor
    labels: Tensor


def build(settings: Settings) -> nn.Module:
    """Build the classifier."""
    return DigitClassifier()


def data(settings: Settings) -> Callable[[Tensor], _Batch]:
    """Return digits of the training and validation parts, each warped anew."""
    digits = known_digits()
    bitmaps = digit_bitmaps(digits.images).to(DTYPES[settings.dtype])
    strengths = {name: getattr(settings, name) for name in ("slant", "rotation", "stretch", "bend")}

    def draw(rng, n):
        which = rng.integers(len(digits), size=(n, 1))
        return torch.cat(
            [torch.from_numpy(which), torch.from_numpy(rng.standard_normal((n, warp_numbers())))], 1
        ).numpy()

    def batch(numbers: Tensor) -> _Batch:
        drawn = numbered(settings.seed, numbers, draw)
        which = drawn[:, 0].long()
        return _Batch(warp(bitmaps[which], drawn[:, 1:], **strengths), digits.labels[which])

    return batch


def loss(model: nn.Module, batch: _Batch, settings: Settings) -> Tensor:
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
