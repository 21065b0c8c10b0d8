"""`python -m dlsteps.train NAME` trains a model, and goes on with `--resume` where it was stopped."""

import argparse
import os
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from dlsteps.data import DataError
from dlsteps.train import checkpoint, log, weights
from dlsteps.train.budget import with_steps_for
from dlsteps.train.checkpoint import Checkpoint, CheckpointError
from dlsteps.train.engine import DEVICES, accelerated, machine
from dlsteps.train.lock import Lock
from dlsteps.train.loop import DivergedError, Interrupted, train
from dlsteps.train.picture import picture
from dlsteps.train.recipe import configure, differences, find, name_of, names, parse
from dlsteps.train.run import Run, build

EXAMPLES = """examples:
  python -m dlsteps.train --list
  python -m dlsteps.train NAME --minutes 5 --set learning_rate=3e-4
  python -m dlsteps.train NAME --resume
  python -m dlsteps.train NAME --judge --set samples=500
  torchrun --nproc-per-node 8 -m dlsteps.train NAME --out runs/large"""


def main(arguments: list[str] | None = None) -> int:
    """Train what is named, or list what can be, and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return _fail(_stopped(options), 130)


def _stopped(options: argparse.Namespace) -> str:
    """Say what is left after Ctrl-C outside the steps."""
    if options.judge:
        return "stopped at once; the weights are as they were, and so is what is known of them"
    if options.name is None or not checkpoint.paths(_folder(options)):
        return "stopped at once, before the first checkpoint: there is nothing to go on from"
    return "stopped at once; add --resume to go on from the last checkpoint"


def _folder(options: argparse.Namespace) -> Path:
    return options.out or Path("runs") / name_of(find(options.name))


def _run(options: argparse.Namespace) -> int:
    if options.list:
        for name in names():
            print(_line(name, weights.CHECKPOINTS))
        return 0
    if options.name is None:
        return _fail("name what to train; --list shows what there is", 2)
    try:
        if options.judge:
            return _judge(options)
        run, begin, folder = _prepare(options)
    except (ValueError, CheckpointError) as error:
        return _fail(error, 2)
    main_process, used, status = run.engine.is_main_process, machine(run.engine), 0
    try:
        seconds = train(run, folder, begin=begin, progress=not options.quiet)
    except Interrupted as stopped:
        _say(f"{stopped}; go on with\n  {_again(run, folder, options)}")
        status = 128 + stopped.number
    except (CheckpointError, DivergedError) as error:
        status = _fail(error, 1)
    except DataError as error:
        status = _fail(f"{error}; mend the data, and add --resume to go on", 1)
    run.release()  # the other processes need not wait for the metric
    if status or not main_process:
        return status
    return _finish(run, folder, seconds, used, options)


def _prepare(options: argparse.Namespace) -> tuple[Run, Checkpoint | None, Path]:
    recipe, folder = find(options.name), _folder(options)
    asked = parse(recipe, options.set) | _named(options)
    _refuse_occupied(folder, options.resume)
    begin = _begin(recipe, folder, asked, options) if options.resume else None
    settings = configure(recipe, begin.settings | asked if begin else asked)
    engine = accelerated(options.device, options.bf16, settings.dtype)
    run = Run(recipe, settings, engine)  # refuses what cannot be done, before anything is measured
    run.rehearse()
    if options.minutes is not None:
        settings = with_steps_for(options.minutes, recipe, settings, engine)
        _say(f"{settings.steps} steps fit into {options.minutes:g} minutes")
        run = Run(recipe, settings, engine)
    if counts := [f"{value} {key}" for key, value in run.facts.items() if isinstance(value, int)]:
        _say(f"the data: {', '.join(counts)}")
    if begin is not None:
        _note_differences(begin, run)
    return run, begin, folder


def _begin(
    recipe: ModuleType, folder: Path, asked: dict[str, Any], options: argparse.Namespace
) -> Checkpoint:
    if options.minutes is not None:
        raise ValueError(
            "--minutes chooses the steps of a new run, and --resume keeps those it has; leave one out"
        )
    begin, problems = checkpoint.newest(folder, name_of(recipe))
    for problem in problems:
        _say(problem)
    for key, value in asked.items():
        if begin.settings.get(key) != value and key not in getattr(recipe, "JUDGED", ()):
            raise ValueError(
                f"{key}={value} is not the {key}={begin.settings.get(key)} of the run in {folder}; "
                "leave it out, or begin anew in another --out"
            )
    _say(f"resumed at step {begin.step}")
    return begin


def _refuse_occupied(folder: Path, resume: bool) -> None:
    found = checkpoint.paths(folder)
    if found:
        with Lock(folder, _is_first()):  # if the run in it is going on, this says so
            pass
    if found and not resume:
        raise CheckpointError(
            f"{folder} holds a run already ({found[-1].name}); add --resume to go on with it, "
            "or choose another --out"
        )


def _note_differences(begin: Checkpoint, run: Run) -> None:
    if others := differences(begin.data, run.facts):
        _say(f"the data have changed since step {begin.step}: {', '.join(others)}; the run goes on with them")
    now = machine(run.engine)
    changed = [
        f"{key} {now[key]} for {value}" for key, value in begin.machine.items() if now.get(key) != value
    ]
    if changed:
        _say(f"the run goes on with {', '.join(changed)}: its last bits will not be those of an unbroken one")


def _judge(options: argparse.Namespace) -> int:
    """Measure the metric of trained weights anew."""
    if options.resume or options.minutes is not None:
        raise ValueError("--judge measures the metric of weights, and trains nothing; leave the rest out")
    recipe, folder = find(options.name), _folder(options)
    changed = parse(recipe, options.set) | _named(options)
    if not _is_first():  # of several processes, one is enough
        return 0
    try:
        weights.result(name_of(recipe), folder)  # no folder is made for weights that are not there
        with Lock(folder):
            result = weights.judge(recipe, folder, changed, progress=not options.quiet)
            if log.read(folder):  # of the run that the weights came from
                _tell(result, folder, result.settings["steps"])
    except (weights.MetricError, FileNotFoundError) as error:
        return _fail(error, 1)
    _say(f"{folder / result.recipe}.safetensors: {_figures(result)}")
    return 0


def _named(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that have an option of their own."""
    return {key: getattr(options, key) for key in ("steps", "seed") if getattr(options, key) is not None}


