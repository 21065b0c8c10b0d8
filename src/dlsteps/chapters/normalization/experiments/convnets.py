"""BN, both layer norms, and GN with several numbers of groups, in one small convolution network."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from dlsteps.chapters.normalization.models import cnn, norm_factory
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.paired import as_good, at_least, differences
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, seeded, train
from dlsteps.experiments.tuning import tune_then_report

# A difference of accuracy that would not matter, settled before the run: below what BN gains over no norm.
MARGIN = 0.02


@dataclass(frozen=True)
class Settings:
    norms: tuple[str, ...] = ("none", "BN", "LN", "LN, each position", "GN")
    groups: tuple[int, ...] = (4, 8, 16)
    batch_size: int = 64
    learning_rates: tuple[float, ...] = (0.03, 0.1, 0.3)
    epochs: int = 8
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    margins: tuple[float, ...] = (MARGIN,)


SLICE = Settings(norms=("none", "LN", "LN, each position"), learning_rates=(0.1,), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train the network with each norm, at its own tuned learning rate.

    Returns:
        Records with norm, groups (0 but for GN), phase, learning_rate, seed, `validation` and `test`.
    """
    split = split_digits()
    cells = [(norm, 0) for norm in settings.norms if norm != "GN"]
    cells += [("GN", groups) for groups in settings.groups if "GN" in settings.norms]
    grid = {"learning_rate": settings.learning_rates}
    records = []
    for norm, groups in bar(cells, "convnets", progress):
        trial = partial(_trial, settings, split, norm, groups)
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        records += [{"norm": norm, "groups": groups, **record} for record in found]
    return records


def _trial(
    settings: Settings, split: DigitSplit, norm: str, groups: int, tuned: Mapping[str, float], seed: int
) -> Record:
    model = seeded(lambda: cnn(norm_factory(norm, groups)), seed)
    batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
    train(model, split.train, batches, tuned["learning_rate"])
    return {
        "validation": accuracy(model, split.validation),
        "test": accuracy(model, split.test),
        "tested": len(split.test),
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about layer normalization and numbers of groups in convolution networks."""
    norms, groups = {record["norm"] for record in records}, {record["groups"] for record in records}

    def against(method: dict, other: dict) -> list:
        return differences(records, "test", method, other)

    found = [
        at_least(
            f"accuracy of {title} minus that of no norm", against({"norm": name}, {"norm": "none"}), MARGIN
        )
        for name, title in (("LN", "LN over (C, H, W)"), ("LN, each position", "LN at each position"))
        if name in norms
    ]
    eight = {"norm": "GN", "groups": 8}
    return found + [
        as_good(
            f"accuracy of GN with {G} groups minus that with 8",
            against({"norm": "GN", "groups": G}, eight),
            MARGIN,
        )
        for G in sorted(groups - {0, 8})
    ]
