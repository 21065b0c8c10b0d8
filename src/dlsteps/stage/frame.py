"""The frame grammar: what one step of an explorer shows.

A frame is data. Panels come from a closed set, one dataclass here and one layout function in ``js/``
each. What a cell was computed from is declared once, by `keys`: cells with the same key, in any panel
of the frame, belong together. Highlights, counts and the words for a screen reader all follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from .display import full_color, rounded, significant, to_display


@dataclass(frozen=True)
class Select:
    """What the reader can select in a frame without leaving it: the statistics, one after another.

    Args:
        noun: what is counted, e.g. "page".
        labels: a name for each key 0 … K-1, e.g. "page 2 of every book".
        values: texts for each key; ``«name»`` in a caption or formula stands for ``values[name][key]``.
    """

    noun: str
    labels: Sequence[str]
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.labels:
            raise ValueError("a Select has no labels; name at least one key, or leave it out")
        for name, texts in self.values.items():
            if len(texts) != len(self.labels):
                raise ValueError(f"values[{name!r}] has {len(texts)} texts for {len(self.labels)} keys")

    def fill(self, text: str, key: int) -> str:
        """`text` with each ``«name»`` replaced by what it stands for at `key`."""
        return re.sub(r"«(\w+)»", lambda m: self._value(m.group(1), key), text)

    def _value(self, name: str, key: int) -> str:
        if name == "label":
            return self.labels[key]
        if name not in self.values:
            raise ValueError(f"«{name}» has no values; this frame has {', '.join(self.values) or 'none'}")
        return self.values[name][key]

    def to_json(self) -> dict[str, Any]:
        values = {name: list(texts) for name, texts in self.values.items()}
        return {"noun": self.noun, "labels": list(self.labels), "values": values}


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What all panels have: a title, and a note below it such as a shape."""

    kind: ClassVar[str] = ""
    title: str = ""
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        kept = {name: _json(value) for name, value in own.items() if value not in _EMPTY}
        return {"kind": self.kind, **kept}


class _Cells:
    """The part that panels of cells share: numbers, and the key of each."""

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
        if self.keys is None:
            return
        keys = np.broadcast_to(np.asarray(self.keys), values.shape)
        if not np.issubdtype(keys.dtype, np.integer):
            raise TypeError(f"keys are integers, one a cell; got dtype {keys.dtype}")
        object.__setattr__(self, "keys", keys)

    def to_json(self) -> dict[str, Any]:
        out = {name: value for name, value in super().to_json().items() if name not in ("values", "keys")}
        out["shape"] = list(self.values.shape)
        out["values"] = rounded(self.values, max(3, getattr(self, "digits", 0)))
        if self.keys is not None:
            out["keys"] = self.keys.ravel().tolist()
        return out


@dataclass(frozen=True, kw_only=True, eq=False)
class Shelf(_Cells, Panel):
    """An (N, C, H, W) tensor as N books of C pages with H lines of W characters.

    Args:
        values: the tensor.
        keys: for each cell, the statistic it belongs to; broadcast to the tensor's shape; -1 for none.
        digits: decimals shown in a cell.
        scale: the absolute value at which the color is full; the largest one if not given.
        pages: align to a neighbor of this many pages (a statistic beside the tensor it came from).
        reveal: show only the cells up to the selected key; the rest are still to come.
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
    cube: bool = False
    row: str = "page"
    column: str = "book"

    def __post_init__(self) -> None:
        self._prepare(4, "an (N, C, H, W) tensor")


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix(_Cells, Panel):
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Bars(_Cells, Panel):
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


@dataclass(frozen=True, kw_only=True, eq=False)
class Image(_Cells, Panel):
    """A gray (H, W, 1) or RGB (H, W, 3) image in [0, 1], with a grid and boxes (x, y, w, h, label)."""

    kind: ClassVar[str] = "image"
    values: Any
    keys: Any = None
    grid: int = 0
    boxes: Sequence[tuple[float, float, float, float, str]] = ()

    def __post_init__(self) -> None:
        self._prepare(3, "an (H, W, 1) or (H, W, 3) image")
        if self.values.shape[2] not in (1, 3):
            raise ValueError(f"an Image has 1 or 3 channels; got {self.values.shape[2]}")


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Axes(Panel):
    """What becomes of each axis of a tensor: (letter, noun, size, fate) each; an empty fate is "kept"."""

    kind: ClassVar[str] = "axes"
    axes: Sequence[tuple[str, str, int, str]]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """One step: panels side by side, a caption, a formula with this frame's numbers, and a readout.

    Args:
        lead: the first words of the caption, set in bold.
        caption: one or two sentences that say what just happened, with the numbers.
        formula: TeX.
        readout: (name, value) pairs.
        select: what can be selected; caption and formula may use its ``«names»``.
        everything: light every cell, as when all statistics are done at once.
    """

    panels: Sequence[Panel]
    caption: str
    lead: str = ""
    formula: str = ""
    readout: Sequence[tuple[str, str]] = ()
    select: Select | None = None
    everything: bool = False

    def __post_init__(self) -> None:
        if self.select is None:
            return
        for panel in self.panels:
            keys = getattr(panel, "keys", None)
            if keys is not None and keys.size and keys.max() >= len(self.select.labels):
                raise ValueError(
                    f"{panel.title!r} has key {keys.max()} but only {len(self.select.labels)} can be selected"
                )
        for text in (self.caption, self.formula):
            self.select.fill(text, 0)

    def text(self, key: int = 0) -> tuple[str, str]:
        """Caption and formula as they read when `key` is selected."""
        caption, formula = self.caption, self.formula
        if self.select is not None:
            caption, formula = self.select.fill(caption, key), self.select.fill(formula, key)
        return re.sub(r"(?<!\w)-(?=\d)", "−", caption), formula

    def to_json(self) -> dict[str, Any]:
        out = {"panels": [p.to_json() for p in self.panels], "caption": self.caption}
        for name in ("lead", "formula", "everything"):
            if getattr(self, name):
                out[name] = getattr(self, name)
        if self.readout:
            out["readout"] = [list(pair) for pair in self.readout]
        if self.select is not None:
            out["select"] = self.select.to_json()
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
