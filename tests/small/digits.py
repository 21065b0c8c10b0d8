"""Name handwritten digits, in seconds: a recipe for the tests."""

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.data import split_digits
from dlsteps.train import Common
from dlsteps.train.recipe import DTYPES


@dataclass(frozen=True)
class Settings(Common):
    steps: int = 50
    learning_rate: float = 1e-2
    warmup: int = 10
    width: int = 16
    dropout: float = 0.0
    note: str = ""


METRIC = "accuracy"


def build(settings):
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, settings.width),
        nn.ReLU(),
        nn.Dropout(settings.dropout),
        nn.Linear(settings.width, 10),
    )


def data(settings):
    part = split_digits().train
    images = part.images.to(DTYPES[settings.dtype])

    def draw(numbers: Tensor) -> dict[str, Tensor]:
        which = (numbers * 7919 + settings.seed) % len(part)
        return {"images": images[which], "labels": part.labels[which]}

    return draw


def loss(model, batch, settings):
    return F.cross_entropy(model(batch["images"]), batch["labels"], reduction="none")


def metric(model, settings, progress=False):
    part = split_digits().test
    right = model(part.images.to(DTYPES[settings.dtype])).argmax(1) == part.labels
    return {"accuracy": right.double().mean().item(), "digits": float(len(part))}
