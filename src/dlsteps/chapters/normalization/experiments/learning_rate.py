"""Which learning rates and initial weights still train, with and without BN.

Rate and scale are told apart: how large a rate trains at He's scale, and how many scales train at some rate.
Behind BN a layer's output does not change with the scale of its weights w, so a step counts by its effective
rate, the learning rate over the square of that scale.
"""

from dataclasses import dataclass
from itertools import product

from dlsteps.chapters.normalization.models import mlp, norm_factory
from dlsteps.data import split_digits
from dlsteps.experiments.record import Conclusion, Record, bar, select, values
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


SLICE = Settings(learning_rates=(0.03, 1.0), gains=(1.0, 3.0), seeds=(0,))


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


def trained(records: list[Record], norm: str, enough: float = 0.8) -> list[tuple[float, float]]:
    """Return the pairs of gain and learning rate that reach an accuracy with every seed."""
    worst: dict[tuple[float, float], float] = {}
    for record in select(records, norm=norm):
        pair = (record["gain"], record["learning_rate"])
        worst[pair] = min(worst.get(pair, 1.0), record["test"])
    return [pair for pair, test in worst.items() if test >= enough]


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about learning rates and initialization."""
    pairs = {norm: trained(records, norm) for norm in ("BN", "none")}
    highest = {norm: max(rate for gain, rate in found if gain == 1) for norm, found in pairs.items()}
    gains = {record["gain"] for record in records}
    shares = {norm: len({gain for gain, _ in found}) / len(gains) for norm, found in pairs.items()}
    found = [
        Conclusion(
            "at He's scale: highest learning rate that trains with BN, over that without",
            highest["BN"] / highest["none"],
            above=3,
        ),
        Conclusion(
            "share of first scales that train at some rate with BN, minus that without",
            shares["BN"] - shares["none"],
            above=0.4,
        ),
    ]
    return found + ([_effective(records)] if len(gains) > 2 else [])


def _effective(records: list[Record], rate: float = 0.01) -> Conclusion:
    """With BN, scales differ at one rate, and hardly at one effective rate: rate over gain squared."""
    gains = (0.1, 0.3, 1.0, 3.0)

    def spread(rates: list[float]) -> float:
        means = [
            values(records, "test", norm="BN", gain=gain, learning_rate=rate).mean()
            for gain, rate in zip(gains, rates, strict=True)
        ]
        return max(means) - min(means)

    return Conclusion(
        "BN, first scales 0.1 to 3: spread of accuracy at one learning rate, minus at one effective rate",
        spread([rate] * len(gains)) - spread([0.001, 0.01, 0.1, 1.0]),
        above=0.2,
    )
