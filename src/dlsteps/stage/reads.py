"""What was computed from what: for each cell, the cells that it read, and what lights up from that.

Lists of cells may overlap, as the windows of a convolution do. They are the one declaration from which
highlights, counts, the words about a cell and the answers of questions follow; ``js/reads.js`` follows the
same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Cell = tuple[int, int]  # panel, cell
Lists = list[tuple[int, ...]]


def listed(declared: Any, readers: int, cells: int, name: str) -> Lists:
    """For each of the `readers`, the cells that it reads, in order.

    Args:
        declared: a list of cells for each reader, or an array: booleans of (readers, cells), both in
            row-major order and of any shape, such as a mask; or integers of (readers, many), where -1 stands
            for none, such as the windows of a padded picture.
        readers: how many cells read.
        cells: how many cells there are to read.
        name: of the declaration, for the error.

    Returns:
        A tuple of indices for each reader, each index once.

    Raises:
        ValueError: there are more or fewer lists than readers, or a cell is named that does not exist.
    """
    if hasattr(declared, "dtype"):
        array = np.asarray(declared)
        array = array.reshape(readers, -1) if array.size else array.reshape(readers, 0)
        if array.dtype == bool:
            if array.shape[1] != cells:
                raise ValueError(f"{name} is a mask of {array.shape[1]} cells a reader; there are {cells}")
            declared = [np.flatnonzero(row) for row in array]
        else:
            declared = [row[row >= 0] for row in array]
    lists = [tuple(sorted({int(cell) for cell in cells_read})) for cells_read in declared]
    if len(lists) != readers:
        raise ValueError(
            f"{name} has {len(lists)} lists for {readers} that read; give one each, empty for none"
        )
    for read in lists:
        if read and not 0 <= read[0] <= read[-1] < cells:
            wrong = read[-1] if read[-1] >= cells else read[0]
            raise ValueError(f"{name} names cell {wrong}; there are cells 0 to {cells - 1}")
    return lists


def packed(lists: Lists) -> dict[str, Any]:
    """The lists as a few runs: windows that differ only in where they stand are written once.

    Returns:
        ``shapes``, each the runs of one list as first, count, first, count …, counted from the list's first
        cell; ``at``, the first cell of each list; ``of``, the shape of each list, left out if all have one.
    """
    shapes: dict[tuple[int, ...], int] = {}
    of = [shapes.setdefault(_runs(cells), len(shapes)) for cells in lists]
    at = [cells[0] if cells else 0 for cells in lists]
    out: dict[str, Any] = {"shapes": [list(shape) for shape in shapes], "at": at}
    return {**out, "of": of} if len(shapes) > 1 else out


def unpacked(pack: dict[str, Any]) -> Lists:
    """The lists that `packed` has written."""
    shapes = [list(zip(shape[::2], shape[1::2], strict=True)) for shape in pack["shapes"]]
    of = pack.get("of", [0] * len(pack["at"]))
    return [
        tuple(at + first + k for first, count in shapes[shape] for k in range(count))
        for at, shape in zip(pack["at"], of, strict=True)
    ]


def _runs(cells: Sequence[int]) -> tuple[int, ...]:
    runs: list[int] = []
    for cell in cells:
        first = cell - cells[0]
        if runs and first == runs[-2] + runs[-1]:
            runs[-1] += 1
        else:
            runs += [first, 1]
    return tuple(runs)


@dataclass(frozen=True)
class Link:
    """The cells of panel `to` read cells of panel `source`: `lists` has a tuple for each of the first."""

    to: int
    source: int
    lists: Lists

    def to_json(self) -> dict[str, Any]:
        return {"to": self.to, "from": self.source, **packed(self.lists)}


class Lights:
    """Which cells are lit, given what belongs together and what read what.

    Args:
        keys: for each panel the key of each cell, -1 for none; None if its cells have none.
        links: what reads what, within a panel or across.
    """

    def __init__(self, keys: Sequence[Sequence[int] | None], links: Iterable[Link]) -> None:
        self._keys = keys
        self._members: dict[int, list[Cell]] = {}
        for panel, each in enumerate(keys):
            for cell, key in enumerate(each if each is not None else ()):
                if key >= 0:
                    self._members.setdefault(int(key), []).append((panel, cell))
        self._read: dict[Cell, list[Cell]] = {}
        self._readers: dict[Cell, list[Cell]] = {}
        self._shown = {panel for panel, each in enumerate(keys) if each is not None}
        for link in links:
            self._shown |= {link.to, link.source}
            for reader, cells in enumerate(link.lists):
                for cell in cells:
                    self._read.setdefault((link.to, reader), []).append((link.source, cell))
                    self._readers.setdefault((link.source, cell), []).append((link.to, reader))

    def selected(self, key: int) -> list[list[int] | None]:
        """The lit cells of each panel when the statistic `key` is selected; None where all are.

        Where no cell has the key, nothing is selected, and all are lit.
        """
        return self._lit(self._members.get(key, []))

    def pointed(self, panel: int, cell: int) -> list[list[int] | None] | None:
        """The same when a cell is pointed at; None if that says nothing, as the cell belongs to nothing.

        What shares its key is lit with it; and all that these were computed from, and all that was computed
        from them, over any number of steps.
        """
        seeds = self._seeds(panel, cell)
        return self._lit(seeds) if seeds else None

    def _seeds(self, panel: int, cell: int) -> list[Cell]:
        keys = self._keys[panel]
        if keys is not None and keys[cell] >= 0:
            return self._members[int(keys[cell])]
        here = (panel, cell)
        return [here] if here in self._read or here in self._readers else []

    def _lit(self, seeds: Sequence[Cell]) -> list[list[int] | None]:
        if not seeds:
            return [None for _ in self._keys]
        found = _reached(seeds, self._read) | _reached(seeds, self._readers)
        return [
            sorted(cell for p, cell in found if p == panel) if panel in self._shown else None
            for panel in range(len(self._keys))
        ]


def _reached(seeds: Sequence[Cell], arrows: dict[Cell, list[Cell]]) -> set[Cell]:
    seen, waiting = set(seeds), list(seeds)
    while waiting:
        for cell in arrows.get(waiting.pop(), ()):
            if cell not in seen:
                seen.add(cell)
                waiting.append(cell)
    return seen
