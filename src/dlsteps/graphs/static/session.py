"""A session: what is asked of a graph, what it is fed, and the variables it keeps from run to run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dlsteps.graphs.operations import spec_of
from dlsteps.graphs.static.executable import Executable
from dlsteps.graphs.static.graph import Graph, Node, describe, get_default_graph
from dlsteps.graphs.static.passes import PASSES, optimize
from dlsteps.graphs.static.rewriting import Pass, Rewrite


@dataclass(frozen=True)
class Run:
    """What happened in one run.

    Attributes:
        fetched: What `Session.run` returns without `record`.
        values: The value of each node that ran, by name, in the order in which they ran.
    """

    fetched: Any
    values: dict[str, np.ndarray]


class Session:
    """Runs a graph, and keeps its variables from run to run.

    Variables begin with their initial values; there is no initializer to run, unlike in TensorFlow 1.

    Args:
        graph: None takes the default graph.
        passes: What the graph goes through before it runs; empty runs it as it was defined.

    Attributes:
        variables: The array of each variable by name.
    """

    def __init__(self, graph: Graph | None = None, passes: Sequence[Pass] = PASSES):
        self.graph = get_default_graph() if graph is None else graph
        self.passes = tuple(passes)
        self.variables: dict[str, np.ndarray] = {}
        self._ready: dict[tuple[Node, ...], Executable] = {}
        self._nodes_seen = 0
        self._keep_variables()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *reason: Any) -> None:
        self._ready.clear()

    def run(
        self, fetches: Any, feed: Mapping[Node | str, Any] | None = None, *, record: bool = False
    ) -> Any | Run:
        """Compute some nodes, and change the variables that they assign to.

        Args:
            fetches: A node, its name, or a list, tuple or dict of them.
            feed: An array for each placeholder that is needed, by node or name.
            record: Return every value on the way too.

        Returns:
            Arrays arranged like `fetches` (None for a group); a `Run` with `record`.

        Raises:
            ValueError: If a placeholder that is needed is not fed, or is fed another shape.
            TypeError: If what is fed is no placeholder, or has another dtype.
            KeyError: If no node has that name.
        """
        nodes = [self._node(f) for f in _flatten(fetches)]
        executable = self.executable(nodes)
        self._keep_variables()
        given = self.variables | self._fed(feed or {})
        for node in executable.placeholders:
            if node.name not in given:
                raise ValueError(
                    f"placeholder {node.name!r} {describe(node.spec)} has no value; "
                    f"try run(..., feed={{{node.name!r}: array}})"
                )
        seen: dict | None = {} if record else None
        arrays, new = executable.run(given, seen)
        self.variables |= new
        fetched = _arrange(fetches, iter(arrays))
        return Run(fetched, seen) if record else fetched

    def executable(self, fetches: Sequence[Node]) -> Executable:
        """The steps that `run` takes for these nodes, after the passes; made once and kept."""
        key = tuple(fetches)
        if key not in self._ready:
            self._ready[key] = Executable(self.rewrites(fetches)[-1].fetches if self.passes else fetches)
        return self._ready[key]

    def rewrites(self, fetches: Sequence[Node]) -> list[Rewrite]:
        """What each pass made of the part of the graph that leads to these nodes."""
        return optimize(list(fetches), self.passes)

    def _node(self, fetch: Any) -> Node:
        node = self.graph[fetch] if isinstance(fetch, str) else fetch
        if not isinstance(node, Node):
            raise TypeError(f"{fetch!r} cannot be fetched; try a node or its name")
        if node.graph is not self.graph:
            raise TypeError(f"node {node.name!r} belongs to another graph; try Session(node.graph)")
        return node

    def _keep_variables(self) -> None:
        if len(self.graph) == self._nodes_seen:
            return
        self._nodes_seen = len(self.graph)
        for node in self.graph:
            if node.operation == "variable" and node.name not in self.variables:
                self.variables[node.name] = node.attributes["value"].copy()

    def _fed(self, feed: Mapping[Node | str, Any]) -> dict[str, np.ndarray]:
        return {(node := self._node(key)).name: _check_fed(node, value) for key, value in feed.items()}


def _check_fed(node: Node, value: Any) -> np.ndarray:
    if node.operation != "placeholder":
        raise TypeError(f"node {node.name!r} is a {node.operation}; only placeholders are fed")
    array = np.asarray(value)
    if not isinstance(value, np.ndarray | np.generic) and np.can_cast(array.dtype, node.dtype, "same_kind"):
        array = array.astype(node.dtype)  # Python's own numbers have no precision to lose
    if array.dtype != node.dtype:
        raise TypeError(
            f"placeholder {node.name!r} is {describe(node.spec)}, but was fed {array.dtype}; "
            f"try value.astype('{node.dtype}')"
        )
    if array.shape != node.shape:
        raise ValueError(
            f"placeholder {node.name!r} is {describe(node.spec)}, but was fed {describe(spec_of(array))}; "
            "try another value, or make a graph for that shape"
        )
    return array


def _flatten(fetches: Any) -> Iterable[Any]:
    if isinstance(fetches, Mapping):
        fetches = list(fetches.values())
    if isinstance(fetches, list | tuple):
        return [node for fetch in fetches for node in _flatten(fetch)]
    return [fetches]


def _arrange(fetches: Any, arrays: Any) -> Any:
    if isinstance(fetches, Mapping):
        return {key: _arrange(fetch, arrays) for key, fetch in fetches.items()}
    if isinstance(fetches, list | tuple):
        return type(fetches)([_arrange(fetch, arrays) for fetch in fetches])
    return next(arrays)
