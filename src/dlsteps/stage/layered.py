"""Where the nodes of a graph stand: in layers, with few crossings, straight where they can be."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

Edge = tuple[int, int]
Place = tuple[int, float]  # layer, and the position within it; neighbors in a layer are 1 apart or more

_STARTS, _SWEEPS = 24, 12


def place(nodes: int, edges: Sequence[Edge]) -> tuple[list[Place], list[list[Place]]]:
    """Lay out a graph without circles, each edge from a layer to a later one.

    Args:
        nodes: how many there are.
        edges: pairs (from, to).

    Returns:
        The place of each node, and for each edge the places it bends at, one in each layer that it passes.

    Raises:
        ValueError: the edges go round in a circle.
    """
    layer = _layers(nodes, edges)
    chains, parts = (
        [],
        [],
    )  # an edge over several layers is a chain of parts by way of nodes that are not drawn
    for a, b in edges:
        chain = [a, *range(len(layer), len(layer) + layer[b] - layer[a] - 1), b]
        layer += range(layer[a] + 1, layer[b])
        chains.append(chain)
        parts += pairwise(chain)
    orders = _least_crossings(layer, parts)
    across = _straightened(orders, parts, len(layer))
    places = [(layer[k], across[k]) for k in range(len(layer))]
    return places[:nodes], [[places[k] for k in chain[1:-1]] for chain in chains]


def crossings(orders: Sequence[Sequence[int]], parts: Sequence[Edge]) -> int:
    """How many pairs of edges between neighboring layers cross."""
    at = {node: k for order in orders for k, node in enumerate(order)}
    layer = {node: k for k, order in enumerate(orders) for node in order}
    found = 0
    for i, (a, b) in enumerate(parts):
        for c, d in parts[:i]:
            found += layer[a] == layer[c] and (at[a] - at[c]) * (at[b] - at[d]) < 0
    return found


def _layers(nodes: int, edges: Sequence[Edge]) -> list[int]:
    """The longest way to each node; what nothing leads to stands just before what it leads to."""
    before: list[list[int]] = [[] for _ in range(nodes)]
    after: list[list[int]] = [[] for _ in range(nodes)]
    for a, b in edges:
        before[b].append(a)
        after[a].append(b)
    layer = [0] * nodes
    waiting = [len(inputs) for inputs in before]
    ready = [k for k in range(nodes) if not waiting[k]]
    for a in ready:  # grows while it is walked
        for b in after[a]:
            layer[b] = max(layer[b], layer[a] + 1)
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    if len(ready) < nodes:
        raise ValueError("the edges go round in a circle; a node is computed before what reads it")
    return [
        min(layer[b] for b in after[k]) - 1 if after[k] and not before[k] else layer[k] for k in range(nodes)
    ]


def _least_crossings(layer: Sequence[int], parts: Sequence[Edge]) -> list[list[int]]:
    """An order for each layer: the best of several starts, swept to and fro, then improved by swaps."""
    first = [[k for k in range(len(layer)) if layer[k] == each] for each in range(max(layer, default=-1) + 1)]
    draw = random.Random(0)
    best, fewest = first, crossings(first, parts)
    for start in range(_STARTS):
        if not fewest:
            break
        orders = [order[:] if not start else draw.sample(order, len(order)) for order in first]
        for sweep in range(_SWEEPS):
            _sweep(orders, parts, forward=sweep % 2 == 0)
            found = crossings(orders, parts)
            if found < fewest:
                best, fewest = [order[:] for order in orders], found
        found = _swapped(orders, parts)
        if found < fewest:
            best, fewest = [order[:] for order in orders], found
    return best


def _sweep(orders: list[list[int]], parts: Sequence[Edge], forward: bool) -> None:
    """Order each layer by the middle of its neighbors in the layer before, or after."""
    at = {node: k for order in orders for k, node in enumerate(order)}
    near: dict[int, list[int]] = {}
    for a, b in parts:
        near.setdefault(b if forward else a, []).append(a if forward else b)
    for order in orders if forward else reversed(orders):
        middle = {node: _middle([at[other] for other in near.get(node, ())], at[node]) for node in order}
        order.sort(key=middle.__getitem__)
        at.update((node, k) for k, node in enumerate(order))


def _middle(places: list[int], own: float) -> float:
    return sum(places) / len(places) if places else own


def _swapped(orders: list[list[int]], parts: Sequence[Edge]) -> int:
    """Swap neighbors as long as that leaves fewer crossings, whose number is returned."""
    fewest, better = crossings(orders, parts), True
    while better and fewest:
        better = False
        for order in orders:
            for k in range(len(order) - 1):
                order[k : k + 2] = order[k + 1], order[k]
                found = crossings(orders, parts)
                if found < fewest:
                    fewest, better = found, True
                else:
                    order[k : k + 2] = order[k + 1], order[k]
    return fewest


def _straightened(orders: Sequence[Sequence[int]], parts: Sequence[Edge], nodes: int) -> list[float]:
    """Positions in the given orders, 1 apart or more, near the middle of what they are joined to."""
    across = [0.0] * nodes
    for order in orders:
        for k, node in enumerate(order):
            across[node] = k - (len(order) - 1) / 2
    near: list[list[int]] = [[] for _ in range(nodes)]
    for a, b in parts:
        near[a].append(b)
        near[b].append(a)
    for sweep in range(_SWEEPS):
        for order in orders if sweep % 2 == 0 else reversed(orders):
            wishes = [_middle([across[other] for other in near[node]], across[node]) for node in order]
            for node, settled in zip(order, spread(wishes), strict=True):
                across[node] = settled
    least = min(across, default=0.0)
    return [round(value - least, 2) for value in across]


def spread(wishes: Sequence[float], gap: float = 1.0) -> list[float]:
    """The positions nearest to the wished ones, in their order, that are `gap` apart or more.

    Where neighbors come too close they become a block, which stands where its members wish it on average.

    Args:
        wishes: in the order that is kept.
        gap: the least distance.

    Returns:
        A position for each wish.
    """
    blocks: list[
        tuple[float, int]
    ] = []  # the sum of what the members wish for the first of them, and how many
    for wish in wishes:
        total, count = wish, 1
        while blocks and blocks[-1][0] / blocks[-1][1] + blocks[-1][1] * gap > total / count:
            other, more = blocks.pop()
            total, count = other + total - count * more * gap, count + more
        blocks.append((total, count))
    return [total / count + k * gap for total, count in blocks for k in range(count)]
