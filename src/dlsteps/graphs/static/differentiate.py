"""Gradients as new nodes: the walk back is itself a graph, so it is optimized, run and differentiated too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlsteps.graphs.derivatives import RULES
from dlsteps.graphs.operations import Spec
from dlsteps.graphs.reverse import pull_back, topological
from dlsteps.graphs.static.graph import Graph, Known, Node, Tape, describe
from dlsteps.graphs.static.tape import add_tapes


class Parts(dict):
    """Gradients of some of an operation's several results, by number."""


def gradients(
    y: Node | Sequence[Node], xs: Sequence[Node], upstream: Node | Sequence[Node] | None = None
) -> list[Node]:
    """Define $\\partial y / \\partial x$ for each x.

    Args:
        y: A node with one number, or anything with an `upstream`; of several, the sum is differentiated.
        xs: Nodes of the same graph.
        upstream: $\\partial L / \\partial y$ in the shape of y; None for 1.

    Returns:
        New nodes in the shapes of `xs`; zeros where y does not depend on x.

    Raises:
        ValueError: If y is no single number and no upstream is given, or that has another shape.
        TypeError: If y or an x is not floating point.
    """
    ys = [y] if isinstance(y, Node) else list(y)
    graph = ys[0].graph
    with graph.scope("gradient"):
        arrived = _arriving(ys, upstream)
        order = topological(ys, lambda node: node.inputs)
        useful = _depending(order, xs)
        for node in reversed(order):
            if node in arrived and node in useful and node.inputs:
                _pass_on(node, arrived, useful)
        return [arrived[x] if x in arrived else graph.constant(_zeros(x.spec)) for x in _checked(xs)]


def _arriving(ys: Sequence[Node], upstream: Any) -> dict[Node, Any]:
    given = [None] * len(ys) if upstream is None else [upstream] if isinstance(upstream, Node) else upstream
    arrived: dict[Node, Any] = {}
    for y, g in zip(_checked(ys), given, strict=True):
        if g is None and y.shape != ():
            raise ValueError(
                f"node {y.name!r} {describe(y.spec)} is no single number; try its sum, or give the upstream"
            )
        g = y.graph.constant(np.ones((), y.dtype)) if g is None else g
        if g.spec != y.spec:
            raise ValueError(f"upstream is {describe(g.spec)}, but node {y.name!r} is {describe(y.spec)}")
        arrived[y] = arrived[y] + g if y in arrived else g
    return arrived


def _checked(nodes: Sequence[Node]) -> Sequence[Node]:
    for node in nodes:
        if not (isinstance(node.spec, Spec) and is_fraction(node.spec)):
            raise TypeError(
                f"node {node.name!r} {describe(node.spec)} has no derivative; only fractions do, "
                "so try dtype='float64'"
            )
    return nodes


def is_fraction(spec: Known) -> bool:
    """Whether a value is one array of a floating-point dtype, or a tape of such arrays."""
    each = spec.each if isinstance(spec, Tape) else spec
    return isinstance(each, Spec) and each.dtype.kind == "f"


def _depending(order: Sequence[Node], xs: Sequence[Node]) -> set[Node]:
    """The nodes that depend on one of the x. Only through them does a gradient reach it."""
    depending = set(xs)
    for node in order:
        if any(x in depending for x in node.inputs):
            depending.add(node)
    return depending


def _pass_on(node: Node, arrived: dict[Node, Any], useful: set[Node]) -> None:
    if node.operation == "item":
        parts = Parts({node.attributes["number"]: arrived[node]})
        arrived[node.inputs[0]] = _sum(arrived.get(node.inputs[0], Parts()), parts)
        return
    wanted = [x in useful and is_fraction(x.spec) for x in node.inputs]
    passed = pull_back(node.operation, arrived[node], node, node.inputs, node.attributes, wanted)
    for x, g in zip(node.inputs, passed, strict=True):
        if g is not None:
            arrived[x] = _plus(arrived[x], g) if x in arrived else g


def _plus(a: Node, b: Node) -> Node:
    return add_tapes(a, b) if isinstance(a.spec, Tape) else a + b


def _sum(a: Parts, b: Parts) -> Parts:
    return Parts(a | {k: _plus(a[k], g) if k in a else g for k, g in b.items()})


def _zeros(spec: Spec) -> np.ndarray:
    return np.zeros(spec.shape, spec.dtype)


def parts_or_zeros(parts: Parts, specs: Sequence[Spec], graph: Graph) -> list[Node]:
    """The gradient of each floating-point result, zeros where none arrived."""
    return [
        parts[k] if k in parts else graph.constant(_zeros(spec))
        for k, spec in enumerate(specs)
        if is_fraction(spec)
    ]


RULES["item"] = (None,)  # `_pass_on` knows it: its gradient is a part of another
