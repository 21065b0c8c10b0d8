"""Sinusoidal against rotary positions in translating number words: lengths in training, and beyond.

Numbers of up to so many digits, or so many English words, are learned; longer ones are tested too. Limits
on digits leave out a word as well: no number below 1,000,000 holds "million". Limits on words leave out
none, and ask of the positions alone.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from dlsteps.data.held_out_numbers import held_out_by_digits, held_out_by_words
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.train import fit
from dlsteps.train.recipes import numerals
from dlsteps.train.translation import exact_match


@dataclass(frozen=True)
class Settings:
    limits: tuple[str, ...] = ("6 digits", "7 words")
    positions: tuple[str, ...] = ("sinusoidal", "rotary")
    width: int = 64
    layers: int = 2
    batch_size: int = 128
    learning_rate: float = 0.003
    steps: int = 600
    tests: int = 300  # held-out numbers of each length
    seeds: tuple[int, ...] = (0, 1, 2)


SLICE = Settings(
    limits=("7 words",),
    width=48,
    batch_size=64,
    learning_rate=0.005,
    steps=260,
    tests=40,
    seeds=(0,),
)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train a model for each limit, kind of positions and seed.

    Returns:
        Records with limit, positions, seed, `exact_3` and so on (the share right of held-out numbers with so
        many digits or words), and its mean over the lengths in training, `within`, and longer ones, `beyond`.
    """
    trials = list(product(settings.limits, settings.positions, settings.seeds))
    tests = {"digits": held_out_by_digits(settings.tests), "words": held_out_by_words(settings.tests)}
    records = []
    for limit, positions, seed in bar(trials, "numeral_positions", progress):
        figures = _trial(settings, tests, limit, positions, seed)
        records.append({"limit": limit, "positions": positions, "seed": seed, **figures})
    return records


def _trial(
    settings: Settings, tests: dict[str, dict[int, np.ndarray]], limit: str, positions: str, seed: int
) -> Record:
    most, unit = limit.split()
    chosen = numerals.Settings(
        **{unit: int(most)},
        positions=positions,
        width=settings.width,
        layers=settings.layers,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        steps=settings.steps,
        seed=seed,
    )
    model = fit(numerals, chosen)
    exact = {length: exact_match(model, numbers) for length, numbers in tests[unit].items()}
    return {
        "within": np.mean([share for length, share in exact.items() if length <= int(most)]).item(),
        "beyond": np.mean([share for length, share in exact.items() if length > int(most)]).item(),
        **{f"exact_{length}": share for length, share in exact.items()},
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about positions and lengths."""
    limits = dict.fromkeys(record["limit"] for record in records)

    def means(limit: str, key: str) -> tuple[float, float]:
        sinusoidal, rotary = (
            values(records, key, limit=limit, positions=kind).mean() for kind in ("sinusoidal", "rotary")
        )
        return sinusoidal, rotary

    found = []
    for limit in limits:
        within, (sinusoidal, rotary) = min(means(limit, "within")), means(limit, "beyond")
        found.append(Conclusion(f"{limit}: lengths in training, the lesser exact match", within, above=0.9))
        if limit.endswith("digits"):
            wrong = 1 - max(sinusoidal, rotary)
            found.append(Conclusion(f"{limit}: longer ones, share both get wrong", wrong, above=0.98))
        else:
            gap = rotary - sinusoidal
            found.append(Conclusion(f"{limit}: longer ones, rotary minus sinusoidal", gap, above=0.05))
    return found
