"""All frames of an explorer as one JSON text in which each distinct value stands once.

A node of the table is plain JSON in which ``{"$": 7}`` stands for the seventh node. The frames share
tensors, keys and sentences, so this is several times smaller than the frames written out; and because
equal values become the same object again when read, a renderer sees at once what did not change.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .controls import Control, State, state_key, states
from .frame import Frame
from .mathematics import mathml

MIN_SHARED = 12  # a reference costs as much as a text this long


class _Table:
    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self._index: dict[str, int] = {}

    def share(self, value: Any) -> Any:
        """`value` with its parts put into the table; itself a reference if it is worth one."""
        if isinstance(value, dict):
            node: Any = {name: self.share(part) for name, part in value.items()}
        elif isinstance(value, list):
            node = [self.share(part) for part in value]
        elif isinstance(value, str):
            node = value
        else:
            return value
        text = dumps(node)
        if len(text) < MIN_SHARED or (isinstance(node, dict) and "$" in node):
            return node
        if text not in self._index:
            self._index[text] = len(self.nodes)
            self.nodes.append(node)
        return {"$": self._index[text]}


def bake(
    controls: Sequence[Control], scene: Callable[..., Frame], some: Iterable[State] | None = None
) -> dict[str, Any]:
    """Compute the frame of every state, or of some, and set every formula that one of them can show.

    Returns:
        ``{"nodes": [...], "frames": {state key: reference}, "math": {TeX: MathML}}``.
    """
    table, frames, math = _Table(), {}, {}
    for state in states(controls) if some is None else some:
        frame = scene(**state)
        frames[state_key(controls, state)] = table.share(frame.to_json())["$"]
        math |= formulas(frame)
    return {"nodes": table.nodes, "frames": frames, "math": math}


def formulas(frame: Frame) -> dict[str, str]:
    """The frame's formula as MathML for each key that can be selected, by its TeX."""
    keys = range(len(frame.select.labels) if frame.select else 1)
    return {tex: mathml(tex) for tex in dict.fromkeys(frame.text(key)[1] for key in keys) if tex}


def unbake(bank: dict[str, Any], key: str) -> Any:
    """The frame stored under a state key, written out again (what the page's script does, in Python)."""

    def read(node: Any) -> Any:
        if isinstance(node, dict):
            return read(bank["nodes"][node["$"]]) if "$" in node else {k: read(v) for k, v in node.items()}
        return [read(v) for v in node] if isinstance(node, list) else node

    return read(bank["nodes"][bank["frames"][key]])


def dumps(value: Any) -> str:
    """Compact JSON, the same bytes for the same value, NaN refused."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


__all__ = ["State", "bake", "dumps", "formulas", "unbake"]
