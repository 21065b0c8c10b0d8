"""Which learning rates and initial weights still train, with and without BN."""

from dataclasses import dataclass
from itertools import product

from dlsteps.chapters.normalization.models import mlp, norm_factory
from dlsteps.data import split_digits
from dlsteps.experiments.record import Conclusion, Record, bar, select
from dlsteps.experiments.training import accuracy, mixed_batches, scale_weights, seeded, train


@dataclass(frozen=True)
class Settings:
    norms: tuple[str, ...] = ("none", "BN")
    learning_rates: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
    gains: tuple[float, ...] = (0.1, 0.3, 1.0, 3.0, 10.0)
    depth: int = 5
    batch_size: int = 32
    epochs: int = 10
    momentum: float = 0.0
    seeds: tuple[int, ...] = (0, 1, 2)


SLICE = Settings(learning_rates=(0.01, 1.0), gains=(0.1, 3.0), seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train a deep fully connected network for each learning rate and initial gain.

    Returns:
        Records with norm, learning_rate, gain, seed, `test` (accuracy) and `diverged` (loss not finite).
    """
    split = split_digits()
    cells = list(product(settings.norms, settings.learning_rates, settings.gains, settings.seeds))
    records = []
    for norm, rate, gain, seed in bar(cells, "learning_rate", progress):
        model = seeded(lambda norm=norm: mlp(norm_factory(norm), settings.depth), seed)
        scale_weights(model, gain)
        batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
        loss = train(model, split.train, batches, rate, settings.momentum)
        diverged = loss == float("inf")
        test = 0.1 if diverged else accuracy(model, split.test)  # weights without a number: chance
        head = {"norm": norm, "learning_rate": rate, "gain": gain, "seed": seed}
        records.append({**head, "test": test, "diverged": diverged})
    return records


def trained(records: list[Record], norm: str, enough: float = 0.85) -> int:
    """Count the pairs of learning rate and gain that reach an accuracy with every seed."""
    worst: dict[tuple[float, float], float] = {}
    for record in select(records, norm=norm):
        pair = (record["learning_rate"], record["gain"])
        worst[pair] = min(worst.get(pair, 1.0), record["test"])
    return sum(test >= enough for test in worst.values())


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about learning rates and initialization."""
    pairs = len({(record["learning_rate"], record["gain"]) for record in records})
    more = (trained(records, "BN") - trained(records, "none")) / pairs
    return [Conclusion("share of settings that train with BN, minus that without", more, above=0.2)]
