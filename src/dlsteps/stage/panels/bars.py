"""Numbers as bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .matrix import named
from .panel import Cells, Panel, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Bars(Cells, Panel):
    """Numbers as bars, one row of `values` a series: shape (series, labels)."""

    kind: ClassVar[str] = "bars"
    values: Any
    labels: Sequence[str]
    series: Sequence[str] = ()
    keys: Any = None
    digits: int = 2

    def __post_init__(self) -> None:
        self._prepare(2, "a (series, labels) array")
        if len(self.labels) != self.values.shape[1]:
            raise ValueError(f"{len(self.labels)} labels for {self.values.shape[1]} bars a series")
        if self.series and len(self.series) != self.values.shape[0]:
            raise ValueError(f"{len(self.series)} names for {self.values.shape[0]} series")

    def table(self) -> Table:
        names = self.series or [""] * self.values.shape[0]
        return named(self.texts(), names, self.labels)
