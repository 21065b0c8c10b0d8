"""What an LSTM's first forget bias decides: whether a gradient comes back over 100 steps at all.

The first of 101 tokens is one of two, and is to be named at the end; the others distract. Before training,
the gradient of the last cell is followed back in time. Each bias gets its own learning rate, from a grid that
is widened until the best lies inside.
Training stops, and the rate is chosen, by sequences that training does not read; what is reported comes from
others again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import log10
from statistics import fmean

import torch
from torch import Tensor

from dlsteps.experiments import long_memory
from dlsteps.experiments.paired import differences, more
from dlsteps.experiments.record import Conclusion, Record, bar, select, values
from dlsteps.experiments.training import seeded
from dlsteps.experiments.tuning import tune_then_report
from dlsteps.nn.recurrent import along_the_belt, through_time
from dlsteps.train import fit
from dlsteps.train.recipes import lstm
from dlsteps.train.run import Run


@dataclass(frozen=True)
class Settings:
    forget_biases: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0)
    trained: tuple[float, ...] = (1.0, 2.0, 4.0)
    T: int = 100
    tokens: int = 2
    width: int = 32
    batch_size: int = 32
    steps: int = 500
    warmup: int = 20
    learning_rates: tuple[float, ...] = (0.0003, 0.001, 0.003, 0.01)
    enough: float = 0.99
    every: int = 10
    looked_at: int = 256
    lags: tuple[int, ...] = (0, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)
    tuning_seeds: tuple[int, ...] = (100, 101, 102)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


SLICE = Settings(
    forget_biases=(1.0, 4.0),
    trained=(1.0, 4.0),
    T=60,
    width=16,
    steps=100,
    learning_rates=(0.003,),
    lags=(0, 60),
    seeds=(0,),
)


class _Reached(Exception):  # noqa: N818 - nothing went wrong
    """The network knows enough; more steps would tell nothing."""


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Measure the gradient along time, and then train, for each forget bias.

    Returns:
        Records with forget_bias, phase and seed. In the phase "gradient", for each lag: `gradient`, the norm
        of ∂c_T[u]/∂c_(T−lag) in the median over units u and sequences, and `belt`, the product of the forget
        gates alone. In the phases "tuning" and "report": learning_rate, `reached` (steps until the accuracy
        on validation sequences was `enough`), `validation` (the same, or all steps and the last loss) and
        `test` (accuracy at the end, on 1,000 sequences that neither trained, stopped nor chose anything).
    """
    records = []
    for bias, seed in product(settings.forget_biases, settings.seeds):
        records += _gradients(settings, bias, seed)
    grid = {"learning_rate": settings.learning_rates}
    for bias in bar(settings.trained, "forget_bias", progress):
        trial = partial(_trial, settings, bias)
        found = tune_then_report(trial, grid, settings.tuning_seeds, settings.seeds, better="smaller")
        records += [{"forget_bias": bias, **record} for record in found]
    return records


def _recipe(settings: Settings, bias: float, seed: int, **tuned: float) -> long_memory.Settings:
    return long_memory.Settings(
        task="recall",
        T=settings.T,
        tokens=settings.tokens,
        width=settings.width,
        batch_size=settings.batch_size,
        steps=settings.steps,
        warmup=settings.warmup,
        forget_bias=bias,
        shut_input=False,
        seed=seed,
        **tuned,
    )


def _gradients(
    settings: Settings, bias: float, seed: int, sequences: int = 4, units: int = 8
) -> list[Record]:
    """Follow the gradient of some units of the last cell back through an untrained network."""
    recipe_settings = _recipe(settings, bias, seed)
    model = seeded(lambda: lstm.build(recipe_settings), seed)  # float64: the gradient can be below 1e-30
    x = long_memory.data(recipe_settings)(torch.arange(sequences)).x.double()
    (read,) = model.layer.record(x)
    norms = [
        through_time(read.steps, "c", sample=sample, unit=unit).norm(dim=1)
        for sample, unit in product(range(sequences), range(units))
    ]
    gradient = torch.stack(norms).median(dim=0).values
    belt = along_the_belt(read.steps).flatten(1).median(dim=1).values
    head = {"forget_bias": bias, "phase": "gradient", "seed": seed}
    return [
        head | {"lag": lag, "gradient": gradient[-1 - lag].item(), "belt": belt[-1 - lag].item()}
        for lag in settings.lags
    ]


def _trial(settings: Settings, bias: float, tuned: Mapping[str, float], seed: int) -> Record:
    recipe_settings = _recipe(settings, bias, seed, **tuned)
    first = settings.steps * settings.batch_size  # beyond the samples that training reads
    validation = long_memory.data(recipe_settings)(torch.arange(first, first + settings.looked_at))
    losses: list[float] = []
    kept: list[torch.nn.Module] = []

    def watch(run: Run, loss: float) -> None:
        losses.append(loss)
        if run.step % settings.every == 0 and _accuracy(run.model, *validation) >= settings.enough:
            kept.append(run.model)
            raise _Reached

    try:
        model, reached = fit(long_memory, recipe_settings, watch=watch), float("inf")
        score = settings.steps + fmean(losses[-25:])
    except _Reached:
        (model,) = kept
        reached = score = float(len(losses))
    test = long_memory.metric(model, recipe_settings)["correct"]
    return {"reached": reached, "validation": score, "test": test}


@torch.no_grad()
def _accuracy(model: torch.nn.Module, x: Tensor, target: Tensor) -> float:
    return (model(x).argmax(dim=1) == target).double().mean().item()


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the forget bias."""
    low, lag = min(record["forget_bias"] for record in records), max(r.get("lag", 0) for r in records)

    def gradients(bias: float) -> list[float]:
        return list(values(records, "gradient", forget_bias=bias, phase="gradient", lag=lag))

    found = select(records, forget_bias=4.0, phase="report")
    return [
        Conclusion(
            "powers of ten by which the gradient over all steps is larger at the largest bias",
            log10(min(gradients(4.0)) / max(gradients(low))),
            above=3.0,
        ),
        more(
            "accuracy at bias 4 minus that at bias 1",
            differences(records, "test", {"forget_bias": 4.0}, {"forget_bias": 1.0}),
            by=0.25,
        ),
        Conclusion(
            "share of the seeds that bias 4 lets learn", fmean(r["reached"] is not None for r in found), 0.99
        ),
    ]
