"""What a pass is made of: a copy of the graph with some nodes replaced, and a list of what changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dlsteps.graphs.static.graph import Graph, Node


class Change(NamedTuple):
    """One thing that a pass did.

    Attributes:
        node: The name of the node that it was done to.
        became: The name of what stands in its place; None for nothing.
        why: The reason.
    """

    node: str
    became: str | None
    why: str


class Rewrite(NamedTuple):
    """What a pass made.

    Attributes:
        name: The pass.
        graph: The new graph.
        fetches: The nodes of the new graph that stand for those asked for.
        changes: What is different, in order.
    """

    name: str
    graph: Graph
    fetches: list[Node]
    changes: list[Change]


Pass = Callable[[list[Node]], Rewrite]
Replace = Callable[[Graph, Node, tuple[Node, ...]], tuple[Node, str] | None]


def rewrite(
    name: str,
    nodes: Sequence[Node],
    fetches: Sequence[Node],
    replace: Replace,
    new: dict[Node, Node] | None = None,
) -> Rewrite:
    """Copy nodes into a new graph, asking at each what should stand in its place.

    Args:
        name: The pass.
        nodes: What to copy, each after its inputs.
        fetches: The nodes wanted.
        replace: Given the new graph, an old node and its new inputs, returns the node to take instead and
            why, or None to copy the old one.
        new: Filled with the new node of each old one; a pass that leaves nodes out looks there.

    Returns:
        The new graph and all changes.
    """
    graph, new, changes = Graph(), {} if new is None else new, []
    for node in nodes:
        inputs = tuple(new[x] for x in node.inputs if x in new)
        found = replace(graph, node, inputs)
        if found is None:
            new[node] = graph.copy(node, inputs)
        else:
            new[node], why = found
            changes.append(Change(node.name, new[node].name, why))
    return Rewrite(name, graph, [new[node] for node in fetches], changes)


def all_nodes(fetches: Sequence[Node]) -> list[Node]:
    """Every node of the graph, used or not; only dead_code leaves nodes out."""
    return list(fetches[0].graph) if fetches else []
