"""How many steps fit into the time that a reader has."""

import dataclasses
import time
from types import ModuleType

import torch

from dlsteps.train import randomness
from dlsteps.train.engine import Engine
from dlsteps.train.recipe import Common
from dlsteps.train.run import Run

WARM = 5  # steps that are not measured: the first ones allocate memory and choose kernels
CHUNK = 10
SHARE = 0.05  # of the time, spent on measuring
LONGEST = 300.0  # seconds; measuring for longer says no more
YEAR = 366 * 24 * 60.0


def with_steps_for(minutes: float, recipe: ModuleType, settings: Common, engine: Engine) -> Common:
    """Choose the number of steps from the measured speed.

    The measuring run is thrown away. The run proper begins anew with the number as one of its settings, so
    that it can be repeated with `--steps` to the last bit, however fast the machine is.

    Args:
        minutes: for measuring and training together; the metric at the end comes on top.
        recipe: a recipe module.
        settings: its settings.
        engine: where to compute.

    Returns:
        The settings with another `steps`.

    Raises:
        ValueError: if minutes is not above 0, or more than a year.
    """
    if not minutes > 0:
        raise ValueError(f"minutes={minutes} is not above 0; try --minutes 1")
    if minutes > YEAR:
        raise ValueError(f"minutes={minutes} is more than a year; try --minutes {YEAR:g}, or --steps")
    enough = min(SHARE * 60 * minutes, LONGEST)
    start = time.perf_counter()
    with randomness.kept(engine.device):
        run = Run(recipe, settings, engine)
        _advance(run, WARM)
        measured, taken = 0, 0.0
        while measured < 2 * CHUNK or taken < enough:
            taken += _advance(run, CHUNK)
            measured += CHUNK
    engine.free_memory()
    left = 60 * minutes - _agreed(time.perf_counter() - start, engine)
    return dataclasses.replace(settings, steps=max(1, int(left / taken * measured)))


def _advance(run: Run, steps: int) -> float:
    start = time.perf_counter()
    for _ in range(steps):
        loss = run.advance()
        run.step %= run.settings.steps  # the schedule ends there
    loss.item()  # a GPU answers when it is done
    return _agreed(time.perf_counter() - start, run.engine)


def _agreed(seconds: float, engine: Engine) -> float:
    return engine.reduce(torch.tensor([seconds], device=engine.device), "mean").item()
