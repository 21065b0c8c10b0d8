"""The axes of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from .panel import Panel, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Axes(Panel):
    """What becomes of each axis of a tensor: (letter, noun, size, fate) each; an empty fate is "kept"."""

    kind: ClassVar[str] = "axes"
    axes: Sequence[tuple[str, str, int, str]]

    def table(self) -> Table:
        rows = [[f"{letter} ({noun})", str(size), fate or "kept"] for letter, noun, size, fate in self.axes]
        return Table(["axis", "size", ""], rows)
