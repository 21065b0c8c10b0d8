"""The book from its stored outputs: from nothing, and with one chapter changed, on a copy of the files."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import nbformat

from benchmarks.report import ROOT, table, verdict

CLEAN, CHANGED = 60, 10  # s


def run() -> None:
    import build_book

    with tempfile.TemporaryDirectory() as folder:
        source, output = Path(folder) / "book", Path(folder) / "out"
        copy(source)
        clean = seconds(build_book, source, output, everything=True)
        chapter = next(iter(sorted((source / "book").glob("normalization/*.ipynb"))))
        notebook = nbformat.read(chapter, as_version=4)
        notebook.cells.append(nbformat.v4.new_markdown_cell("One more sentence.", id="one-more"))
        nbformat.write(notebook, chapter)
        changed = seconds(build_book, source, output, everything=False)
    rows = [("clean", clean, CLEAN), (f"{chapter.name} changed", changed, CHANGED)]
    table(
        ["build", "time", "budget", "verdict"],
        [[name, f"{t:.1f} s", f"{budget} s", verdict(t, budget)] for name, t, budget in rows],
    )
    print(f"\n{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}.")


def copy(target: Path) -> None:
    """The files that git would track, as they are now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def seconds(build_book, source: Path, output: Path, *, everything: bool) -> float:
    start = time.perf_counter()
    try:
        build_book.build(output, strict=False, everything=everything, source=source)
    except build_book.BuildError as error:
        raise RuntimeError(str(error)) from None
    return time.perf_counter() - start
