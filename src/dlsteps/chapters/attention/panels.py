"""The panels of the attention explorer: what a step reads on the left, what it computes on the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlsteps.chapters.attention.given import WIDE, Given
from dlsteps.nn.attention import AttentionSteps
from dlsteps.stage import Matrix, Tokens
from dlsteps.stage.panels.panel import Panel

TENTH = 0.1
Reads = Mapping[str, Any]


def vectors(title: str, words: list[str], x: Tensor, keys: Any = None, reads: Reads | None = None) -> Matrix:
    """A row for each token, in tenths, so that a number fits its cell; of wide vectors the first numbers."""
    shown = x[:, :WIDE]
    more = "" if shown.shape == x.shape else f", the first {WIDE} numbers of each"
    note = f"in tenths, shape {list(x.shape)}{more}"
    values = shown / TENTH
    return Matrix(title=title, note=note, values=values, rows=words, keys=keys, reads=reads or {}, digits=0)


def square(given: Given, title: str, values: Tensor, reads: Reads | None = None, note: str = "") -> Matrix:
    """A row for each query, a column for each key."""
    return Matrix(
        title=title,
        note=note,
        values=values,
        rows=given.queries,
        columns=given.keys,
        keys=by_query(values),
        reads=reads or {},
        digits=2 if "share" in title or "mask: " in title else 1,
    )


def by_query(values: Tensor) -> np.ndarray:
    """The number of its query for each cell."""
    return np.arange(len(values))[:, None]


def asked(given: Given, head: int) -> list[Panel]:
    """Queries and keys of one head."""
    q, k = given.q[head - 1], given.k[head - 1]
    return [vectors("queries", given.queries, q, by_query(q)), vectors("keys", given.keys, k)]


def multiplied(given: Given, found: AttentionSteps, head: int) -> list[Panel]:
    """The products, each of a row of queries with a row of keys."""
    queries, keys = asked(given, head)
    T, S = found.products.shape
    width = queries.values.shape[1]

    def row(n: int) -> list[int]:
        return list(range(n * width, (n + 1) * width))

    reads = {
        "queries": [row(t) for t in range(T) for _ in range(S)],
        "keys": [row(s) for _ in range(T) for s in range(S)],
    }
    return [queries, keys, square(given, "products", found.products, reads)]


def scaled(given: Given, found: AttentionSteps) -> list[Panel]:
    """Each score from its product."""
    each = np.arange(found.scores.numel())[:, None]
    return [
        square(given, "products", found.products),
        square(given, "scores", found.scores, {"products": each}),
    ]


def masked(given: Given, found: AttentionSteps) -> list[Panel]:
    """Each score, or minus infinity."""
    allowed = torch.isfinite(found.masked).flatten()
    kept = [[cell] if ok else [] for cell, ok in enumerate(allowed.tolist())]
    note = f"{int(allowed.sum())} of {allowed.numel()} are left"
    return [
        square(given, "scores", found.scores),
        square(given, "masked scores", found.masked, {"scores": kept}, note),
    ]


def shared(given: Given, found: AttentionSteps) -> list[Panel]:
    """Each share from all scores of its row that are left; and the shares as arcs."""
    T, S = found.masked.shape
    rows = [np.flatnonzero(row) + t * S for t, row in enumerate(torch.isfinite(found.masked).numpy())]
    reads = {"masked scores": [rows[t] for t in range(T) for _ in range(S)]}
    return [
        square(given, "masked scores", found.masked),
        square(given, "shares", found.weights, reads, "each row sums to 1, or to 0 if nothing is left"),
        Tokens(
            title="who takes from whom",
            note="above the keys, below the queries",
            above=given.keys,
            below=given.queries,
            weights=found.weights,
            keys=np.concatenate([np.full(S, -1), np.arange(T)]),
        ),
    ]


def summed(given: Given, found: AttentionSteps, head: int) -> list[Panel]:
    """Each number of the output from a row of shares and a column of values."""
    v = given.v[head - 1]
    T, S = found.weights.shape
    width = min(v.shape[1], WIDE)
    taken = [np.flatnonzero(row) for row in found.weights.numpy()]
    reads = {
        "shares": [taken[t] + t * S for t in range(T) for _ in range(width)],
        "values": [taken[t] * width + j for t in range(T) for j in range(width)],
    }
    return [
        square(given, "shares", found.weights),
        vectors("values", given.keys, v),
        vectors("output", given.queries, found.output, by_query(found.output), reads),
    ]


def side_by_side(given: Given, shares: Mapping[str, Tensor]) -> list[Panel]:
    """The shares under each mask."""
    return [square(given, f"mask: {name}", weights) for name, weights in shares.items()]
