"""Lines over an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from dlsteps.numbers import number
from dlsteps.stage.display import significant

from .panel import Cells, Panel, Table


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
    """Lines over one x axis, with a marker that the scene places. The lines are its cells.

    Args:
        lines: what is drawn; each has its color, its dash, and its name at its end.
        x, y: names of the axes.
        xlog, ylog: logarithmic axes; what is not above 0 has no place on one.
        marker: an x, where each line gets a dot.
        keys: a key for each line, so that lines can be selected and belong to cells of other panels.
    """

    kind: ClassVar[str] = "curves"
    lines: Sequence[Line]
    x: str = "x"
    y: str = ""
    xlog: bool = False
    ylog: bool = False
    marker: float | None = None
    keys: Any = None

    _prepare_keys = Cells._prepare_keys

    def __post_init__(self) -> None:
        self._prepare_keys()

    @property
    def cell_shape(self) -> tuple[int, ...]:
        return (len(self.lines),)

    def table(self) -> Table:
        rows = [[line.label, number(line.y[0], 3), number(line.y[-1], 3)] for line in self.lines]
        return Table(["line", "from", "to"], rows)

    def to_json(self) -> dict[str, Any]:
        out = super().to_json()
        return out if self.keys is None else {**out, "keys": self.keys.tolist()}
