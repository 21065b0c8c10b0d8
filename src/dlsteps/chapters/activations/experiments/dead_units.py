"""How many units die as the learning rate rises, and whether leaky ReLU brings them back."""

from dataclasses import dataclass
from itertools import product
from statistics import fmean

from dlsteps.chapters.activations.networks import exchange, network, silent_units
from dlsteps.data import DigitSplit, split_digits
from dlsteps.experiments.paired import differences, more
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.experiments.training import accuracy, mixed_batches, train


@dataclass(frozen=True)
class Settings:
    functions: tuple[str, ...] = ("relu", "leaky_relu")
    learning_rates: tuple[float, ...] = (0.01, 0.03, 0.1, 0.15, 0.2, 0.3, 0.6)
    after: float = 0.01
    depth: int = 3
    batch_size: int = 32
    epochs: int = 8
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(learning_rates=(0.01, 0.6), epochs=2, seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train at each rate; then train the ReLU network on at a small rate, as it is and with leaky ReLU.

    Returns:
        Records with function, learning_rate, seed, `silent` (share of hidden units that are 0 or less before
        the activation for every training digit), `test`, and for ReLU `kept` and `leaky`: the silent share
        after the second training with ReLU, and with leaky ReLU in its place, with `kept_test`, `leaky_test`.
    """
    split = split_digits()
    cells = list(product(settings.functions, settings.learning_rates, settings.seeds))
    return [_cell(settings, split, *cell) for cell in bar(cells, "dead_units", progress)]


def _cell(settings: Settings, split: DigitSplit, function: str, rate: float, seed: int) -> Record:
    model = network(function, settings.depth, seed)
    _train(settings, split, model, rate, seed)
    images = split.train.images
    record = {"function": function, "learning_rate": rate, "seed": seed}
    record |= {"silent": silent_units(model, images), "test": accuracy(model, split.test)}
    if function != "relu":
        return record
    weights = {name: value.clone() for name, value in model.state_dict().items()}
    for key, after in (("kept", "relu"), ("leaky", "leaky_relu")):
        model.load_state_dict(weights)
        again = exchange(model, after)
        _train(settings, split, again, settings.after, seed + 1000)
        record |= {key: silent_units(again, images), f"{key}_test": accuracy(again, split.test)}
    return record


def _train(settings: Settings, split: DigitSplit, model, rate: float, seed: int) -> None:
    batches = mixed_batches(len(split.train), settings.batch_size, settings.epochs, seed)
    train(model, split.train, batches, rate)


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about dead units."""
    rates = sorted({record["learning_rate"] for record in records})
    seeds = sorted({record["seed"] for record in records})

    def mean(key: str, rate: float, function: str = "relu") -> float:
        return values(records, key, function=function, learning_rate=rate).mean()

    worst = max(rates, key=lambda rate: mean("silent", rate))
    relu = {"function": "relu"}
    risen = differences(records, "silent", {"learning_rate": worst}, {"learning_rate": rates[0]}, **relu)
    many = [rate for rate in rates if mean("silent", rate) >= 0.5] or [worst]
    freed = differences(
        [_over(records, many, seed, key) for seed in seeds for key in ("kept", "leaky")],
        "silent",
        {"after": "kept"},
        {"after": "leaky"},
    )
    return [
        more("share of dead ReLU units at the worst rate minus that at the smallest", risen, by=0.2),
        more(
            "silent units where half had died, after more training with ReLU minus with leaky ReLU",
            freed,
            by=0.05,
        ),
    ]


def _over(records: list[Record], rates: list[float], seed: int, key: str) -> Record:
    """The mean silent share of one seed after its second training, over some rates of the first."""
    found = [values(records, key, function="relu", learning_rate=rate, seed=seed)[0] for rate in rates]
    return {"after": key, "seed": seed, "silent": fmean(found)}
