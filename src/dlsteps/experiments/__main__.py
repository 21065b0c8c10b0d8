"""`python -m dlsteps.experiments NAME [--slice]` runs one experiment and keeps its result."""

import argparse
import dataclasses
import sys
from pathlib import Path

from dlsteps.experiments import record


def main(arguments: list[str] | None = None) -> int:
    """Run the experiments that are named, or list them, and return the exit status."""
    options = _parser().parse_args(arguments)
    if options.list:
        for name in record.names():
            print(f"{name:20} {record.find(name).__doc__.splitlines()[0]}")
        return 0
    names = record.names() if options.name == "all" else (options.name,)
    return max((_conclude if options.conclude else _run)(name, options) for name in names)


def _conclude(name: str, options: argparse.Namespace) -> int:
    """Draw the conclusions anew from the figures that are kept."""
    result = record.load(name, options.folder)
    record.save(
        dataclasses.replace(result, conclusions=record.concluded(name, result.records)), options.folder
    )
    return _told(record.find(name).conclusions(result.records))


def _run(name: str, options: argparse.Namespace) -> int:
    result = record.measure(name, reduced=options.slice, progress=not options.quiet)
    if options.slice and options.folder is None:
        print(f"{name}: slice in {result.seconds} s, not kept (give --folder to keep it)")
    else:
        print(f"{name}: {record.save(result, options.folder)} in {result.seconds} s")
    return _told(record.find(name).conclusions(result.records))


def _told(conclusions: list[record.Conclusion]) -> int:
    for conclusion in conclusions:
        print(f"  {conclusion}")
    return 0 if all(conclusion.holds for conclusion in conclusions) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dlsteps.experiments", description=__doc__)
    parser.add_argument("name", nargs="?", default="all", choices=[*record.names(), "all"], metavar="NAME")
    parser.add_argument("--slice", action="store_true", help="run the reduced settings of the tests")
    parser.add_argument("--conclude", action="store_true", help="run nothing; conclude from the kept figures")
    parser.add_argument("--list", action="store_true", help="list the experiments")
    parser.add_argument("--quiet", action="store_true", help="show no progress bar")
    parser.add_argument(
        "--folder", type=Path, help="where results are written; beside the experiments if not given"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