def _figures(result: weights.Result) -> str:
    return ", ".join(f"{key} {value}" for key, value in result.metric.items())


def _finish(run: Run, folder: Path, seconds: float, used: dict[str, Any], options: argparse.Namespace) -> int:
    show = not options.quiet
    try:
        with Lock(folder):
            result = weights.save(
                run.recipe,
                run.settings,
                run.result(),
                folder,
                seconds=seconds,
                machine=used,
                data=run.facts,
                progress=show,
            )
            _tell(result, folder, run.step)
    except CheckpointError as error:
        return _fail(f"{error}; add --resume to finish", 1)
    except weights.MetricError as error:
        again = shlex.join(["-m", "dlsteps.train", options.name, "--out", str(folder), "--judge"])
        return _fail(f"{error}; the weights are kept, and can be judged again with python {again}", 1)
    _say(f"{folder / result.recipe}.safetensors after {seconds:.0f} s: {_figures(result)}")
    return 0


def _tell(result: weights.Result, folder: Path, step: int) -> None:
    """Write the metric where the course of the run is told: into the log, and over its picture."""
    with log.Log(folder, step) as lines:
        lines.write(step=step, metric=result.metric)
    title = f"{result.recipe}: {result.headline} {result.metric[result.headline]} after {step} steps"
    weights.write(folder / "run.png", picture(log.read(folder), title)._repr_png_())


def _again(run: Run, folder: Path, options: argparse.Namespace) -> str:
    """Return the command that goes on with a run."""
    launcher = (
        "python" if run.engine.num_processes == 1 else "torchrun …"
    )  # we cannot know all of its options
    device = [] if options.device == "auto" else ["--device", options.device]
    bf16 = {None: [], True: ["--bf16"], False: ["--no-bf16"]}[options.bf16]
    words = ["-m", "dlsteps.train", options.name, *device, *bf16, "--out", str(folder), "--resume"]
    return f"{launcher} {shlex.join(words)}"


def _line(name: str, folder: Path) -> str:
    recipe = find(name)
    about = recipe.__doc__.splitlines()[0]
    if name not in weights.trained(folder):
        parameters = weights.count(build(recipe, recipe.Settings()))
        return f"{name:12} {parameters:>9,} parameters   not trained yet{'':32} {about}"
    found = weights.result(name, folder)
    headline = f"{found.headline} {found.metric.get(found.headline, 'not judged')}"
    return (
        f"{name:12} {found.parameters:>9,} parameters {found.seconds / 60:5.1f} min   {headline:36} {about}"
    )


def _is_first() -> bool:
    """Whether this is the only process, or the first of those that a launcher started."""
    return os.environ.get("RANK", "0") == "0"


def _say(text: object) -> None:
    if _is_first():
        print(text, flush=True)


def _fail(text: object, status: int) -> int:
    if _is_first():
        print(f"error: {text}", file=sys.stderr, flush=True)
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m dlsteps.train",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("name", nargs="?", metavar="NAME", help="what to train, or package.module of your own")
    add("--list", action="store_true", help="list what can be trained, with size, time and metric")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--steps", type=int, help="how often the weights change")
    length.add_argument("--minutes", type=float, help="choose the steps to fit into this time")
    add("--device", choices=DEVICES, default="auto", help="where to compute")
    bf16 = "compute in bfloat16 (by default, on CUDA devices that have it)"
    add("--bf16", action=argparse.BooleanOptionalAction, help=bf16)
    add("--seed", type=int, help="of weights, data and all else that is random")
    add("--out", type=Path, metavar="DIR", help="folder for checkpoints and results (runs/NAME)")
    add("--resume", action="store_true", help="go on from the newest good checkpoint")
    add("--judge", action="store_true", help="measure the metric of the trained weights again")
    add("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="change settings")
    add("--quiet", action="store_true", help="show no progress bar")
    return parser


if __name__ == "__main__":
    sys.exit(main())
