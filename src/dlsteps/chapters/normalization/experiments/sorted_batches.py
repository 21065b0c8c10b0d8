"""Accuracy after training on batches that hold one class each, as from a file sorted by class.

Two networks, because BN removes what a batch has in common. In the fully connected one that is the class; in
the convolution network the statistics also average over positions, and the pattern over positions stays.
"""

from dataclasses import dataclass
from functools import partial
from itertools import product

from dlsteps.chapters.normalization.models import NETWORKS, norm_factory
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.paired import Differences, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import (
    accuracy,
    batchwise_accuracy,
    mixed_batches,
    one_class_batches,
    seeded,
    train,
    tune_then_report,
)


@dataclass(frozen=True)
class Settings:
    networks: tuple[str, ...] = ("cnn", "mlp")
    norms: tuple[str, ...] = ("none", "BN", "BRN", "GN", "LN")
    batch_size: int = 16
    learning_rates: tuple[float, ...] = (0.0003, 0.001, 0.003, 0.01, 0.03)
    epochs: int = 8
    groups: int = 8
    tuning_seeds: tuple[int, ...] = (100,)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(networks=("mlp",), norms=("BN", "BRN", "GN"), learning_rates=(0.001,), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train on one-class batches, at a learning rate tuned in evaluation mode.

    Returns:
        Records with network, norm, phase, learning_rate, seed and four accuracies: `validation` and `test` in
        evaluation mode, and two on test batches normalized by their own statistics, `test_mixed_batches`
        and `test_one_class_batches`. The last is no fair measure: all of a batch's digits are alike.
    """
    split = split_digits()
    records = []
    cells = list(product(settings.networks, settings.norms))
    for network, norm in bar(cells, "sorted_batches", progress):
        trial = partial(_trial, settings, split, network, norm)
        found = tune_then_report(trial, settings.learning_rates, settings.tuning_seeds, settings.seeds)
        records += [{"network": network, "norm": norm, **record} for record in found]
    return records


def _trial(settings: Settings, split: DigitSplit, network: str, norm: str, rate: float, seed: int) -> Record:
    batches = list(one_class_batches(split.train.labels, settings.batch_size, settings.epochs, seed))
    factory = norm_factory(norm, settings.groups, len(batches))
    model = seeded(lambda: NETWORKS[network](factory), seed)
    train(model, split.train, batches, rate)
    mixed = mixed_batches(len(split.test), settings.batch_size, 1, seed)
    one_class = one_class_batches(split.test.labels, settings.batch_size, 1, seed)
    return {
        "validation": accuracy(model, split.validation),
        "test": accuracy(model, split.test),
        "test_mixed_batches": batchwise_accuracy(model, split.test, mixed),
        "test_one_class_batches": batchwise_accuracy(model, split.test, one_class),
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about batches that are not drawn at random."""

    def lead(norm: str, other: str) -> Differences:
        return differences(records, "test", {"norm": norm}, {"norm": other}, network="mlp")

    found = [
        more("fully connected: accuracy of GN minus that of BN", lead("GN", "BN"), by=0.4),
        more("fully connected: accuracy of BRN minus that of BN", lead("BRN", "BN"), by=0.05),
        more("fully connected: accuracy of GN minus that of BRN", lead("GN", "BRN"), by=0.05),
    ]
    if any(record["network"] == "cnn" for record in records):
        networks = {"network": "cnn"}, {"network": "mlp"}
        found.append(
            more(
                "BN: accuracy of the convolution network minus that of the fully connected one",
                differences(records, "test", *networks, norm="BN"),
                by=0.4,
            )
        )
    return found
