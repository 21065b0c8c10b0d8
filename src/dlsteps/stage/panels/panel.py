"""What every panel is: a title, a note, its cells, and its numbers as a table."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import prod
from typing import Any, ClassVar

import numpy as np

from dlsteps.numbers import number
from dlsteps.stage.display import full_color, rounded, to_display


@dataclass(frozen=True)
class Table:
    """Rows of text below a head; a line break in a cell is kept.

    Args:
        head: a text for each column.
        rows: texts, the first of each row its name.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What all panels have.

    A kind of panel is a dataclass in a file of its own, and a drawing of the same name in ``js/panels``.

    Args:
        title: what is shown.
        note: a few words below it, such as a shape.
        reads: by the title of a panel of the frame, for each cell of this one the cells there that it was
            computed from; see `dlsteps.stage.reads.listed`.
    """

    kind: ClassVar[str] = ""
    title: str = ""
    note: str = ""
    reads: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cell_shape(self) -> tuple[int, ...]:
        """The axes of what can be pointed at; empty where nothing can."""
        return ()

    @property
    def cells(self) -> int:
        """How many cells can be pointed at."""
        return prod(self.cell_shape) if self.cell_shape else 0

    @property
    def coming(self) -> Sequence[int]:
        """The cells that are still to come, whatever is selected."""
        return range(self.cells) if getattr(self, "pending", False) else ()

    def own_reads(self) -> Sequence[Sequence[int]]:
        """What the cells read of each other, where the panel shows it; nothing if it does not."""
        return ()

    def table(self) -> Table | str:
        """What the panel shows, for a reader without JavaScript: a table, or a sentence."""
        raise NotImplementedError

    def to_json(self) -> dict[str, Any]:
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "reads"}
        kept = {name: _json(value) for name, value in own.items() if value not in _EMPTY}
        return {"kind": self.kind, **kept}


class Cells:
    """The part that panels of cells share: numbers, and the key of each."""

    @property
    def cell_shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def floor(self) -> float:
        """Below it a number that has no digit to show is written as 0: beside the others it has no color."""
        return getattr(self, "scale", 1.0) / 20

    def texts(self) -> np.ndarray:
        """The numbers as they are written in the cells, in the shape of `values`."""
        written = [number(value, self.digits, floor=self.floor) for value in self.stored]
        return np.array(written, dtype=object).reshape(self.values.shape)

    @functools.cached_property
    def stored(self) -> list[float | str]:
        """The numbers as the script gets them, in row-major order."""
        beside = getattr(self, "scale", 0.0)
        return rounded(self.values, max(3, getattr(self, "digits", 0)), beside)

    def _prepare(self, ndim: int, layout: str) -> None:
        values = to_display(self.values, name=self.title or "values")
        if values.ndim != ndim:
            raise ValueError(f"a {type(self).__name__} shows {layout}; got shape {values.shape}")
        object.__setattr__(self, "values", values)
        if getattr(self, "scale", 0) is None:
            object.__setattr__(self, "scale", full_color(values))
        scale = getattr(self, "scale", 1.0)
        if not 0 < scale < float("inf"):
            raise ValueError(f"scale={scale} is no positive number; try the largest absolute value shown")
        self._prepare_keys()

    def _prepare_keys(self) -> None:
        if self.keys is None:
            return
        keys = np.broadcast_to(np.asarray(self.keys), self.cell_shape)
        if not np.issubdtype(keys.dtype, np.integer):
            raise TypeError(f"keys are integers, one a cell; got dtype {keys.dtype}")
        object.__setattr__(self, "keys", keys)

    def to_json(self) -> dict[str, Any]:
        out = {name: value for name, value in super().to_json().items() if name not in ("values", "keys")}
        out["shape"] = list(self.values.shape)
        out["values"] = self.stored
        if self.keys is not None:
            out["keys"] = self.keys.ravel().tolist()
        return out


class _Empties:
    """Defaults that need not be written: nothing, no, empty. Zero is a value: a marker stands at it."""

    def __contains__(self, value: Any) -> bool:
        return value is None or value is False or (isinstance(value, (str, tuple, list)) and not value)


_EMPTY = _Empties()


def _json(value: Any) -> Any:
    if hasattr(value, "to_json"):
        return value.to_json()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [_json(v) for v in value]
    return value
