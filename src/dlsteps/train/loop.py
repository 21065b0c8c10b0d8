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

from dlsteps.data import DataError
from dlsteps.train import log, randomness
from dlsteps.train.checkpoint import Checkpoint, CheckpointError, paths, write
from dlsteps.train.engine import machine
from dlsteps.train.interrupt import Interrupt
from dlsteps.train.lock import Lock
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
        CheckpointError: if it cannot be saved, another run writes to the folder or has written to it, or
            `begin` is not of this recipe as it is now.
        DataError: if the reader's data cannot be used; a run of one process is saved as far as it came.
        DivergedError: if the loss stops being a number; nothing is saved from then on.
    """
    if begin is not None:
        set_tensors(run, begin)
    steps, main = run.settings.steps, run.engine.is_main_process
    clock, every = Clock(begin.seconds if begin else 0.0), log.interval(steps)
    show = {"initial": run.step, "desc": name_of(run.recipe), "disable": not (progress and main)}
    with (
        Interrupt() as asked,
        _locked(run, folder, begin),
        log.Log(folder, run.step, main) as lines,
        tqdm(total=steps, **show) as bar,
    ):
        if begin is None:
            _save(run, folder, lines, clock)
        while run.step < steps:
            _advance(run, folder, lines, clock)
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


def _locked(run: Run, folder: Path, begin: Checkpoint | None) -> Lock:
    """Lock a folder from the main process; if that fails, all processes say so."""
    failure, lock = None, None
    try:
        lock = Lock(folder, run.engine.is_main_process)
        if begin is None and run.engine.is_main_process and (found := paths(folder)):
            lock.__exit__()
            raise CheckpointError(
                f"{folder} holds a run already ({found[-1].name}); add --resume to go on with it, "
                "or choose another --out"
            )
    except CheckpointError as error:
        failure = error
    _raise_together(run, failure)
    return lock


def _advance(run: Run, folder: Path, lines: log.Log, clock: "Clock") -> None:
    """Take a step, or save what there is if the data do not allow another."""
    try:
        run.advance()
    except DataError as error:
        if run.engine.num_processes > 1:  # the others wait for this one's gradient, and cannot save
            raise DataError(f"{error}; the last checkpoint is kept") from error
        run.optimizer.zero_grad()
        _save(run, folder, lines, clock)
        raise DataError(f"{error}; the run is saved at step {run.step}") from error


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
    _raise_together(run, failure)


def _raise_together(run: Run, failure: Exception | None) -> None:
    """Stop all processes where one has failed: else they would wait for it."""
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
        data=run.facts,
    )


def _check_finite(loss: float, step: int) -> None:
    if not math.isfinite(loss):
        raise DivergedError(_diverged(f"the loss is {loss}", step))


def _diverged(what: str, step: int) -> str:
    return f"{what} at step {step}; begin anew with a smaller learning_rate or a longer warmup"
