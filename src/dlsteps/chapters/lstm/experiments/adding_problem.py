"""Which recurrent networks learn to add two numbers that lie 30 to 60 steps back.

Each network has its own learning rate, from a grid that is widened until the best lies inside, and the same
number of steps, clipping and width. The plain networks are given four times the steps as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import inf
from statistics import fmean
from typing import Any

from dlsteps.experiments import long_memory
from dlsteps.experiments.long_memory import first_below
from dlsteps.experiments.paired import differences, more
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.experiments.tuning import tune_then_report
from dlsteps.train import fit
from dlsteps.train.loop import DivergedError

# The forget gates of the first begin open and its input gates shut; those of the second as they often do.
NETWORKS: dict[str, dict[str, Any]] = {
    "LSTM, bias 4": {"cell": "lstm", "forget_bias": 4.0, "shut_input": True},
    "LSTM, bias 1": {"cell": "lstm", "forget_bias": 1.0, "shut_input": False},
    "RNN": {"cell": "rnn"},
    "RNN, identity": {"cell": "irnn"},
}
PLAIN = ("RNN", "RNN, identity")
MEAN = 1 / 6  # the squared error of who always says the mean


@dataclass(frozen=True)
class Settings:
    networks: tuple[str, ...] = tuple(NETWORKS)
    T: int = 60
    width: int = 32
    batch_size: int = 32
    steps: int = 500
    longer: int = 4
    learning_rates: tuple[float, ...] = (0.001, 0.003, 0.01, 0.03)
    clip_norm: float = 0.1
    enough: float = 0.01
    window: int = 25
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(
    networks=("LSTM, bias 4", "RNN"),
    T=40,
    steps=300,
    longer=1,
    learning_rates=(0.03,),
    seeds=(0,),
)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train each network at its best learning rate.

    Returns:
        Records with network, phase ("tuning", "report", or "longer" with more steps), learning_rate, seed,
        steps, `reached` (steps until the mean squared error of the last sequences was below `enough`),
        `validation` (that error at the end), `test` (the error on 1,000 held-out sequences) and `correct`
        (the share of these that the paper counts as correct).
    """
    grid = {"learning_rate": settings.learning_rates}
    records = []
    for network in bar(settings.networks, "adding_problem", progress):
        trial = partial(_trial, settings, network, settings.steps)
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds, better="smaller")
        records += [{"network": network, **record, "steps": settings.steps} for record in found]
        if network in PLAIN and settings.longer > 1:
            best = {"learning_rate": found[-1]["learning_rate"]}
            records += [_longer(settings, network, best, seed) for seed in settings.seeds]
    return records


def _longer(settings: Settings, network: str, best: Mapping[str, float], seed: int) -> Record:
    steps = settings.longer * settings.steps
    head = {"network": network, "phase": "longer", **best, "seed": seed}
    return head | _trial(settings, network, steps, best, seed) | {"steps": steps}


def _trial(settings: Settings, network: str, steps: int, tuned: Mapping[str, float], seed: int) -> Record:
    losses: list[float] = []
    chosen = long_memory.Settings(
        task="adding",
        T=settings.T,
        width=settings.width,
        batch_size=settings.batch_size,
        steps=steps,
        clip_norm=settings.clip_norm,
        seed=seed,
        **NETWORKS[network],
        **tuned,
    )
    try:
        model = fit(long_memory, chosen, watch=lambda run, loss: losses.append(loss))
    except DivergedError:
        return {"reached": inf, "validation": inf, "test": inf, "correct": 0.0}
    figures = long_memory.metric(model, chosen)
    return {
        "reached": first_below(losses, settings.enough, settings.window),
        "validation": fmean(losses[-settings.window :]),
        "test": figures["mse"],
        "correct": figures["correct"],
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the adding problem; errors are shares of 1/6, that of the mean."""

    def errors(network: str, phase: str = "report") -> Any:
        return values(records, "test", network=network, phase=phase) / MEAN

    plain, opened = {"network": "RNN"}, {"network": "LSTM, bias 4"}
    found = [
        Conclusion("least error of a plain network", errors("RNN").min(), above=0.8),
        Conclusion("1 minus the largest error of an LSTM of bias 4", 1 - errors("LSTM, bias 4").max(), 0.9),
        more("error of the plain network minus that of an LSTM of bias 4",
             differences(records, "test", plain, opened), by=0.1),
    ]  # fmt: skip
    if "longer" not in {record["phase"] for record in records}:
        return found
    identity = errors("RNN, identity", "longer").max()
    return [
        *found,
        Conclusion("least error of a plain network, longer training", errors("RNN", "longer").min(), 0.8),
        Conclusion("1 minus the largest error from the identity, longer training", 1 - identity, above=0.3),
        Conclusion("least error of an LSTM of bias 1", errors("LSTM, bias 1").min(), above=0.8),
    ]
