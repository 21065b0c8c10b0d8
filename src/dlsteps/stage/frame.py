"""The frame grammar: what one step of an explorer shows.

A frame is data. Panels come from a closed set, a file in ``panels/`` and one in ``js/panels/`` each. What a
cell was computed from is declared once, by `keys`: cells with the same key, in any panel of the frame, belong
together. Highlights, counts and the words for a screen reader all follow from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .panels.panel import Panel


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
