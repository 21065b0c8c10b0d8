"""Accuracy after training on batches that hold one class each, as from a file sorted by class.

BN removes what a batch has in common. In the fully connected network that is the class; in the convolution
network the statistics also average over positions, and the pattern over positions stays. Two controls: the
same networks on mixed batches, and a convolution network whose BN keeps each position to itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from dlsteps.chapters.normalization.models import NETWORKS, norm_factory
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.paired import Differences, at_least, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import (
    accuracy,
    batchwise_accuracy,
    mixed_batches,
    one_class_batches,
    seeded,
    train,
)
from dlsteps.experiments.tuning import tune_then_report

# Settled before the run: a loss that ruins a network, and one that matters.
RUIN, LOSS = 0.4, 0.05
CELLS = (
    *(("mlp", norm, "sorted") for norm in ("none", "BN", "BRN", "GN")),
    ("mlp", "BN", "mixed"),
    *(("cnn", norm, "sorted") for norm in ("none", "BN", "BN, each position", "BRN", "GN")),
    ("cnn", "BN", "mixed"),
    ("cnn", "BN, each position", "mixed"),
)


@dataclass(frozen=True)
class Settings:
    cells: tuple[tuple[str, str, str], ...] = CELLS
    batch_size: int = 16
    learning_rates: tuple[float, ...] = (0.001, 0.003, 0.01)
    epochs: int = 8
    groups: int = 8
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    margins: tuple[float, ...] = (RUIN, LOSS)


SLICE = Settings(
    cells=tuple(("mlp", norm, "sorted") for norm in ("BN", "BRN", "GN")), learning_rates=(0.001,), seeds=(0,)
)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train on one-class batches, or on mixed ones, at a learning rate tuned in evaluation mode.

    Returns:
        Records with network, norm, batches ("sorted" or "mixed"), phase, learning_rate, seed and four
        accuracies: `validation` and `test` in evaluation mode, and two on test batches normalized by their
        own statistics, `test_mixed_batches` and `test_one_class_batches`. The last is no fair measure: all of
        a batch's digits are alike.
    """
    split = split_digits()
    grid = {"learning_rate": settings.learning_rates}
    records = []
    for cell in bar(settings.cells, "sorted_batches", progress):
        trial = partial(_trial, settings, split, *cell)
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        head = dict(zip(("network", "norm", "batches"), cell, strict=True))
        records += [{**head, **record} for record in found]
    return records


def _trial(
    settings: Settings,
    split: DigitSplit,
    network: str,
    norm: str,
    order: str,
    tuned: Mapping[str, float],
    seed: int,
) -> Record:
    size, epochs = settings.batch_size, settings.epochs
    if order == "sorted":
        batches = list(one_class_batches(split.train.labels, size, epochs, seed))
    else:
        batches = list(mixed_batches(len(split.train), size, epochs, seed))
    factory = norm_factory(norm, settings.groups, len(batches))
    model = seeded(lambda: NETWORKS[network](factory), seed)
    train(model, split.train, batches, tuned["learning_rate"])
    mixed = mixed_batches(len(split.test), settings.batch_size, 1, seed)
    one_class = one_class_batches(split.test.labels, settings.batch_size, 1, seed)
    return {
        "validation": accuracy(model, split.validation),
        "test": accuracy(model, split.test),
        "tested": len(split.test),
        "test_mixed_batches": batchwise_accuracy(model, split.test, mixed),
        "test_one_class_batches": batchwise_accuracy(model, split.test, one_class),
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about batches that are not drawn at random."""

    def lead(method: dict, other: dict, network: str = "mlp") -> Differences:
        both = {"network": network, "batches": "sorted"}
        return differences(records, "test", {**both, **method}, {**both, **other})

    bn, brn, gn = ({"norm": norm} for norm in ("BN", "BRN", "GN"))
    found = [
        more("fully connected: accuracy of GN minus that of BN", lead(gn, bn), by=RUIN),
        more("fully connected: accuracy of BRN minus that of BN", lead(brn, bn), by=LOSS),
        more("fully connected: accuracy of GN minus that of BRN", lead(gn, brn), by=LOSS),
    ]
    if all(record["network"] == "mlp" for record in records):
        return found
    mixed, apart = {"batches": "mixed"}, {"norm": "BN, each position"}
    return [
        *found,
        more(
            "fully connected, BN: accuracy on mixed batches minus sorted", lead({**bn, **mixed}, bn), by=RUIN
        ),
        at_least(
            "convolution, BN: accuracy on sorted batches minus mixed",
            lead(bn, {**bn, **mixed}, "cnn"),
            within=LOSS,
        ),
        more(
            "convolution, BN that keeps each position to itself: accuracy on mixed batches minus sorted",
            lead({**apart, **mixed}, apart, "cnn"),
            by=RUIN,
        ),
    ]
