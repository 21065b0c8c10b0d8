"""The one loop that trains every recipe."""

import math
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn
from tqdm import tqdm

from dlsteps.train import log, randomness
from dlsteps.train.checkpoint import Checkpoint, CheckpointError, write
from dlsteps.train.engine import machine
from dlsteps.train.interrupt import Interrupt
from dlsteps.train.recipe import Common, as_json, name_of
from dlsteps.train.run import Run
from dlsteps.train.state import set_tensors, tensors_of


class DivergedError(ArithmeticError):
    """The loss or a weight is no longer a number."""


class Interrupted(Exception):  # noqa: N818 - nothing went wrong
    """A signal asked the run to stop, and it was saved."""

    def __init__(self, step: int, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}, saved at step {step}")
        self.step, self.number = step, number


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
            _check_finite(loss, run.step)
            if watch is not None:
                watch(run, loss)
            bar.update()
        return run.result()


def train(run: Run, folder: Path, *, begin: Checkpoint | None = None, progress: bool = True) -> float:
    """Take all steps of a run, with checkpoints and a log in a folder.

    The first checkpoint is written before the first step: a folder that cannot hold one shows at once.

    Args:
        run: at step 0.
        folder: where checkpoints and the log are written.
        begin: the checkpoint to go on from, written with the same settings.
        progress: show a progress bar.

    Returns:
        The wall time in seconds, that before `begin` included.

    Raises:
        Interrupted: if Ctrl-C or SIGTERM came; the run is saved.
        CheckpointError: if it cannot be saved, or `begin` is not of this recipe as it is now.
        DivergedError: if the loss stops being a number; nothing is saved from then on.
    """
    if begin is not None:
        set_tensors(run, begin)
    steps, main = run.settings.steps, run.engine.is_main_process
    clock, every = Clock(begin.seconds if begin else 0.0), log.interval(steps)
    show = {"initial": run.step, "desc": name_of(run.recipe), "disable": not (progress and main)}
    with Interrupt() as asked, log.Log(folder, run.step, main) as lines, tqdm(total=steps, **show) as bar:
        if begin is None:
            _save(run, folder, lines, clock)
        while run.step < steps:
            run.advance()
            bar.update()
            last = run.step == steps
            if last or run.step % every == 0:
                bar.set_postfix(_write_line(run, lines, clock, every), refresh=False)
            stop = asked.agreed(run.step, run.engine)
            if stop or last or run.step % run.settings.save_every == 0:
                _save(run, folder, lines, clock)
            if stop and not last:
                raise Interrupted(run.step, asked.signal)
    return clock.seconds


class Clock:
    """Wall time of a run in seconds, earlier parts included."""

    def __init__(self, before: float):
        self._zero = time.perf_counter() - before

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._zero


def _write_line(run: Run, lines: log.Log, clock: Clock, every: int) -> dict[str, str]:
    count = run.step % every or every
    loss = run.engine.reduce(run.unlogged / count, "mean").item()
    _check_finite(loss, run.step)
    run.unlogged.zero_()
    rate = run.optimizer.param_groups[0]["lr"]
    lines.write(step=run.step, loss=loss, learning_rate=rate, seconds=round(clock.seconds, 3))
    return {"loss": f"{loss:.4g}", "rate": f"{rate:.2g}"}


def _save(run: Run, folder: Path, lines: log.Log, clock: Clock) -> None:
    """Write a checkpoint from the main process; if that fails, all processes say so."""
    tensors = tensors_of(run)
    failure: Exception | None = None
    if run.engine.is_main_process:
        try:
            if not all(parameter.isfinite().all() for parameter in run.model.parameters()):
                raise DivergedError(_diverged("a weight is not a number", run.step))
            lines.sync()
            write(_checkpoint(run, clock, tensors), folder)
        except (DivergedError, CheckpointError) as error:
            failure = error
    failures = torch.tensor([float(failure is not None)], device=run.engine.device)
    if run.engine.reduce(failures, "sum").item():
        raise failure or CheckpointError("the main process cannot save")


def _checkpoint(run: Run, clock: Clock, tensors: dict[str, Tensor]) -> Checkpoint:
    return Checkpoint(
        recipe=name_of(run.recipe),
        settings=as_json(run.settings),
        step=run.step,
        seconds=clock.seconds,
        machine=machine(run.engine),
        tensors=tensors,
    )


def _check_finite(loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise DivergedError(_diverged(f"the loss is {loss}", step))


def _diverged(what: str, step: int) -> str:
    return f"{what} at step {step}; begin anew with a smaller learning_rate or a longer warmup"
