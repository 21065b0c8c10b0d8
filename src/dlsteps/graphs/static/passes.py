"""Passes: each makes a new graph that computes the same with less, and says what it changed.

A pass may look at the whole graph because none of it has run. That is what a static graph is for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import numpy as np

from dlsteps.graphs.operations import OPERATIONS
from dlsteps.graphs.reverse import topological
from dlsteps.graphs.static.effects import EFFECTS
from dlsteps.graphs.static.encode import encode
from dlsteps.graphs.static.fusion import elementwise_fusion
from dlsteps.graphs.static.graph import Graph, Node
from dlsteps.graphs.static.rewriting import Change, Pass, Rewrite, all_nodes, rewrite


def optimize(fetches: list[Node], passes: Sequence[Pass]) -> list[Rewrite]:
    """Send the graph behind some nodes through the passes, one after the other.

    Args:
        fetches: The nodes wanted.
        passes: Each gets what the one before made.

    Returns:
        One `Rewrite` for each pass.
    """
    rewrites = []
    for each in passes:
        rewrites.append(each(fetches))
        fetches = rewrites[-1].fetches
    return rewrites


def constant_folding(fetches: list[Node]) -> Rewrite:
    """Compute at once what depends on constants alone.

    Args:
        fetches: The nodes wanted.

    Returns:
        The new graph, and what is different.
    """

    def replace(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> tuple[Node, str] | None:
        if not inputs or node.operation in EFFECTS or any(x.operation != "constant" for x in inputs):
            return None
        if not hasattr(node.spec, "shape"):
            return None  # several values at once are no constant
        with np.errstate(all="ignore"):  # a warning belongs to the run, not to the reading of it
            try:
                value = OPERATIONS[node.operation].run(
                    *(x.attributes["value"] for x in inputs), **node.attributes
                )
            except ValueError:
                return None  # such as an index out of range: let the run say so, if it comes to that
        return graph.constant(value, name=node.name), "all its inputs are constants"

    return rewrite("constant folding", all_nodes(fetches), fetches, replace)


def common_subexpressions(fetches: list[Node]) -> Rewrite:
    """Compute only once what is computed twice: the same operation on the same inputs.

    Args:
        fetches: The nodes wanted.

    Returns:
        The new graph, and what is different.
    """
    seen: dict[tuple, Node] = {}

    def replace(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> tuple[Node, str] | None:
        if node.operation in (*EFFECTS, "placeholder", "variable"):
            return None
        key = (node.operation, inputs, _fingerprint(node.attributes))
        if key in seen:
            return seen[key], f"{seen[key].name} is the same"
        seen[key] = graph.copy(node, inputs)
        return seen[key], ""

    made = rewrite("common subexpressions", all_nodes(fetches), fetches, replace)
    return made._replace(changes=[change for change in made.changes if change.why])


def _fingerprint(attributes: dict) -> bytes:
    """The same for equal attributes alone; a constant by its bytes, which are shorter than its digits."""
    value = attributes.get("value")
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{value.shape}".encode() + value.tobytes()
    return json.dumps(encode(attributes), sort_keys=True).encode()


def dead_code(fetches: list[Node]) -> Rewrite:
    """Leave out what nobody asked for.

    Args:
        fetches: The nodes wanted.

    Returns:
        The new graph, and what is different.
    """
    alive = topological(fetches, lambda node: node.inputs)
    wanted = set(alive)
    made = rewrite("dead code", alive, fetches, lambda *_: None)
    dead = (node.name for node in all_nodes(fetches) if node not in wanted)
    return made._replace(changes=[Change(name, None, "nobody uses it") for name in dead])


def algebraic_identities(fetches: list[Node]) -> Rewrite:
    """Leave out what changes nothing: x + 0, x · 1, −(−x), the transpose of a transpose.

    x · 0 stays: it is no 0 for infinity and NaN. One thing is lost: −0 + 0 would be +0, and now stays −0.

    Args:
        fetches: The nodes wanted.

    Returns:
        The new graph, and what is different.
    """

    def replace(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> tuple[Node, str] | None:
        for identity in IDENTITIES.get(node.operation, ()):
            found = identity(node, inputs)
            if found is not None and found[0].spec == node.spec:
                return found
        return _shorter(graph, node, inputs)

    return rewrite("algebraic identities", all_nodes(fetches), fetches, replace)


def _neutral(number: float, side: int, why: str) -> Callable:
    """An identity that drops one input if all of it is one number."""

    def identity(node: Node, inputs: tuple[Node, ...]) -> tuple[Node, str] | None:
        other = inputs[side]
        if other.operation == "constant" and np.all(other.attributes["value"] == number):
            return inputs[1 - side], why
        return None

    return identity


def _undone(node: Node, inputs: tuple[Node, ...]) -> tuple[Node, str] | None:
    (x,) = inputs
    return (x.inputs[0], "−(−x) is x") if x.operation == "negate" else None


def _unmoved(node: Node, inputs: tuple[Node, ...]) -> tuple[Node, str] | None:
    axes = node.attributes["axes"]
    return (inputs[0], "every axis stays") if axes == tuple(range(len(axes))) else None


IDENTITIES: dict[str, tuple[Callable, ...]] = {
    "add": (_neutral(0, 1, "x + 0 is x"), _neutral(0, 0, "0 + x is x")),
    "subtract": (_neutral(0, 1, "x − 0 is x"),),
    "multiply": (_neutral(1, 1, "x · 1 is x"), _neutral(1, 0, "1 · x is x")),
    "divide": (_neutral(1, 1, "x / 1 is x"),),
    "power": (lambda n, i: (i[0], "x¹ is x") if n.attributes["exponent"] == 1 else None,),
    "negate": (_undone,),
    "transpose": (_unmoved,),
    "reshape": (lambda n, i: (i[0], "the shape stays"),),
    "broadcast_to": (lambda n, i: (i[0], "the shape stays"),),
    "cast": (lambda n, i: (i[0], "the dtype stays"),),
}


def _shorter(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> tuple[Node, str] | None:
    """Take one step for two: reshape after reshape, transpose after transpose, and x² without a power."""
    x = inputs[0] if inputs else None
    if node.operation == "power" and node.attributes["exponent"] == 2 and node.spec == x.spec:
        return graph.apply("square", (x,), {}, node.name), "x ** 2 is square(x)"
    if node.operation != getattr(x, "operation", None):
        return None
    if node.operation == "reshape":
        return graph.apply("reshape", x.inputs, node.attributes, node.name), "one reshape does for two"
    if node.operation == "transpose":
        axes = tuple(x.attributes["axes"][axis] for axis in node.attributes["axes"])
        if axes == tuple(range(len(axes))):
            return x.inputs[0], "one transpose undoes the other"
        return graph.apply("transpose", x.inputs, {"axes": axes}, node.name), "one transpose does for two"
    return None


PASSES: tuple[Pass, ...] = (
    constant_folding,
    algebraic_identities,
    common_subexpressions,
    dead_code,
    elementwise_fusion,
    dead_code,
)
