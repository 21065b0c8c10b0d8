"""BN, LN and GN with every number of groups, in one small convolution network at batches of 64."""

from dataclasses import dataclass
from functools import partial

from dlsteps.chapters.normalization.models import WIDTH, cnn, norm_factory
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.paired import as_good, at_least, differences
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, seeded, train, tune_then_report


@dataclass(frozen=True)
class Settings:
    norms: tuple[str, ...] = ("none", "BN", "LN", "GN")
    groups: tuple[int, ...] = (1, 2, 4, 8, 16, WIDTH)
    batch_size: int = 64
    learning_rates: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    epochs: int = 8
    tuning_seeds: tuple[int, ...] = (100,)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(norms=("none", "BN", "LN"), learning_rates=(0.03,), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train the network with each norm, at its own tuned learning rate.

    Returns:
        Records with norm, groups (0 but for GN), phase, learning_rate, seed, `validation` and `test`.
    """
    split = split_digits()
    cells = [(norm, 0) for norm in settings.norms if norm != "GN"]
    cells += [("GN", groups) for groups in settings.groups if "GN" in settings.norms]
    records = []
    for norm, groups in bar(cells, "convnets", progress):
        trial = partial(_trial, settings, split, norm, groups)
        found = tune_then_report(trial, settings.learning_rates, settings.tuning_seeds, settings.seeds)
        records += [{"norm": norm, "groups": groups, **record} for record in found]
    return records


def _trial(settings: Settings, split: DigitSplit, norm: str, groups: int, rate: float, seed: int) -> Record:
    model = seeded(lambda: cnn(norm_factory(norm, groups)), seed)
    batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
    train(model, split.train, batches, rate)
    return {"validation": accuracy(model, split.validation), "test": accuracy(model, split.test)}


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about layer normalization and numbers of groups in convolution networks."""
    found = [
        at_least(
            "accuracy of LN over (C, H, W) minus that of no norm",
            differences(records, "test", {"norm": "LN"}, {"norm": "none"}),
            within=0.01,
        )
    ]
    groups = {record["groups"] for record in records if record["norm"] == "GN"}
    return found + [
        as_good(
            f"accuracy of GN with {G} groups minus that with 8",
            differences(records, "test", {"groups": G}, {"groups": 8}, norm="GN"),
            within=0.03,
        )
        for G in sorted(groups - {8})
    ]
