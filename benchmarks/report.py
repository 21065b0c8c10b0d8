"""Tables with a budget and a verdict, and where things are."""

from __future__ import annotations

import gzip
import math
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "tests"), str(ROOT / "tools")]  # the browser, the explorers and the build live there


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a Markdown table; all columns but the first are aligned to the right."""
    print("| " + " | ".join(head) + " |")
    print("| --- |" + " ---: |" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |", flush=True)


def verdict(value: float, budget: float) -> str:
    return "within" if value <= budget else "**over**"


def percentile(values: Sequence[float], p: float) -> float:
    """The smallest value that at least p percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * p / 100) - 1)]


def zipped(data: bytes) -> int:
    """The bytes that a server sends for `data`."""
    return len(gzip.compress(data, 9, mtime=0))


def kb(size: float) -> str:
    return f"{size / 1000:.1f} kB"


def site() -> Path:
    """The built book: DLSTEPS_SITE, or _build/html, which is built if it is missing."""
    import build_book

    folder = Path(os.environ.get("DLSTEPS_SITE") or ROOT / "_build" / "html")
    if not (folder / "index.html").exists():
        try:
            folder = build_book.build(ROOT, strict=False, everything=True)
        except build_book.BuildError as error:
            raise RuntimeError(str(error)) from None
    return folder
