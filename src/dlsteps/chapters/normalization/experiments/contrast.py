"""What instance normalization throws away: the contrast of each image.

Half of the digits are shown at reduced contrast. One task is to name the digit, the other to say whether
the contrast is full or reduced.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product

import torch

from dlsteps.chapters.normalization.models import cnn, norm_factory
from dlsteps.data import Digits, split_digits
from dlsteps.experiments.paired import at_least, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, seeded, train
from dlsteps.experiments.tuning import tune_then_report

LOST = 0.2  # settled before the run, as is the next: what IN has to lose, and what it may lose of the digit
KEPT = 0.05


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = ("digit", "contrast")
    norms: tuple[str, ...] = ("none", "BN", "LN", "IN")
    reduced: float = 0.5
    batch_size: int = 32
    learning_rates: tuple[float, ...] = (0.01, 0.03, 0.1)
    epochs: int = 5
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    margins: tuple[float, ...] = (LOST, KEPT)


SLICE = Settings(norms=("BN", "IN"), learning_rates=(0.03,), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train the convolution network on both tasks with each norm, at tuned learning rates.

    Returns:
        Records with task, norm, phase, learning_rate, seed, `validation` and `test`.
    """
    records = []
    grid = {"learning_rate": settings.learning_rates}
    for task, norm in bar(list(product(settings.tasks, settings.norms)), "contrast", progress):
        trial = partial(_trial, settings, task, norm)
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        records += [{"task": task, "norm": norm, **record} for record in found]
    return records


def faded(part: Digits, task: str, reduced: float, seed: int) -> Digits:
    """Reduce the contrast of about half of the images, and label them for the task.

    Returns:
        The images, and either their digits or, for task "contrast", 1 where the contrast is reduced.
    """
    generator = torch.Generator().manual_seed(seed)
    is_reduced = torch.rand(len(part), generator=generator) < 0.5
    contrast = torch.where(is_reduced, reduced, 1.0).double().view(-1, 1, 1, 1)
    return Digits(part.images * contrast, part.labels if task == "digit" else is_reduced.long())


def _trial(settings: Settings, task: str, norm: str, tuned: Mapping[str, float], seed: int) -> Record:
    split = split_digits()
    # One draw of contrasts a part, so that the test does not repeat the order of the training part.
    training, validation, test = (
        faded(part, task, settings.reduced, 1000 * k + seed)
        for k, part in enumerate((split.train, split.validation, split.test))
    )
    model = seeded(lambda: cnn(norm_factory(norm)), seed)
    batches = mixed_batches(len(training), settings.batch_size, settings.epochs, seed)
    train(model, training, batches, tuned["learning_rate"])
    return {
        "validation": accuracy(model, validation),
        "test": accuracy(model, test),
        "tested": len(test),
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about what IN removes."""
    bn, instance = {"norm": "BN"}, {"norm": "IN"}
    return [
        more(
            "contrast: accuracy of BN minus that of IN",
            differences(records, "test", bn, instance, task="contrast"),
            by=LOST,
        ),
        at_least(
            "digit: accuracy of IN minus that of BN",
            differences(records, "test", instance, bn, task="digit"),
            within=KEPT,
        ),
    ]
