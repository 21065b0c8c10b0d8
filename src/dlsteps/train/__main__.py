"""`python -m dlsteps.train NAME` trains a model, and goes on with `--resume` where it was stopped."""

import argparse
import os
import shlex
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from dlsteps.train import checkpoint, log, weights
from dlsteps.train.budget import with_steps_for
from dlsteps.train.checkpoint import Checkpoint, CheckpointError
from dlsteps.train.engine import DEVICES, accelerated, machine
from dlsteps.train.loop import DivergedError, Interrupted, train
from dlsteps.train.picture import picture
from dlsteps.train.recipe import configure, find, name_of, names, parse
from dlsteps.train.run import Run, build

EXAMPLES = """examples:
  python -m dlsteps.train --list
  python -m dlsteps.train NAME --minutes 5 --set learning_rate=3e-4
  python -m dlsteps.train NAME --resume
  torchrun --nproc-per-node 8 -m dlsteps.train NAME --out runs/large"""


def main(arguments: list[str] | None = None) -> int:
    """Train what is named, or list what can be, and return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return _fail("stopped at once; add --resume to go on from the last checkpoint", 130)


def _run(options: argparse.Namespace) -> int:
    if options.list:
        for name in names():
            print(_line(name, weights.CHECKPOINTS))
        return 0
    if options.name is None:
        return _fail("name what to train; --list shows what there is", 2)
    try:
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
    run.release()  # the other processes need not wait for the metric
    if status or not main_process:
        return status
    return _finish(run, folder, seconds, used, options)


def _prepare(options: argparse.Namespace) -> tuple[Run, Checkpoint | None, Path]:
    recipe = find(options.name)
    folder = options.out or Path("runs") / name_of(recipe)
    asked = parse(recipe, options.set)
    asked |= {key: getattr(options, key) for key in ("steps", "seed") if getattr(options, key) is not None}
    begin = _begin(recipe, folder, asked, options) if options.resume else None
    if begin is None:
        _refuse_occupied(folder)
    settings = configure(recipe, begin.settings if begin else asked)
    engine = accelerated(options.device, options.bf16, settings.dtype)
    if options.minutes is not None:
        settings = with_steps_for(options.minutes, recipe, settings, engine)
        _say(f"{settings.steps} steps fit into {options.minutes:g} minutes")
    if begin is not None:
        _note_differences(begin, machine(engine))
    return Run(recipe, settings, engine), begin, folder


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
        if begin.settings.get(key) != value:
            raise ValueError(
                f"{key}={value} is not the {key}={begin.settings.get(key)} of the run in {folder}; "
                "leave it out, or begin anew in another --out"
            )
    _say(f"resumed at step {begin.step}")
    return begin


def _refuse_occupied(folder: Path) -> None:
    if found := checkpoint.paths(folder):
        raise CheckpointError(
            f"{folder} holds a run already ({found[-1].name}); add --resume to go on with it, "
            "or choose another --out"
        )


def _note_differences(begin: Checkpoint, now: dict[str, Any]) -> None:
    changed = [
        f"{key} {now[key]} for {value}" for key, value in begin.machine.items() if now.get(key) != value
    ]
    if changed:
        _say(f"the run goes on with {', '.join(changed)}: its last bits will not be those of an unbroken one")


def _finish(run: Run, folder: Path, seconds: float, used: dict[str, Any], options: argparse.Namespace) -> int:
    show = not options.quiet
    try:
        result = weights.save(
            run.recipe, run.settings, run.result(), folder, seconds=seconds, machine=used, progress=show
        )
        with log.Log(folder, run.step) as lines:
            lines.write(step=run.step, metric=result.metric)
        headline = f"{result.headline} {result.metric[result.headline]}"
        title = f"{result.recipe}: {headline} after {run.step} steps"
        weights.write(folder / "run.png", picture(log.read(folder), title)._repr_png_())
    except CheckpointError as error:
        return _fail(f"{error}; add --resume to finish", 1)
    figures = ", ".join(f"{key} {value}" for key, value in result.metric.items())
    _say(f"{folder / result.recipe}.safetensors after {seconds:.0f} s: {figures}")
    return 0


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
    headline = f"{found.headline} {found.metric[found.headline]}"
    return (
        f"{name:12} {found.parameters:>9,} parameters {found.seconds / 60:5.1f} min   {headline:36} {about}"
    )


def _say(text: object) -> None:
    if os.environ.get("RANK", "0") == "0":
        print(text, flush=True)


def _fail(text: object, status: int) -> int:
    if os.environ.get("RANK", "0") == "0":
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
    add("--set", nargs="+", action="extend", default=[], metavar="KEY=VALUE", help="change settings")
    add("--quiet", action="store_true", help="show no progress bar")
    return parser


if __name__ == "__main__":
    sys.exit(main())
