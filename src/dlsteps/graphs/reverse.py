"""Walking a graph backward: an order in which every result comes before what it was made from."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from dlsteps.graphs import functions as F
from dlsteps.graphs.derivatives import RULES
from dlsteps.graphs.functions import Value

Vertex = TypeVar("Vertex", bound=Hashable)


def at_the_edge() -> np.errstate:
    """Let what has no finite value be infinite or NaN in silence, as torch does: √x has slope ∞ at 0."""
    return np.errstate(all="ignore")


def topological(ends: Iterable[Vertex], parents: Callable[[Vertex], Iterable[Vertex]]) -> list[Vertex]:
    """List all that the ends were made from, and the ends, each after its parents.

    Depth first with a stack of our own: a chain of 10,000 vertices would exhaust Python's.

    Args:
        ends: Where to begin.
        parents: What a vertex was made from.

    Returns:
        Every vertex once.
    """
    found: dict[Vertex, None] = {}
    for end in ends:
        if end in found:
            continue
        path = [(end, iter(parents(end)))]
        while path:
            vertex, rest = path[-1]
            parent = next((p for p in rest if p not in found), None)
            if parent is None:
                found[vertex] = None
                path.pop()
            else:
                path.append((parent, iter(parents(parent))))
    return list(found)


def uses(order: Iterable[Vertex], parents: Callable[[Vertex], Iterable[Vertex]]) -> Counter:
    """Count how many times each vertex is an input."""
    return Counter(parent for vertex in order for parent in parents(vertex))


def pull_back(
    name: str, g: Value, y: Value, inputs: tuple[Value, ...], attributes: dict, wanted: Sequence[bool]
) -> tuple[Value | None, ...]:
    """Pass a gradient from a result on to each input, in the shape of that input.

    Args:
        name: The operation that made y.
        g: $\\partial L / \\partial y$.
        y: The result.
        inputs: What it was made from.
        attributes: The operation's own.
        wanted: Which inputs need a gradient; the others cost nothing.

    Returns:
        $\\partial L / \\partial x$ for each input x; None where it is not wanted or no gradient passes.
    """
    rules = RULES[name]
    if callable(rules):
        passed = rules(g, y, *inputs, **attributes)
        return tuple([p if wants else None for p, wants in zip(passed, wanted, strict=True)])
    return tuple(
        [
            unbroadcast(rule(g, y, *inputs, **attributes), x.shape) if wants and rule else None
            for rule, x, wants in zip(rules, inputs, wanted, strict=True)
        ]
    )


def unbroadcast(g: Value, shape: tuple[int, ...]) -> Value:
    """Sum a gradient over the cells that broadcasting made from one.

    A number that was used n times gets the sum of n gradients.

    Args:
        g: Gradient in the stretched shape.
        shape: The shape before.

    Returns:
        Gradient of that shape.
    """
    if tuple(g.shape) == tuple(shape):
        return g
    extra = g.ndim - len(shape)
    stretched = [extra + k for k, n in enumerate(shape) if n == 1 != g.shape[extra + k]]
    return F.reshape(F.sum(g, (*range(extra), *stretched)), shape)
