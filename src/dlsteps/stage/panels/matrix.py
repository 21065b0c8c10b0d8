"""A table of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .panel import Cells, Panel, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix(Cells, Panel):
    """A 2-D array of cells with labels for rows and columns."""

    kind: ClassVar[str] = "matrix"
    values: Any
    keys: Any = None
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    digits: int = 2
    scale: float | None = None
    reveal: bool = False

    def __post_init__(self) -> None:
        self._prepare(2, "a 2-D array")
        for labels, size, name in ((self.rows, 0, "rows"), (self.columns, 1, "columns")):
            if labels and len(labels) != self.values.shape[size]:
                raise ValueError(f"{len(labels)} labels for {self.values.shape[size]} {name}")

    def table(self) -> Table:
        rows, columns = ([str(k) for k in range(n)] for n in self.values.shape)
        return named(self.texts(), self.rows or rows, self.columns or columns)


def named(texts: Any, rows: Sequence[str], columns: Sequence[str]) -> Table:
    """A table of texts with a name for each row and each column."""
    return Table(["", *columns], [[name, *row] for name, row in zip(rows, texts, strict=True)])
