"""Tables of numbers, and the text that a notebook renders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, repr=False)
class Markdown:
    """Text that a notebook renders; its repr is the text itself, so that a test can compare it."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markdown:
    """A table; numbers stand as the caller has written them."""
    lines = [head, ["---"] * len(head), *rows]
    return Markdown("\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines))


def below(value: float) -> str:
    """The next power of ten above a residual, 1e-12 or more: less differs from machine to machine."""
    for power in range(-12, 0):
        if value < 10.0**power:
            return f"below 1e{power}"
    return f"{value:.3f}"
