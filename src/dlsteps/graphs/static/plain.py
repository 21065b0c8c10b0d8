"""Nodes in what JSON has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from dlsteps.graphs.static.encode import encode
from dlsteps.graphs.static.graph import Node


def plain_nodes(nodes: Iterable[Node], replaced: Mapping[str, np.ndarray] | None = None) -> list[dict]:
    """Write nodes, each after its inputs, in what JSON has."""
    return [_plain(node, (replaced or {}).get(node.name)) for node in nodes]


def _plain(node: Node, value: np.ndarray | None) -> dict:
    attributes = node.attributes if value is None else {"value": value}
    if node.operation == "placeholder":
        attributes = {"shape": node.shape, "dtype": node.dtype.name}
    plain = {"name": node.name, "operation": node.operation}
    if node.inputs:
        plain["inputs"] = [x.name for x in node.inputs]
    return plain | ({"attributes": encode(attributes)} if attributes else {})
