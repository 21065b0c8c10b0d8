"""The frame grammar: what one step of an explorer shows.

A frame is data. Panels come from a closed set, a file in ``panels/`` and one in ``js/panels/`` each. What a
cell was computed from is declared once: by `reads`, a list of cells for each cell, which may overlap; or by
`keys`, where cells fall into groups: those of one key, in any panel of the frame, belong together.
Highlights, counts, the words for a screen reader and the answers of questions all follow from it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dlsteps.numbers import in_tex

from .panels.panel import Panel
from .reads import Lights, Link, listed


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
        reads: for statistics that no panel shows: by the title of a panel, a list of its cells for each key.
        everything: light every cell, as when all statistics are done at once.
    """

    panels: Sequence[Panel]
    caption: str
    lead: str = ""
    formula: str = ""
    readout: Sequence[tuple[str, str]] = ()
    select: Select | None = None
    everything: bool = False
    reads: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.reads and self.select is None:
            raise ValueError("a frame's reads are a list for each key; give it a select that names the keys")
        self.links  # noqa: B018 - refuses what does not fit
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

    @functools.cached_property
    def links(self) -> tuple[Link, ...]:
        """What reads what: between panels, by their number; the number after the last stands for the keys."""
        declared = [(p, panel.cells, panel.reads, panel.title) for p, panel in enumerate(self.panels)]
        if self.select is not None:
            declared.append((len(self.panels), len(self.select.labels), self.reads, self.select.noun))
        found = []
        for to, readers, reads, name in declared:
            for title, lists in reads.items():
                source = self._called(title)
                cells = self.panels[source].cells
                found.append(Link(to, source, listed(lists, readers, cells, f"{name!r} reads {title!r}: it")))
        for p, panel in enumerate(self.panels):
            if any(own := panel.own_reads()):
                found.append(Link(p, p, listed(own, panel.cells, panel.cells, f"{panel.title!r}: it")))
        return tuple(found)

    def _called(self, title: str) -> int:
        found = [p for p, panel in enumerate(self.panels) if panel.title == title]
        if len(found) != 1:
            titles = ", ".join(repr(panel.title) for panel in self.panels)
            raise ValueError(
                f"{len(found)} panels are called {title!r}; what is read has one title of {titles}"
            )
        return found[0]

    @functools.cached_property
    def _lights(self) -> Lights:
        keys = [getattr(panel, "keys", None) for panel in self.panels]
        flat = [None if each is None else each.ravel().tolist() for each in keys]
        if self.reads:
            flat.append(list(range(len(self.select.labels))))
        return Lights(flat, self.links)

    def lit(self, key: int = 0) -> list[list[int] | None]:
        """The cells of each panel that are lit when `key` is selected; None where all are."""
        if self.everything:
            return [None for _ in self.panels]
        return self._lights.selected(key)[: len(self.panels)]

    def pointed(self, panel: int, cell: int) -> list[list[int] | None] | None:
        """The same when a cell is pointed at; None if nothing changes, as the cell belongs to nothing."""
        found = self._lights.pointed(panel, cell)
        return found and found[: len(self.panels)]

    def text(self, key: int = 0) -> tuple[str, str]:
        """Caption and formula as they read when `key` is selected."""
        caption, formula = self.caption, self.formula
        if self.select is not None:
            caption, formula = self.select.fill(caption, key), self.select.fill(formula, key)
        return re.sub(r"(?<!\w)-(?=\d)", "−", caption), in_tex(formula)

    def to_json(self) -> dict[str, Any]:
        out = {"panels": [p.to_json() for p in self.panels], "caption": self.caption}
        for name in ("lead", "formula", "everything"):
            if getattr(self, name):
                out[name] = getattr(self, name)
        if self.readout:
            out["readout"] = [list(pair) for pair in self.readout]
        if self.select is not None:
            out["select"] = self.select.to_json()
        if self.links:
            out["reads"] = [link.to_json() for link in self.links]
        return out
