"""Remember what was already done, by the content of the files that it depends on.

Times of files cannot be trusted after a checkout, and do not show a file that was deleted; content does.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".stamps"
NEVER = {"__pycache__", ".ipynb_checkpoints", "node_modules", "_build"}


def files(patterns: Iterable[str], root: Path = ROOT) -> list[Path]:
    """Return the files that any of the glob patterns matches below root, sorted, caches left out."""
    found = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return sorted(path for path in found if not NEVER.intersection(path.relative_to(root).parts))


def digest(patterns: Iterable[str], root: Path = ROOT) -> str:
    """Return one hash of the Python version and of the names and contents of all matching files."""
    total = hashlib.sha256(sys.version.encode())
    for path in files(patterns, root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        total.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return total.hexdigest()


def is_current(name: str, value: str, stamps: Path = STAMPS) -> bool:
    """Return whether the step called name was last done for this digest."""
    stamp = stamps / name
    return stamp.exists() and stamp.read_text() == value


def mark(name: str, value: str, stamps: Path = STAMPS) -> None:
    """Remember that the step called name is done for this digest."""
    stamps.mkdir(exist_ok=True)
    (stamps / name).write_text(value)


def forget(name: str, stamps: Path = STAMPS) -> None:
    """Forget that the step called name was ever done."""
    (stamps / name).unlink(missing_ok=True)
