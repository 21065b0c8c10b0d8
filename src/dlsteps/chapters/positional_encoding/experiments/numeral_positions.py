"""Sinusoidal against rotary positions in translating number words: lengths in training, and beyond.

Numbers of up to so many English words are learned; longer ones are tested too. No word is missing from
training, so that a longer number asks of the positions alone. Each kind of positions has its own learning
rate, from a grid that is widened until the best lies inside, chosen by the loss on numbers not read before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from statistics import fmean

from dlsteps.data.held_out_numbers import held_out_by_words
from dlsteps.experiments.paired import differences, more
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.experiments.tuning import tune_then_report
from dlsteps.train import fit
from dlsteps.train.loop import DivergedError
from dlsteps.train.recipes import numerals
from dlsteps.train.translation import exact_match

LAST = 25  # the batches at the end of training whose loss chooses the rate


@dataclass(frozen=True)
class Settings:
    positions: tuple[str, ...] = ("sinusoidal", "rotary")
    words: int = 7
    width: int = 48
    layers: int = 2
    batch_size: int = 64
    learning_rates: tuple[float, ...] = (0.0025, 0.005, 0.01)
    steps: int = 260
    tests: int = 100  # held-out numbers of each length
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(learning_rates=(0.005,), tests=40, seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train a model for each kind of positions and seed.

    Returns:
        Records with positions, phase ("tuning" or "report"), learning_rate, seed, and `validation`, the loss
        in nats a number of the last batches, none of which was read before. Those that report have
        `exact_3` and so on too, the share right of held-out numbers with so many words, and its mean over
        the lengths in training, `within`, and longer ones, `beyond`.
    """
    grid = {"learning_rate": settings.learning_rates}
    records = []
    for positions in bar(settings.positions, "numeral_positions", progress):
        trial = partial(_trial, settings, positions)
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds, better="smaller")
        records += [{"positions": positions, **record} for record in found]
    return records


def _trial(settings: Settings, positions: str, tuned: Mapping[str, float], seed: int) -> Record:
    losses: list[float] = []
    chosen = numerals.Settings(
        words=settings.words,
        positions=positions,
        width=settings.width,
        layers=settings.layers,
        batch_size=settings.batch_size,
        steps=settings.steps,
        seed=seed,
        **tuned,
    )
    try:
        model = fit(numerals, chosen, watch=lambda run, loss: losses.append(loss))
    except DivergedError:
        return {"validation": inf}
    found = {"validation": fmean(losses[-LAST:])}
    if seed in settings.tuning_seeds:
        return found
    numbers = held_out_by_words(settings.tests)
    exact = {length: exact_match(model, numbers[length]) for length in numbers}
    return found | {
        "within": fmean(share for length, share in exact.items() if length <= settings.words),
        "beyond": fmean(share for length, share in exact.items() if length > settings.words),
        **{f"exact_{length}": share for length, share in exact.items()},
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about positions and lengths."""
    sinusoidal, rotary = {"positions": "sinusoidal"}, {"positions": "rotary"}
    within = [values(records, "within", phase="report", **kind).mean() for kind in (sinusoidal, rotary)]
    return [
        Conclusion("lengths in training, the lesser exact match", min(within), above=0.9),
        more(
            "longer ones, exact match of rotary minus sinusoidal",
            differences(records, "beyond", rotary, sinusoidal),
            by=0.05,
        ),
    ]
