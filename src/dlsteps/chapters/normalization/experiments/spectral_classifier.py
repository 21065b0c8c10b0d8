"""Spectral normalization in an ordinary classifier, where nothing is adversarial."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from dlsteps.chapters.normalization.lipschitz import dense, lipschitz_bound
from dlsteps.data import Digits, DigitSplit, split_digits
from dlsteps.experiments.paired import at_least, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, seeded, train
from dlsteps.experiments.tuning import tune_then_report

# How many of the three layers have spectral norm, and what the outputs are multiplied by at the end: with
# spectral norm in all layers, two outputs can differ by no more than the inputs do, which is little.
VARIANTS = {"none": (0, 1), "SN hidden": (2, 1), "SN all": (3, 1), "SN all, times 10": (3, 10)}

KEPT = 0.05  # a loss of accuracy that the bound may cost, settled before the run


@dataclass(frozen=True)
class Settings:
    norms: tuple[str, ...] = tuple(VARIANTS)
    width: int = 64
    noise: float = 0.3  # standard deviation of what is added to each pixel of the noisy test
    batch_size: int = 32
    learning_rates: tuple[float, ...] = (0.01, 0.03, 0.1)
    epochs: int = 20
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    margins: tuple[float, ...] = (KEPT,)


SLICE = Settings(norms=("none", "SN all, times 10"), learning_rates=(0.03,), epochs=10, seeds=(0,))


class Times(nn.Module):
    """Multiply by a constant."""

    def __init__(self, factor: float):
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return self.factor * x


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train a fully connected classifier without spectral norm, with it in hidden layers, or in all.

    Returns:
        Records with norm, phase, learning_rate, seed, `validation`, `test`, `noisy` (accuracy on test digits
        with noise added) and `bound` (product of the layers' spectral norms and the last factor).
    """
    split = split_digits()
    records = []
    for norm in bar(settings.norms, "spectral_classifier", progress):
        trial = partial(_trial, settings, split, norm)
        grid = {"learning_rate": settings.learning_rates}
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        records += [{"norm": norm, **record} for record in found]
    return records


def _trial(settings: Settings, split: DigitSplit, norm: str, tuned: Mapping[str, float], seed: int) -> Record:
    sizes = (64, settings.width, settings.width, 10)
    spectral, scale = VARIANTS[norm]
    build = partial(dense, sizes, nn.ReLU(), spectral)
    model = seeded(lambda: nn.Sequential(nn.Flatten(), *build(), Times(scale)), seed)
    batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
    train(model, split.train, batches, tuned["learning_rate"])
    return {
        "validation": accuracy(model, split.validation),
        "test": accuracy(model, split.test),
        "tested": len(split.test),
        "noisy": accuracy(model, _with_noise(split.test, settings.noise)),
        "bound": scale * lipschitz_bound(model),
    }


def _with_noise(part: Digits, spread: float) -> Digits:
    noise = torch.randn(part.images.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return Digits(part.images + spread * noise, part.labels)


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about spectral norm outside adversarial training."""
    variants = [name for name in ("SN hidden", "SN all, times 10") if any(r["norm"] == name for r in records)]
    found = []
    for name in variants:
        sides = {"norm": name}, {"norm": "none"}
        found += [
            at_least(
                f"accuracy with {name} minus without", differences(records, "test", *sides), within=KEPT
            ),
            more(
                f"Lipschitz bound without minus with {name}", differences(records, "bound", *reversed(sides))
            ),
        ]
    return found
