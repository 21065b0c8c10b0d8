"""Lines over an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dlsteps.numbers import number
from dlsteps.stage.display import significant

from .panel import Panel, Table


@dataclass(frozen=True)
class Line:
    """One line of a Curves panel."""

    label: str
    x: Sequence[float]
    y: Sequence[float]

    def __post_init__(self) -> None:
        if len(self.x) == 0:
            raise ValueError(f"line {self.label!r} has no points; give it at least one")
        if len(self.x) != len(self.y):
            raise ValueError(f"line {self.label!r} has {len(self.x)} x for {len(self.y)} y")

    def to_json(self) -> dict[str, Any]:
        return {"label": self.label, "x": significant(self.x), "y": significant(self.y)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Curves(Panel):
    """Lines over one x axis, with a marker that the scene places."""

    kind: ClassVar[str] = "curves"
    lines: Sequence[Line]
    x: str = "x"
    y: str = ""
    xlog: bool = False
    ylog: bool = False
    marker: float | None = None

    def table(self) -> Table:
        rows = [[line.label, number(line.y[0], 3), number(line.y[-1], 3)] for line in self.lines]
        return Table(["line", "from", "to"], rows)
