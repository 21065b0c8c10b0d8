"""Elementwise fusion: a run of operations that treat every cell alike becomes one node.

Large arrays are then worked through block by block. What lies between two operations stays in the
processor's cache and never travels to memory and back.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dlsteps.graphs.derivatives import RULES
from dlsteps.graphs.operations import OPERATIONS, Array, Spec, define
from dlsteps.graphs.reverse import topological, uses
from dlsteps.graphs.static.graph import SOURCES, Graph, Node
from dlsteps.graphs.static.rewriting import Rewrite, all_nodes, rewrite
from dlsteps.graphs.static.subgraph import Subgraph


def elementwise_fusion(fetches: list[Node]) -> Rewrite:
    """Put elementwise nodes together with the elementwise nodes that only they use.

    A node that two others use stays by itself, for its value is wanted twice; and so does one of another
    shape, because it would be computed again for every row that it is stretched over.

    Args:
        fetches: The nodes wanted.

    Returns:
        The new graph, and what is different.
    """
    nodes = all_nodes(fetches)
    count = uses(nodes, lambda node: node.inputs)
    joined: set[Node] = set()
    for node in reversed(nodes):
        if _is_elementwise(node):
            joined |= {x for x in node.inputs if _joins(x, node, fetches, count)}

    def replace(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> tuple[Node, str] | None:
        members = _members(node, joined) if _is_elementwise(node) and node not in joined else []
        if len(members) < 2:
            return None
        program, outside = _program(members)
        feeds = tuple(new[x] for x in outside)
        fused = graph.apply("fused", feeds, {"program": program}, node.name)
        return fused, " and ".join(n.operation for n in members) + " in one"

    new: dict[Node, Node] = {}
    return rewrite("elementwise fusion", [n for n in nodes if n not in joined], fetches, replace, new)


def _is_elementwise(node: Node) -> bool:
    return node.operation not in (*SOURCES, "fused") and OPERATIONS[node.operation].elementwise


def _joins(x: Node, node: Node, fetches: Sequence[Node], count) -> bool:
    return _is_elementwise(x) and count[x] == 1 and x.shape == node.shape and x not in fetches


def _members(root: Node, joined: set[Node]) -> list[Node]:
    return topological([root], lambda node: [x for x in node.inputs if x in joined])


def _program(members: list[Node]) -> tuple[Subgraph, list[Node]]:
    """The members as a graph of their own, and what they read from outside. Single numbers move in."""
    graph, inside, outside = Graph(), {}, []
    for node in members:
        for x in node.inputs:
            if x in inside:
                continue
            if x.operation == "constant" and x.size == 1 and x.ndim == 0:
                inside[x] = graph.copy(x, ())
            else:
                inside[x] = graph.placeholder(x.shape, x.dtype, f"in_{len(outside)}")
                outside.append(x)
        inside[node] = graph.copy(node, tuple(inside[x] for x in node.inputs))
    return Subgraph([inside[x] for x in outside], [inside[members[-1]]]), outside


def _run_fused(*arrays: Array, program: Subgraph, out: np.ndarray | None = None) -> np.ndarray:
    kernel = program.kernel
    return kernel.run(arrays, np.empty(kernel.output.shape, kernel.output.dtype) if out is None else out)


def _infer_fused(*specs: Spec, program: Subgraph) -> Spec:
    wanted = tuple(x.spec for x in program.inputs)
    if specs != wanted:
        raise ValueError(f"the fused program was made for {wanted}, not {specs}; fuse again")
    return program.outputs[0].spec


def _rule(*_, **__):
    raise NotImplementedError("a fused node has no derivative rule; take gradients first, then fuse")


define("fused", _run_fused, _infer_fused, elementwise=True, out=True)
RULES["fused"] = _rule
