"""A static graph: nodes that say what will be computed, and of what shape, before there is any number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, NamedTuple

import numpy as np

from dlsteps.graphs.functions import Operators
from dlsteps.graphs.operations import Shape, Spec, operation, spec_of, weak

SOURCES = ("placeholder", "constant", "variable")
TAKE_SEVERAL = ("group", "item", "sweep")  # operations whose inputs need not be single arrays


class Tape(NamedTuple):
    """What is known of a list of arrays that are all alike; how many there are, only the run will tell."""

    each: Spec


Known = Spec | Tape | tuple  # a tuple of these, where an operation returns several


class Node(Operators):
    """One operation in a graph. It has a shape and a dtype, and no value.

    Attributes:
        graph: Where it belongs.
        name: Unique in its graph.
        operation: A key of `OPERATIONS`, or one of `SOURCES`.
        inputs: The nodes whose values it will be given.
        attributes: What else the operation wants to know; known now.
        spec: Shape and dtype of its value; a `Tape` for a list of arrays; a tuple of them where an
            operation returns several.
    """

    __slots__ = ("attributes", "graph", "inputs", "name", "operation", "spec")

    def __init__(
        self,
        graph: Graph,
        name: str,
        operation: str,
        inputs: tuple[Node, ...],
        attributes: dict[str, Any],
        spec: Known,
    ):
        self.graph, self.name, self.operation = graph, name, operation
        self.inputs, self.attributes, self.spec = inputs, attributes, spec

    shape = property(lambda self: self._of_one_array().shape)
    dtype = property(lambda self: self._of_one_array().dtype)

    def _of_one_array(self) -> Spec:
        if not isinstance(self.spec, Spec):
            raise TypeError(
                f"node {self.name!r} {describe(self.spec)} is no single array, so it has no shape and cannot "
                "be computed with; it can be fetched, and grouped with others"
            )
        return self.spec

    def _apply(self, name: str, inputs: tuple, attributes: dict) -> Node:
        return self.graph.apply(name, inputs, attributes)

    def __bool__(self) -> bool:
        raise TypeError(
            f"node {self.name!r} has no value while the graph is being defined, so Python cannot decide by "
            "it; try cond or while_loop, which decide when the graph runs"
        )

    def __float__(self) -> float:
        raise TypeError(f"node {self.name!r} has no value yet; try Session().run(node)")

    def __repr__(self) -> str:
        made_of = ", ".join(x.name for x in self.inputs)
        return f"<{self.name}: {self.operation}({made_of}) {describe(self.spec)}>"


def describe(spec: Known) -> str:
    """Write a shape and a dtype, as in `float64[2, 3]`."""
    if isinstance(spec, Spec):
        return f"{spec.dtype}{list(spec.shape)}"
    if isinstance(spec, Tape):
        return f"a tape of {describe(spec.each)}"
    return f"({', '.join(map(describe, spec))})"


class Graph:
    """Nodes in the order of their definition. It only grows; a pass over it makes a new one.

    Attributes:
        nodes: Every node by name.
    """

    def __init__(self):
        self.nodes: dict[str, Node] = {}
        self._prefix = ""
        self._numbers: dict[str, int] = {}  # where to begin counting for each name

    def placeholder(self, shape: Shape, dtype: Any = "float64", name: str | None = None) -> Node:
        """Stand for an array that each run is fed. The shape is all known: a graph is made for one size."""
        _check_shape(shape)
        return self.source("placeholder", Spec(tuple(shape), np.dtype(dtype)), None, name)

    def constant(self, value: Any, dtype: Any = None, name: str | None = None) -> Node:
        """Hold an array that never changes."""
        return self.source("constant", None, _own(value, dtype), name)

    def variable(self, initial: Any, dtype: Any = None, name: str | None = None) -> Node:
        """Hold an array that a session keeps, from run to run, and that `assign` changes."""
        return self.source("variable", None, _own(initial, dtype), name)

    def source(self, kind: str, spec: Spec | None, value: np.ndarray | None, name: str | None) -> Node:
        """Add a node without inputs: a placeholder by its `spec`, all others by their `value`."""
        attributes = {} if value is None else {"value": value}
        return self._add(kind, (), attributes, spec if value is None else spec_of(value), name)

    def apply(self, kind: str, inputs: tuple, attributes: dict, name: str | None = None) -> Node:
        """Add a node, after inferring what it will give.

        Args:
            kind: Name of the operation.
            inputs: Nodes of this graph; numbers and arrays become constants.
            attributes: What else the operation wants to know.
            name: None makes one up.

        Raises:
            ValueError: If the operation is unknown, or the shapes do not fit, naming the node.
            TypeError: If the dtypes do not fit, or an input belongs elsewhere.
        """
        found = operation(kind)
        inputs = self._as_nodes(inputs)
        label = self._unique(name or kind)
        if kind not in TAKE_SEVERAL:
            for x in inputs:
                x._of_one_array()
        try:
            spec = found.infer(*(x.spec for x in inputs), **attributes)
        except (ValueError, TypeError) as reason:
            made_of = ", ".join(f"{x.name} {describe(x.spec)}" for x in inputs)
            raise type(reason)(f"node {label!r} = {kind}({made_of}): {reason}") from None
        return self._add(kind, inputs, attributes, spec, label)

    def copy(self, node: Node, inputs: tuple[Node, ...]) -> Node:
        """Add a node like one of another graph, under the same name if it is free."""
        return self._add(node.operation, inputs, node.attributes, node.spec, node.name)

    def __getitem__(self, name: str) -> Node:
        if name not in self.nodes:
            raise KeyError(f"no node is named {name!r}; try one of {', '.join(self.nodes)}")
        return self.nodes[name]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes.values())

    def __len__(self) -> int:
        return len(self.nodes)

    @contextmanager
    def as_default(self) -> Iterator[Graph]:
        """Make `placeholder`, `constant` and `variable` of this module add to this graph meanwhile."""
        token = _default.set(self)
        try:
            yield self
        finally:
            _default.reset(token)

    @contextmanager
    def scope(self, prefix: str) -> Iterator[None]:
        """Begin the names of new nodes with `prefix/`."""
        before, self._prefix = self._prefix, f"{self._prefix}{prefix}/"
        try:
            yield
        finally:
            self._prefix = before

    def _add(self, kind: str, inputs: tuple, attributes: dict, spec: Known, name: str | None) -> Node:
        name = name if name and name not in self.nodes else self._unique(name or kind)
        self.nodes[name] = node = Node(self, name, kind, inputs, attributes, spec)
        return node

    def _unique(self, name: str) -> str:
        name = name if name.startswith(self._prefix) else self._prefix + name
        if name not in self.nodes:
            return name
        for number in count(self._numbers.get(name, 1)):
            if f"{name}_{number}" not in self.nodes:
                self._numbers[name] = number
                return f"{name}_{number}"

    def _as_nodes(self, inputs: tuple) -> tuple[Node, ...]:
        known = [x.spec if isinstance(x, Node) else x for x in inputs]
        dtypes = [x.dtype for x in known if hasattr(x, "dtype")]
        return tuple(self._as_node(x, dtypes) for x in inputs)

    def _as_node(self, x: Any, dtypes: list) -> Node:
        if isinstance(x, Node):
            if x.graph is not self:
                raise TypeError(
                    f"node {x.name!r} belongs to another graph; define both in one graph, or hand it to "
                    "cond and while_loop as an operand"
                )
            return x
        if isinstance(x, Operators):
            raise TypeError(
                "a recorded tensor cannot enter a static graph; feed its data through a placeholder"
            )
        is_weak = dtypes and isinstance(x, int | float)
        return self.constant(weak(x, np.result_type(*dtypes)) if is_weak else x)


def _own(value: Any, dtype: Any) -> np.ndarray:
    if isinstance(value, Operators):
        raise TypeError(f"{value!r} is no array; give the numbers themselves")
    array = np.array(value, dtype)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"value has dtype {array.dtype}; only numbers and truth values can be computed with")
    return array


def _check_shape(shape: Shape) -> None:
    if not isinstance(shape, tuple | list) or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError(
            f"shape={shape!r} is not a tuple of lengths; every length must be known, as in (32, 64), "
            "so make one graph for each batch size"
        )


_default: ContextVar[Graph | None] = ContextVar("default_graph", default=None)


def get_default_graph() -> Graph:
    """Look up the graph that `placeholder`, `constant` and `variable` add to.

    Returns:
        The graph of the innermost `as_default`, or else one that is made at the first call.
    """
    graph = _default.get()
    if graph is None:
        _default.set(graph := Graph())
    return graph


def reset_default_graph() -> None:
    """Begin a new default graph."""
    _default.set(Graph())


def placeholder(shape: Shape, dtype: Any = "float64", name: str | None = None) -> Node:
    """Add to the default graph what stands for an array that each run is fed.

    Args:
        shape: Its lengths, all known: a graph is made for one size.
        dtype: As in NumPy.
        name: Name of the node; None makes one up.

    Returns:
        The node.

    Raises:
        ValueError: If the shape is not a tuple of lengths of 0 or more.
    """
    return get_default_graph().placeholder(shape, dtype, name)


def constant(value: Any, dtype: Any = None, name: str | None = None) -> Node:
    """Add an array that never changes to the default graph.

    Args:
        value: The numbers; they are copied.
        dtype: As in NumPy; None takes what the numbers have.
        name: Name of the node; None makes one up.

    Returns:
        The node.

    Raises:
        TypeError: If the value is no array of numbers or truth values.
    """
    return get_default_graph().constant(value, dtype, name)


def variable(initial: Any, dtype: Any = None, name: str | None = None) -> Node:
    """Add an array that a session keeps, and `assign` changes, to the default graph.

    Args:
        initial: The numbers that a session begins with; they are copied.
        dtype: As in NumPy; None takes what the numbers have.
        name: Name of the node; None makes one up.

    Returns:
        The node.

    Raises:
        TypeError: If they are no array of numbers or truth values.
    """
    return get_default_graph().variable(initial, dtype, name)
