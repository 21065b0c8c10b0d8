"""A graph within a graph: what a branch or a loop runs, a function from arrays to arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from dlsteps.graphs.operations import Array, Spec
from dlsteps.graphs.reverse import topological
from dlsteps.graphs.static.executable import Executable
from dlsteps.graphs.static.graph import Graph, Node
from dlsteps.graphs.static.kernel import Kernel
from dlsteps.graphs.static.plain import plain_nodes


class Subgraph:
    """A graph with placeholders for its inputs and nodes for its outputs.

    Args:
        inputs: Placeholders, in the order of the arrays that come in.
        outputs: Nodes of the same graph, in the order of the arrays that go out.
    """

    def __init__(self, inputs: Sequence[Node], outputs: Sequence[Node]):
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)

    @property
    def specs(self) -> tuple[Spec, ...]:
        """What goes out."""
        return tuple(node.spec for node in self.outputs)

    @cached_property
    def _executable(self):
        return Executable(self.outputs)

    @cached_property
    def kernel(self):
        """The same for elementwise nodes alone, to be run in blocks."""
        (output,) = self.outputs
        return Kernel(self.inputs, output)

    def __call__(self, *arrays: Array) -> tuple[np.ndarray, ...]:
        given = {node.name: array for node, array in zip(self.inputs, arrays, strict=True)}
        return tuple(self._executable.run(given)[0])

    def to_plain(self) -> dict:
        """Write it in what JSON has."""
        order = topological([*self.inputs, *self.outputs], lambda node: node.inputs)
        return {
            "nodes": plain_nodes(order),
            "inputs": [node.name for node in self.inputs],
            "outputs": [node.name for node in self.outputs],
        }


def trace(function: Callable, specs: Sequence[Spec]) -> tuple[Subgraph, Any]:
    """Define a graph by calling a function with placeholders.

    Args:
        function: From nodes to a node or a tuple of nodes.
        specs: What comes in.

    Returns:
        The graph, and what the function returned.
    """
    graph = Graph()
    inputs = [graph.placeholder(s.shape, s.dtype, f"in_{k}") for k, s in enumerate(specs)]
    with graph.as_default():
        result = function(*inputs)
    if any(node.operation == "variable" for node in graph):
        raise ValueError(
            "a branch or loop cannot make a variable; make it outside, and hand it in as an operand"
        )
    results = result if isinstance(result, tuple | list) else (result,)
    return Subgraph(inputs, graph._as_nodes(tuple(results))), result


def inline(subgraph: Subgraph, inputs: Sequence[Node], graph: Graph) -> tuple[Node, ...]:
    """Copy what is in a subgraph into a graph.

    Args:
        subgraph: What to copy.
        inputs: Nodes of `graph` to take for its placeholders.
        graph: Where to.

    Returns:
        The copies of its outputs.
    """
    new = dict(zip(subgraph.inputs, inputs, strict=True))
    for node in topological(subgraph.outputs, lambda node: node.inputs):
        if node not in new:
            new[node] = graph.copy(node, tuple(new[x] for x in node.inputs))
    return tuple(new[node] for node in subgraph.outputs)
