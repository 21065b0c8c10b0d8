"""A classifier of twenty layers with each activation, without a norm and with one, each fairly tuned."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product

from dlsteps.chapters.activations.networks import fair_gain, network
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.paired import Differences, differences, more
from dlsteps.experiments.record import Conclusion, Record, bar
from dlsteps.experiments.training import accuracy, mixed_batches, train
from dlsteps.experiments.tuning import tune_then_report


@dataclass(frozen=True)
class Settings:
    functions: tuple[str, ...] = ("sigmoid", "tanh", "relu", "gelu")
    norms: tuple[str, ...] = ("none", "layer norm")
    depth: int = 20
    batch_size: int = 64
    learning_rates: tuple[float, ...] = (0.003, 0.01, 0.03)
    epochs: int = 8
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(
    functions=("sigmoid", "relu"), norms=("none",), depth=5, learning_rates=(0.01,), epochs=2, seeds=(0,)
)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train with each activation, its first weights scaled by `fair_gain`, its learning rate tuned.

    Returns:
        Records with norm, function, phase, learning_rate, seed, `validation` and `test`.
    """
    split = split_digits()
    records = []
    for norm, function in bar(list(product(settings.norms, settings.functions)), "deep_classifier", progress):
        trial = partial(_trial, settings, split, norm, function)
        grid = {"learning_rate": settings.learning_rates}
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds, at_most=3)
        records += [{"norm": norm, "function": function, **record} for record in found]
    return records


def _trial(
    settings: Settings, split: DigitSplit, norm: str, function: str, point: Mapping[str, float], seed: int
) -> Record:
    model = network(function, settings.depth, seed, fair_gain(function), norm != "none")
    batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
    diverged = train(model, split.train, batches, point["learning_rate"]) == float("inf")
    if diverged:  # weights without a number: chance
        return {"validation": 0.1, "test": 0.1}
    return {"validation": accuracy(model, split.validation), "test": accuracy(model, split.test)}


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about depth."""

    def gap(more_: dict, less: dict) -> Differences:
        return differences(records, "test", more_, less)

    plain, normed = {"norm": "none"}, {"norm": "layer norm"}
    relu, sigmoid = {"function": "relu"}, {"function": "sigmoid"}
    found = [
        more(
            "accuracy of ReLU minus that of sigmoid, no norm",
            gap({**plain, **relu}, {**plain, **sigmoid}),
            0.1,
        )
    ]
    if not {"gelu", "tanh"} <= {record["function"] for record in records}:
        return found
    tanh, gelu = {"function": "tanh"}, {"function": "gelu"}
    return [
        *found,
        more("accuracy of tanh minus that of GELU, no norm", gap({**plain, **tanh}, {**plain, **gelu}), 0.1),
        more(
            "accuracy of GELU with a layer norm minus without",
            gap({**normed, **gelu}, {**plain, **gelu}),
            0.1,
        ),
    ]
