"""Which recurrent networks learn to add two numbers that lie 50 to 100 steps back.

Each network has its own learning rate and clipping norm, from one grid, and the same number of steps. A step
of a plain network costs a quarter of an LSTM's, so the plain ones are also given four times the steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import inf, log10
from statistics import fmean
from typing import Any

from dlsteps.experiments.long_memory import first_below, tune_then_report
from dlsteps.experiments.record import Conclusion, Record, bar, select
from dlsteps.train import fit
from dlsteps.train.loop import DivergedError
from dlsteps.train.recipes import lstm

# The forget gates of the first begin open and its input gates shut; those of the second as they often do.
NETWORKS: dict[str, dict[str, Any]] = {
    "LSTM": {"cell": "lstm", "forget_bias": 4.0, "shut_input": True},
    "LSTM, bias 1": {"cell": "lstm", "forget_bias": 1.0, "shut_input": False},
    "GRU": {"cell": "gru"},
    "RNN": {"cell": "rnn"},
    "RNN, identity": {"cell": "irnn"},
}
PLAIN = ("RNN", "RNN, identity")


@dataclass(frozen=True)
class Settings:
    networks: tuple[str, ...] = tuple(NETWORKS)
    T: int = 100
    width: int = 32
    batch_size: int = 32
    steps: int = 800
    longer: int = 4
    learning_rates: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03)
    clip_norms: tuple[float, ...] = (0.1, 1.0)
    enough: float = 0.01
    window: int = 25
    tuning_seeds: tuple[int, ...] = (100,)
    seeds: tuple[int, ...] = (0, 1, 2)


SLICE = Settings(
    networks=("LSTM", "GRU", "RNN"),
    T=40,
    steps=300,
    longer=1,
    learning_rates=(0.03,),
    clip_norms=(0.1,),
    seeds=(0,),
)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train each network at its best learning rate and clipping norm.

    Returns:
        Records with network, phase ("tuning", "report", or "longer" with more steps), steps, learning_rate,
        clip_norm, seed, `reached` (steps until the mean squared error of the last sequences was below
        `enough`), `validation` (that error at the end), `test` (the error on held-out sequences) and
        `correct` (the share of these that the paper counts as correct).
    """
    grid = [
        {"learning_rate": rate, "clip_norm": norm}
        for rate, norm in product(settings.learning_rates, settings.clip_norms)
    ]
    records = []
    for network in bar(settings.networks, "adding_problem", progress):
        trial = partial(_trial, settings, network, settings.steps)
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds)
        records += [{"network": network, "steps": settings.steps, **record} for record in found]
        if network in PLAIN and settings.longer > 1:
            best = {key: found[-1][key] for key in grid[0]}
            records += [_longer(settings, network, best, seed) for seed in settings.seeds]
    return records


def _longer(settings: Settings, network: str, best: dict[str, float], seed: int) -> Record:
    steps = settings.longer * settings.steps
    head = {"network": network, "steps": steps, "phase": "longer", **best, "seed": seed}
    return head | _trial(settings, network, steps, best, seed)


def _trial(settings: Settings, network: str, steps: int, tuned: dict[str, float], seed: int) -> Record:
    losses: list[float] = []
    recipe_settings = lstm.Settings(
        task="adding",
        T=settings.T,
        width=settings.width,
        batch_size=settings.batch_size,
        steps=steps,
        seed=seed,
        **NETWORKS[network],
        **tuned,
    )
    try:
        model = fit(lstm, recipe_settings, watch=lambda run, loss: losses.append(loss))
    except DivergedError:
        return {"reached": inf, "validation": inf, "test": inf, "correct": 0.0}
    figures = lstm.metric(model, recipe_settings)
    return {
        "reached": first_below(losses, settings.enough, settings.window),
        "validation": fmean(losses[-settings.window :]),
        "test": figures["mse"],
        "correct": figures["correct"],
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the adding problem: each worst seed against each best."""
    known = {record["network"] for record in records}

    def errors(network: str, phase: str = "report") -> list[float]:
        found = [record["test"] for record in select(records, network=network, phase=phase)]
        return [inf if error is None else error for error in found]

    def orders(more: list[float], less: list[float]) -> float:
        """By how many powers of ten the smallest of one side is above the largest of the other."""
        return log10(min(more) / max(less))

    found = [
        Conclusion("share of 1/6 that the best plain network is still off by", 6 * min(errors("RNN")), 0.8)
    ]
    found += [
        Conclusion(
            f"powers of ten by which the {network} errs less than the plain network",
            orders(errors("RNN"), errors(network)),
            above=1.0,
        )
        for network in ("LSTM", "GRU")
    ]
    return found + (_of_the_whole(errors) if "RNN, identity" in known else [])


def _of_the_whole(errors: Callable[..., list[float]]) -> list[Conclusion]:
    return [
        Conclusion(
            "share of 1/6 that the plain network is still off by after the longer training",
            6 * min(errors("RNN", "longer")),
            above=0.8,
        ),
        Conclusion(
            "share of 1/6 that the plain network begun at the identity has learned by then",
            1 - 6 * max(errors("RNN, identity", "longer")),
            above=0.3,
        ),
        Conclusion(
            "share of 1/6 that an LSTM of forget bias 1 is still off by",
            6 * min(errors("LSTM, bias 1")),
            above=0.8,
        ),
    ]
