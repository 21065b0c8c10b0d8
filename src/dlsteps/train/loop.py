"""The one loop that trains every recipe."""

import math
from collections.abc import Callable
from types import ModuleType

from torch import nn
from tqdm import tqdm

from dlsteps.train import randomness
from dlsteps.train.recipe import Common
from dlsteps.train.run import Run


class DivergedError(ArithmeticError):
    """The loss is no longer a number."""


def fit(
    recipe: ModuleType,
    settings: Common,
    progress: bool = False,
    watch: Callable[[Run, float], None] | None = None,
) -> nn.Module:
    """Train a recipe in this process, on the CPU, without writing anything.

    The caller's random generators are left as they were.

    Args:
        recipe: a recipe module.
        settings: its settings.
        progress: show a progress bar.
        watch: called after each step with the run and the loss before the step.

    Returns:
        The trained model in evaluation mode, with averaged weights if `ema_decay` is not 0.

    Raises:
        DivergedError: if the loss stops being a number.
    """
    with randomness.kept(), tqdm(total=settings.steps, disable=not progress) as bar:
        run = Run(recipe, settings)
        while run.step < settings.steps:
            loss = run.advance().item()
            if not math.isfinite(loss):
                raise DivergedError(f"the loss is {loss} at step {run.step}; try a smaller learning_rate")
            if watch is not None:
                watch(run, loss)
            bar.update()
        return run.result()
