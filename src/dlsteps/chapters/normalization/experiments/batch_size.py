"""Test accuracy against batch size, for batch, renormalized, group and layer normalization.

The same number of digits is seen at every batch size. Two networks, because BN averages N·H·W numbers: in
the convolution network at least four a sample, in the fully connected one a single number a sample.
"""

from dataclasses import dataclass
from functools import partial
from itertools import product

from dlsteps.chapters.normalization.models import NETWORKS, norm_factory
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.paired import at_least, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, seeded, train, tune_then_report


@dataclass(frozen=True)
class Settings:
    networks: tuple[str, ...] = ("cnn", "mlp")
    norms: tuple[str, ...] = ("none", "BN", "BRN", "GN", "LN")
    batch_sizes: tuple[int, ...] = (2, 4, 16, 128)
    learning_rates: tuple[float, ...] = (0.003, 0.01, 0.03, 0.1)  # at 16; times sqrt(batch size / 16)
    epochs: int = 4
    groups: int = 8
    tuning_seeds: tuple[int, ...] = (100,)
    seeds: tuple[int, ...] = (0, 1, 2, 3)


SLICE = Settings(networks=("mlp",), norms=("BN", "GN"), batch_sizes=(2,), learning_rates=(0.003,), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train each network with each norm at each batch size, at its own tuned learning rate.

    Returns:
        Records with network, norm, batch_size, phase, learning_rate, seed, and the accuracies `validation`
        and `test` in evaluation mode. Read the figures off `phase="report"`.
    """
    split = split_digits()
    cells = list(product(settings.networks, settings.norms, settings.batch_sizes))
    records = []
    for network, norm, batch_size in bar(cells, "batch_size", progress):
        trial = partial(_trial, settings, split, network, norm, batch_size)
        rates = [rate * (batch_size / 16) ** 0.5 for rate in settings.learning_rates]
        found = tune_then_report(trial, rates, settings.tuning_seeds, settings.seeds)
        head = {"network": network, "norm": norm, "batch_size": batch_size}
        records += [{**head, **record} for record in found]
    return records


def _trial(
    settings: Settings, split: DigitSplit, network: str, norm: str, batch_size: int, rate: float, seed: int
) -> Record:
    batches = list(mixed_batches(len(split.train), batch_size, settings.epochs, seed))
    factory = norm_factory(norm, settings.groups, len(batches))
    model = seeded(lambda: NETWORKS[network](factory), seed)
    train(model, split.train, batches, rate)
    return {"validation": accuracy(model, split.validation), "test": accuracy(model, split.test)}


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about small batches."""
    bn = {"norm": "BN"}
    found = [
        more(
            f"fully connected, batches of 2: accuracy of {norm} minus that of BN",
            differences(records, "test", {"norm": norm}, bn, network="mlp", batch_size=2),
            by=0.1 if norm == "GN" else 0.0,
        )
        for norm in ("GN", "BRN")
        if any(record["norm"] == norm for record in records)
    ]
    if any(record["network"] == "cnn" for record in records):
        small, large = {"batch_size": 2}, {"batch_size": 16}
        found.append(
            at_least(
                "convolution: accuracy of BN at batches of 2 minus that at 16",
                differences(records, "test", small, large, network="cnn", **bn),
                within=0.03,
            )
        )
    return found
