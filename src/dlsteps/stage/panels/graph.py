"""Nodes and edges."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from dlsteps.numbers import number
from dlsteps.stage.display import significant
from dlsteps.stage.layered import place

from .panel import Cells, Panel, Table

STATES = ("", "new", "folded", "merged", "dead", "next", "hidden")


@dataclass(frozen=True)
class Node:
    """A node of a Graph panel.

    Args:
        label: what it is, such as "a·b".
        value: a number, or a text such as a shape; nothing if it has none yet.
        adjoint: the gradient of the result with respect to it; nothing before the way back has come here.
        state: "new", "folded" (computed before the run), "merged" (another does its work), "dead" (nothing
            needs it), "next" (still to come), or "hidden" (not there, but its place is kept).
    """

    label: str
    value: float | str | None = None
    adjoint: float | str | None = None
    state: str = ""

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(
                f"state={self.state!r} of {self.label!r} is none; try {', '.join(STATES[1:])}, or ''"
            )

    def to_json(self) -> dict[str, Any]:
        out = {"label": self.label, "state": self.state}
        for name in ("value", "adjoint"):
            given = getattr(self, name)
            if given is not None:
                out[name] = {"text": given} if isinstance(given, str) else significant([given])[0]
        return out


@dataclass(frozen=True, kw_only=True, eq=False)
class Graph(Panel):
    """A graph in layers. A node reads what its edges come from, so these need not be declared.

    Args:
        nodes: in any order; the layout is of all of them, so a node that is hidden at first moves no other.
        edges: (from, to) or (from, to, weight), by position in `nodes`.
        room: (from, to) of edges of other frames: not drawn, but the layout is of them too, so that no node
            moves when an edge is led elsewhere.
        keys: a key for each node.
        digits: decimals of values, adjoints and weights.
    """

    kind: ClassVar[str] = "graph"
    nodes: Sequence[Node]
    edges: Sequence[tuple[int, int] | tuple[int, int, float]] = ()
    room: Sequence[tuple[int, int]] = ()
    keys: Any = None
    digits: int = 2

    _prepare_keys = Cells._prepare_keys

    def __post_init__(self) -> None:
        for a, b, *_ in (*self.edges, *self.room):
            if not (0 <= a < len(self.nodes) and 0 <= b < len(self.nodes)):
                raise ValueError(f"the edge ({a}, {b}) joins no nodes; there are 0 to {len(self.nodes) - 1}")
        self._prepare_keys()
        self._layout  # noqa: B018 - refuses circles

    @property
    def cell_shape(self) -> tuple[int, ...]:
        return (len(self.nodes),)

    @functools.cached_property
    def _layout(self) -> tuple[list, list]:
        drawn = [(a, b) for a, b, *_ in self.edges]
        if not self.room:
            return place(len(self.nodes), drawn)
        every = sorted({*drawn, *self.room})  # in one order, whichever of them are drawn
        places, bends = place(len(self.nodes), every)
        return places, [bends[every.index(edge)] for edge in drawn]

    @property
    def coming(self) -> list[int]:
        """The nodes that are still to come."""
        return [k for k, node in enumerate(self.nodes) if node.state == "next"]

    @property
    def hidden(self) -> list[int]:
        """The nodes that are not drawn."""
        return [k for k, node in enumerate(self.nodes) if node.state == "hidden"]

    def own_reads(self) -> list[list[int]]:
        """For each node, those that an edge leads from."""
        return [[a for a, b, *_ in self.edges if b == node] for node in range(len(self.nodes))]

    def table(self) -> Table:
        shown = [(k, node) for k, node in enumerate(self.nodes) if node.state not in ("next", "hidden")]
        rows = [
            [
                node.label,
                ", ".join(self.nodes[a].label for a in self.own_reads()[k]),
                *(self._text(part) for part in (node.value, node.adjoint)),
                node.state,
            ]
            for k, node in shown
        ]
        return Table(["node", "from", "value", "gradient", ""], rows or [[""] * 5])

    def _text(self, part: float | str | None) -> str:
        return part if isinstance(part, str) else "" if part is None else number(part, self.digits)

    def to_json(self) -> dict[str, Any]:
        places, bends = self._layout
        edges = [
            {
                "from": a,
                "to": b,
                **({"weight": significant(w)[0]} if w else {}),
                **({"bends": [list(place) for place in bend]} if bend else {}),
            }
            for (a, b, *w), bend in zip(self.edges, bends, strict=True)
        ]
        out = {**super().to_json(), "places": [list(place) for place in places], "edges": edges}
        if self.keys is not None:
            out["keys"] = np.ravel(self.keys).tolist()
        return out
