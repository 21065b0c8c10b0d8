"""What one missing `keepdim=True` costs: digits photographed in uneven light, with their mean removed."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dlsteps.data import Digits, split_digits
from dlsteps.experiments.record import Conclusion, Record, bar, values

BATCH = 64  # as many images as an image has pixels: only then does the mistake raise no error


@dataclass(frozen=True)
class Settings:
    light: float = 0.8  # each image is brightened by a number drawn evenly from ± this
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(seeds=(0, 1))


def as_given(x: Tensor) -> Tensor:
    """(64, 64) images and pixels, as they are."""
    return x


def with_keepdim(x: Tensor) -> Tensor:
    """Each image less its own mean: (64, 64) − (64, 1)."""
    return x - x.mean(1, keepdim=True)


def without_keepdim(x: Tensor) -> Tensor:
    """Pixel k of every image less the mean of image k: (64, 64) − (64,) broadcasts along the wrong axis."""
    return x - x.mean(1)


METHODS = {"as given": as_given, "with keepdim": with_keepdim, "without keepdim": without_keepdim}


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Classify unevenly lit digits by the nearest class mean, after each way of removing the light.

    Returns:
        Records with method, seed, and `test`, the share of digits recognized.
    """
    split = split_digits()
    records = []
    for method, center in bar(METHODS.items(), "forgotten_keepdim", progress):
        for seed in settings.seeds:
            generator = torch.Generator().manual_seed(seed)
            train, test = (_batches(part, settings.light, generator) for part in (split.train, split.test))
            accuracy = _nearest_mean(center, train, test)
            records.append({"method": method, "seed": seed, "test": accuracy})
    return records


def _batches(part: Digits, light: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Full batches of unevenly lit images, (K, 64, 64), and their labels, (K, 64)."""
    order = torch.randperm(len(part), generator=generator)[: len(part) // BATCH * BATCH]
    offsets = (2 * torch.rand(len(order), 1, generator=generator, dtype=torch.float64) - 1) * light
    images = part.images[order].flatten(1) + offsets
    return images.reshape(-1, BATCH, 64), part.labels[order].reshape(-1, BATCH)


def _nearest_mean(center, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor]) -> float:
    (x, y), (xt, yt) = (
        (torch.cat([center(b) for b in images]), labels.flatten()) for images, labels in (train, test)
    )
    means = torch.stack([x[y == digit].mean(0) for digit in range(10)])  # (10, 64)
    found = torch.cdist(xt, means).argmin(1)
    return (found == yt).double().mean().item()


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the missing keepdim."""

    def mean(method: str) -> float:
        return values(records, "test", method=method).mean()

    return [
        Conclusion(
            "accuracy with keepdim minus that without",
            mean("with keepdim") - mean("without keepdim"),
            above=0.1,
        ),
    ]
