"""A graph as JSON: whoever reads it can run it without the Python that defined it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dlsteps.graphs.operations import Spec
from dlsteps.graphs.static.encode import decode
from dlsteps.graphs.static.graph import SOURCES, Graph
from dlsteps.graphs.static.plain import plain_nodes
from dlsteps.graphs.static.subgraph import Subgraph

FORMAT = "dlsteps.graphs 1"


def to_json(graph: Graph, variables: Mapping[str, np.ndarray] | None = None) -> str:
    """Write a graph.

    Args:
        graph: What to write.
        variables: Values that variables begin with when the graph is read, by name, such as
            `session.variables` after training; None takes their initial values.

    Returns:
        JSON, the same for the same graph.

    Raises:
        ValueError: If a variable of that name, shape and dtype does not exist.
    """
    replaced = _check_variables(graph, variables or {})
    return json.dumps({"format": FORMAT, "nodes": plain_nodes(graph, replaced)}, indent=1, allow_nan=False)


def from_json(text: str) -> Graph:
    """Read a graph. Every shape is inferred again, so that a file that does not fit is refused here.

    Args:
        text: From `to_json`.

    Returns:
        The graph.

    Raises:
        ValueError: If the text is no graph, or an operation is unknown, or the shapes do not fit.
        KeyError: If a node reads one that is not there before it.
    """
    plain = json.loads(text)
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        found = plain.get("format") if isinstance(plain, dict) else type(plain).__name__
        raise ValueError(f"the text has format {found!r}, not {FORMAT!r}; write it with to_json")
    return _graph(plain["nodes"])


def save(path: str | Path, graph: Graph, variables: Mapping[str, np.ndarray] | None = None) -> None:
    """Write a graph into a file.

    Args:
        path: The file.
        graph: What to write.
        variables: As for `to_json`.

    Raises:
        ValueError: As `to_json`.
    """
    Path(path).write_text(to_json(graph, variables), encoding="utf-8")


def load(path: str | Path) -> Graph:
    """Read a graph from a file.

    Args:
        path: A file that `save` wrote.

    Returns:
        The graph.

    Raises:
        ValueError: As `from_json`.
        KeyError: As `from_json`.
    """
    return from_json(Path(path).read_text(encoding="utf-8"))


def _graph(plain_nodes: list[dict]) -> Graph:
    graph = Graph()
    for plain in plain_nodes:
        name, kind = plain["name"], plain["operation"]
        if name in graph.nodes:
            raise ValueError(f"two nodes are named {name!r}; every name must be its own")
        attributes = decode(plain.get("attributes", {}), _subgraph)
        if kind == "placeholder":
            graph.placeholder(attributes["shape"], attributes["dtype"], name)
        elif kind in SOURCES:
            graph.source(kind, None, attributes["value"], name)
        else:
            graph.apply(kind, tuple(graph[x] for x in plain.get("inputs", ())), attributes, name)
    return graph


def _subgraph(plain: dict) -> Subgraph:
    graph = _graph(plain["nodes"])
    return Subgraph([graph[name] for name in plain["inputs"]], [graph[name] for name in plain["outputs"]])


def _check_variables(graph: Graph, variables: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    for name, value in variables.items():
        node = graph.nodes.get(name)
        spec = Spec(np.shape(value), np.asarray(value).dtype)
        if node is None or node.operation != "variable" or node.spec != spec:
            held = [node.name for node in graph if node.operation == "variable"]
            raise ValueError(
                f"{name!r} of {spec.dtype}{list(spec.shape)} is no variable of this graph; "
                f"try {', '.join(held) or 'none: it has no variables'}, in the same shape and dtype"
            )
    return variables
