"""A tensor of four axes, as books on a shelf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .panel import Cells, Panel, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Shelf(Cells, Panel):
    """An (N, C, H, W) tensor as N books of C pages with H lines of W characters.

    Args:
        values: the tensor.
        keys: for each cell, the statistic it belongs to; broadcast to the tensor's shape; -1 for none.
        digits: decimals shown in a cell.
        scale: the absolute value at which the color is full; the largest one if not given.
        pages: align to a neighbor of this many pages (a statistic beside the tensor it came from).
        reveal: show only the cells up to the selected key; the rest are still to come.
        pending: show no cell yet; all are still to come.
        cube: offer the cube view too.
        row, column: what a page and a book are called.
    """

    kind: ClassVar[str] = "shelf"
    values: Any
    keys: Any = None
    digits: int = 1
    scale: float | None = None
    pages: int = 0
    reveal: bool = False
    pending: bool = False
    cube: bool = False
    row: str = "page"
    column: str = "book"

    def __post_init__(self) -> None:
        self._prepare(4, "an (N, C, H, W) tensor")

    def table(self) -> Table:
        N, C, _, _ = self.values.shape
        texts = self.texts()
        return Table(
            ["", *(f"{self.column} {n}" for n in range(N))],
            [[f"{self.row} {c}", *(_lines(texts[n, c]) for n in range(N))] for c in range(C)],
        )


def _lines(page: np.ndarray) -> str:
    return "\n".join(" ".join(line) for line in page)
