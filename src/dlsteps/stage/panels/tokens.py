"""Two rows of words, joined by weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from dlsteps.numbers import number
from dlsteps.stage.display import rounded, to_display

from .panel import Cells, Panel, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Tokens(Panel):
    """Words above and words below, each of these joined to those above that it was computed from.

    The words are its cells, those above first. A word below reads every word above whose weight is not 0, so
    this need not be declared.

    Args:
        above, below: the words, in any script.
        weights: (below, above), 0 or more; the thicker the arc, the larger.
        keys: a key for each word, those above first; -1 for none.
        digits: decimals of a weight.
    """

    kind: ClassVar[str] = "tokens"
    above: Sequence[str]
    below: Sequence[str]
    weights: Any
    keys: Any = None
    digits: int = 2

    _prepare_keys = Cells._prepare_keys

    def __post_init__(self) -> None:
        weights = to_display(self.weights, name=self.title or "weights")
        shape = (len(self.below), len(self.above))
        if weights.shape != shape:
            raise ValueError(
                f"weights of shape {weights.shape}; give one for each word below and above, {shape}"
            )
        if (weights < 0).any():
            raise ValueError(f"a weight is {weights.min():.3g}; an arc has a weight of 0 or more")
        object.__setattr__(self, "weights", weights)
        self._prepare_keys()

    @property
    def cell_shape(self) -> tuple[int, ...]:
        return (len(self.above) + len(self.below),)

    def own_reads(self) -> list[list[int]]:
        """For each word, those above that it has a weight for."""
        return [[] for _ in self.above] + [np.flatnonzero(row).tolist() for row in self.weights]

    def table(self) -> Table:
        rows = [
            [word, *(number(v, self.digits) for v in row)]
            for word, row in zip(self.below, self.weights, strict=True)
        ]
        return Table(["", *self.above], rows)

    def to_json(self) -> dict[str, Any]:
        out = {**super().to_json(), "weights": rounded(self.weights, max(3, self.digits))}
        if self.keys is not None:
            out["keys"] = np.ravel(self.keys).tolist()
        return out
