"""Test accuracy against batch size, for batch, renormalized and group normalization.

The same number of digits is seen at every batch size, so small batches make more steps. Two networks, because
BN averages N·H·W numbers: in the convolution network at least four a sample, in the fully connected one a
single number a sample. Pixels of one image are not independent, so what holds of these digits need not hold
of larger pictures.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product

import torch
from torch import nn

from dlsteps.chapters.normalization.models import NETWORKS, norm_factory
from dlsteps.data import Digits, DigitSplit, split_digits
from dlsteps.experiments.paired import at_least, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, seeded, train
from dlsteps.experiments.tuning import tune_then_report
from dlsteps.nn.normalization import BatchNorm

LOST = 0.1  # what counts as a loss that matters, settled before the run
KEPT = 0.03  # what would not


@dataclass(frozen=True)
class Settings:
    networks: tuple[str, ...] = ("cnn", "mlp")
    norms: tuple[str, ...] = ("none", "BN", "BRN", "GN")
    batch_sizes: tuple[int, ...] = (2, 16, 128)
    learning_rates: tuple[float, ...] = (0.003, 0.01, 0.03)  # at 16; times sqrt(batch size / 16)
    epochs: int = 3
    groups: int = 8
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    margins: tuple[float, ...] = (LOST, KEPT)


SLICE = Settings(networks=("mlp",), norms=("BN", "GN"), batch_sizes=(2,), learning_rates=(0.003,), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train each network with each norm at each batch size, at its own tuned learning rate.

    Returns:
        Records with network, norm, batch_size, phase, learning_rate, seed, and the accuracies `validation`
        and `test` in evaluation mode; of BN `gathered` too, the test accuracy when the statistics of
        evaluation are those of the whole training set under the final weights. Read the figures off
        `phase="report"`.
    """
    split = split_digits()
    cells = list(product(settings.networks, settings.norms, settings.batch_sizes))
    records = []
    for network, norm, batch_size in bar(cells, "batch_size", progress):
        trial = partial(_trial, settings, split, network, norm, batch_size)
        grid = {"learning_rate": [_short(r * (batch_size / 16) ** 0.5) for r in settings.learning_rates]}
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        head = {"network": network, "norm": norm, "batch_size": batch_size}
        records += [{**head, **record} for record in found]
    return records


def _short(rate: float) -> float:
    return float(f"{rate:.3g}")


def _trial(
    settings: Settings,
    split: DigitSplit,
    network: str,
    norm: str,
    batch_size: int,
    tuned: Mapping[str, float],
    seed: int,
) -> Record:
    batches = list(mixed_batches(len(split.train), batch_size, settings.epochs, seed))
    factory = norm_factory(norm, settings.groups, len(batches))
    model = seeded(lambda: NETWORKS[network](factory), seed)
    train(model, split.train, batches, tuned["learning_rate"])
    found = {
        "validation": accuracy(model, split.validation),
        "test": accuracy(model, split.test),
        "tested": len(split.test),
    }
    if norm == "BN":
        found["gathered"] = accuracy(gathered(model, split.train), split.test)
    return found


@torch.no_grad()
def gathered(model: nn.Module, part: Digits) -> nn.Module:
    """Return a copy whose BN statistics are those of a whole part in one batch."""
    model = copy.deepcopy(model).train()
    for layer in model.modules():
        if isinstance(layer, BatchNorm):
            layer.momentum = 1.0
    model(part.images)
    return model


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about small batches."""
    gn, bn, brn = ({"norm": norm} for norm in ("GN", "BN", "BRN"))
    networks = {record["network"] for record in records}
    small = {"network": "mlp", "batch_size": 2}
    found = [
        more(
            "fully connected, batches of 2: accuracy of GN minus that of BN",
            differences(records, "test", gn, bn, **small),
            by=LOST,
        ),
        more(
            "… minus that of BN with statistics taken again from the training set",
            differences(_as_test(records, "gathered"), "test", gn, bn, **small),
            by=LOST,
        ),
    ]
    if any(record["norm"] == "BRN" for record in records):
        found += [
            more(
                "fully connected, batches of 2: accuracy of BRN minus that of BN",
                differences(records, "test", brn, bn, **small),
                by=LOST,
            )
        ]
    return found + (_of_maps(records) if "cnn" in networks else [])


def _of_maps(records: list[Record]) -> list[Conclusion]:
    """What is no loss: large batches where one is fully connected, small ones where one convolves."""
    bn, gn = {"norm": "BN"}, {"norm": "GN"}
    return [
        at_least(  # written as "no difference" before the run, in which BN came out ahead
            "fully connected, batches of 16: accuracy of BN minus that of GN",
            differences(records, "test", bn, gn, network="mlp", batch_size=16),
            within=KEPT,
        ),
        at_least(
            "convolution: accuracy of BN at batches of 2 minus that at 16",
            differences(records, "test", {"batch_size": 2}, {"batch_size": 16}, network="cnn", norm="BN"),
            within=KEPT,
        ),
    ]


def _as_test(records: list[Record], key: str) -> list[Record]:
    """The records with another figure in the place of `test`, where they have it."""
    return [{**record, "test": record.get(key, record.get("test"))} for record in records]
