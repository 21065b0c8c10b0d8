"""Check everything that can be checked on this machine, in a fixed order, and say what was left out.

A step that passed is not run again until a file that it depends on changes (FORCE=1 runs all of them).
DLSTEPS_REQUIRE_BROWSER=1 makes a missing browser an error, so that no machine skips those tests unnoticed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import build_book
import stamps

sys.path.append(str(stamps.ROOT / "tests"))
import browsers

PYTEST = [sys.executable, "-m", "pytest", "--no-header"]
# A file stays on one worker: a kernel keeps its state from cell to cell, and fixtures are made once.
PARALLEL = ["-n", "2", "--dist", "loadfile"]
# An explorer stays on one worker: what it must show is computed once.
BY_EXPLORER = ["-n", "2", "--dist", "loadgroup"]
NODE_TESTS = "tests/js/**/*.test.js"
STRICT = stamps.ROOT / "_build" / "strict"
SITE = STRICT / "_build" / "html"

CONFIG = [
    "pyproject.toml",
    "requirements.txt",
    "_config.yml",
    "_toc.yml",
    "package*.json",
    "Makefile",
    ".ci/*",
]
CODE = [*CONFIG, "src/**/*", "tests/**/*", "tools/**/*", "benchmarks/**/*"]
EVERYTHING = [*CODE, "book/**/*", ".github/**/*", "*.md"]

# Tests and notebooks run side by side: two threads each on two cores are 60 times slower than one.
# The other two keep paths and notices of the machine out of compared outputs.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    "JUPYTER_PLATFORM_DIRS": "1",
    "DLSTEPS_SITE": str(SITE),
}


class LeftOut(Exception):  # noqa: N818 - the machine lacks something; nothing is wrong
    """A step cannot run on this machine; the message says what it lacks."""


def call(*command: str | Path) -> None:
    """Run a command from the top folder; CalledProcessError if it fails."""
    subprocess.run([str(part) for part in command], cwd=stamps.ROOT, check=True)


def lint() -> None:
    """Ruff's rules and its format."""
    call(sys.executable, "-m", "ruff", "check", ".")
    call(sys.executable, "-m", "ruff", "format", "--check", ".")


def unit_tests() -> None:
    """Every test of the code, so that an edit of a page runs none of them again."""
    call(*PYTEST, *PARALLEL, "tests", "--ignore=tests/book", "-m", "not site and not browser")


def book_tests() -> None:
    """Every test of the pages, and of the tools that make them, that needs neither a build nor a browser."""
    call(*PYTEST, *PARALLEL, "tests/book", "-m", "not site and not browser")


def node_tests() -> None:
    """The explorers' JavaScript, without a browser."""
    if not shutil.which("node"):
        raise LeftOut("no Node here, so the JavaScript tests did not run")
    tests = stamps.files([NODE_TESTS])
    if not tests:
        raise LeftOut("there are no JavaScript tests")
    call("node", "--test", *tests)


def bundles() -> None:
    """The committed bundles are what their sources give."""
    if not stamps.files(["src/dlsteps/stage/js/*.js"]):
        raise LeftOut("there is no JavaScript to bundle")
    if not shutil.which("npm"):
        raise LeftOut("no npm here, so the bundles were not compared with their sources")
    try:
        call("npm", "ci", "--ignore-scripts", "--silent")
    except subprocess.CalledProcessError:
        raise LeftOut(
            "npm could not fetch esbuild, so the bundles were not compared with their sources"
        ) from None
    call("node", "tools/bundle.mjs", "--check")


def notebooks() -> None:
    """Every notebook runs, and gives the outputs that are stored in it."""
    if not stamps.files(["book/**/*.ipynb"]):
        raise LeftOut("there are no notebooks")
    call(*PYTEST, "--nbval", "--nbval-current-env", "--nbval-cell-timeout=120", *PARALLEL, "book")


def strict_build() -> None:
    """The book builds from nothing, without a warning and with every page."""
    start = time.monotonic()
    build_book.build(STRICT, strict=True, everything=True)
    print(f"{len(build_book.pages())} pages without a warning in {time.monotonic() - start:.1f} s")


def site_tests() -> None:
    """The built pages: as files, and in Chromium where there is one."""
    if not SITE.exists():
        raise build_book.BuildError("There is no built book to test.")
    if browsers.find_chromium() or browsers.required():
        call(*PYTEST, *BY_EXPLORER, "tests", "-m", "site or browser")
    else:
        call(*PYTEST, "tests", "-m", "site and not browser")
        raise LeftOut("no Chromium here (set CHROMIUM=/path/to/it), so the browser tests did not run")


@dataclass(frozen=True)
class Step:
    """One line of the report: a heading, what to run, and the files that it depends on."""

    name: str
    heading: str
    run: Callable[[], None]
    inputs: list[str]


STEPS = [
    Step("lint", "Lint and format", lint, CODE),
    Step("unit", "Unit tests", unit_tests, [*CODE, "book/claims.yml"]),
    Step("book", "Tests of the pages", book_tests, EVERYTHING),
    Step("node", "JavaScript tests", node_tests, ["src/**/*.js", "tests/js/**/*", "package*.json"]),
    Step(
        "bundles",
        "Bundles are current",
        bundles,
        ["src/**/*.js", "src/**/*.css", "tools/*.mjs", "package*.json"],
    ),
    Step("notebooks", "Notebooks give their stored outputs", notebooks, [*CONFIG, "src/**/*", "book/**/*"]),
    Step("strict", "Strict build of the book", strict_build, [*build_book.INPUTS, "tools/build_book.py"]),
    Step("site", "The built pages", site_tests, EVERYTHING),
]


def check(step: Step, *, force: bool) -> str:
    """Run one step and return "passed", "unchanged", "failed" or what was left out."""
    value = stamps.digest(step.inputs)
    current = stamps.is_current(step.name, value) and (step.name != "strict" or SITE.exists())
    if current and not force:
        print(f"== {step.heading}: unchanged since it passed", flush=True)
        return "unchanged"
    print(f"== {step.heading}", flush=True)
    stamps.forget(step.name)
    try:
        step.run()
    except LeftOut as reason:
        print(f"Left out: {reason}.", flush=True)
        return str(reason)
    except subprocess.CalledProcessError as error:
        print(f"Failed with exit code {error.returncode}: {' '.join(error.cmd)}", flush=True)
        return "failed"
    except build_book.BuildError as error:
        print(error, flush=True)
        return "failed"
    stamps.mark(step.name, value)
    return "passed"


def main() -> int:
    """Run all steps; the exit status says whether none failed."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    os.environ.update(ENVIRONMENT)
    force, start = bool(os.environ.get("FORCE")), time.monotonic()
    results = {step.heading: check(step, force=force) for step in STEPS}
    failed = [heading for heading, result in results.items() if result == "failed"]
    left_out = [result for result in results.values() if result not in ("passed", "unchanged", "failed")]
    print(f"== {len(results)} steps in {time.monotonic() - start:.0f} s")
    for reason in left_out:
        print(f"left out: {reason}")
    print(f"failed: {', '.join(failed)}" if failed else "passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
