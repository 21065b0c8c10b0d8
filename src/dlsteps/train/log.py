"""The course of a run as JSON lines."""

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from dlsteps.train.checkpoint import CheckpointError
from dlsteps.train.files import reason, write_whole

NAME = "metrics.jsonl"
NAMED = 5
FIGURES = ("loss", "learning_rate", "seconds")
LINES = 1000  # about so many in a run, however long: a line tells the mean loss since the one before


def interval(steps: int) -> int:
    """Steps between two lines."""
    return max(1, steps // LINES)


class Log(AbstractContextManager["Log"]):
    """Appends lines to a run's log, after dropping those beyond the step at which the run goes on.

    Args:
        folder: of the run; it is made if it is missing.
        step: at which the run goes on.
        active: whether this process writes; the others of a run do not.

    Raises:
        CheckpointError: here and later, if the log cannot be written.
    """

    def __init__(self, folder: Path, step: int, active: bool = True):
        self.folder, self._file = folder, None
        if active:
            with self._explained():
                folder.mkdir(parents=True, exist_ok=True)
                everything = _parsed(folder)
                _warn_of_foreign(everything, folder)
                lines = [line for line in everything if line and line["step"] <= step and "loss" in line]
                text = "".join(json.dumps(line) + "\n" for line in lines)
                write_whole(folder / NAME, text.encode())
                self._file = (folder / NAME).open("a", encoding="utf-8")

    def __exit__(self, *exception: object) -> None:
        if self._file is not None:
            with suppress(OSError):  # what is still to be written was refused before
                self._file.close()

    def write(self, **figures: Any) -> None:
        if self._file is not None:
            with self._explained():
                self._file.write(json.dumps(figures) + "\n")
                self._file.flush()

    def sync(self) -> None:
        """Force the lines to the disk: before a checkpoint, which stands for all steps up to its own."""
        if self._file is not None:
            with self._explained():
                os.fsync(self._file.fileno())

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CheckpointError(f"the log in {self.folder} cannot be written: {reason(error)}") from error


def read(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of a run's log; what is none of them, such as a line that was cut off, is left out."""
    return [line for line in _parsed(folder) if line is not None]


def _warn_of_foreign(lines: list, folder: Path) -> None:
    """Name the lines that no run wrote; the last may be one that was cut off."""
    foreign = [str(number) for number, line in enumerate(lines[:-1], 1) if line is None]
    if foreign:
        listed = ", ".join(foreign[:NAMED]) + (", …" if foreign[NAMED:] else "")
        warnings.warn(
            f"{folder / NAME}: {len(foreign)} lines are none of a run, and left out: {listed}", stacklevel=2
        )


def _parsed(folder: Path) -> list[dict[str, Any] | None]:
    path = Path(folder) / NAME
    if not path.exists():
        return []
    return [_line(text) for text in path.read_text(encoding="utf-8", errors="replace").split("\n")]


def _line(text: str) -> dict | None:
    """Read a line; None if it is not one of a log."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    numbers = [found.get(key, 0) for key in ("step", *FIGURES)] if isinstance(found, dict) else [None]
    is_line = all(isinstance(x, int | float) and not isinstance(x, bool) for x in numbers)
    return found if is_line and isinstance(found.get("step"), int) else None
