"""BN before the activation, or after it."""

from dataclasses import dataclass
from functools import partial
from itertools import product

from dlsteps.chapters.normalization.models import NETWORKS, norm_factory
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.experiments.training import accuracy, mixed_batches, seeded, train, tune_then_report


@dataclass(frozen=True)
class Settings:
    networks: tuple[str, ...] = ("cnn", "mlp")
    orders: tuple[str, ...] = ("before", "after")
    batch_size: int = 32
    learning_rates: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3)
    epochs: int = 10
    tuning_seeds: tuple[int, ...] = (100, 101)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4, 5)


SLICE = Settings(networks=("cnn",), learning_rates=(0.03,), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train each network with BN before and after each ReLU, at tuned learning rates.

    Returns:
        Records with network, order, phase, learning_rate, seed, `validation` and `test`.
    """
    split = split_digits()
    records = []
    for network, order in bar(list(product(settings.networks, settings.orders)), "order", progress):
        trial = partial(_trial, settings, split, network, order)
        found = tune_then_report(trial, settings.learning_rates, settings.tuning_seeds, settings.seeds)
        records += [{"network": network, "order": order, **record} for record in found]
    return records


def _trial(settings: Settings, split: DigitSplit, network: str, order: str, rate: float, seed: int) -> Record:
    model = seeded(lambda: NETWORKS[network](norm_factory("BN"), norm_last=order == "after"), seed)
    batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
    train(model, split.train, batches, rate)
    return {"validation": accuracy(model, split.validation), "test": accuracy(model, split.test)}


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the place of BN."""
    networks = dict.fromkeys(record["network"] for record in records)

    def mean(network: str, order: str) -> float:
        return values(records, "test", phase="report", network=network, order=order).mean()

    return [
        Conclusion(
            f"{network}: accuracy with BN after the activation minus before it",
            mean(network, "after") - mean(network, "before"),
            above=-0.02,
        )
        for network in networks
    ]
