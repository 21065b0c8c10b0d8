"""What is left of a graph when it runs: a list of steps, and the memory that they write into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from dlsteps.graphs.operations import OPERATIONS, Array
from dlsteps.graphs.reverse import at_the_edge, topological
from dlsteps.graphs.static.buffers import plan_buffers, writes_where_told
from dlsteps.graphs.static.graph import SOURCES, Node


class Executable:
    """The steps that lead to some nodes, with the memory they write into.

    Args:
        ends: The nodes wanted.

    Attributes:
        order: The nodes in the order in which they run.
        plan: Which of them share memory.
        placeholders: Those among them that have to be fed.
    """

    def __init__(self, ends: Sequence[Node]):
        self.ends = tuple(ends)
        self.order = topological(ends, lambda node: node.inputs)
        self.plan = plan_buffers(self.order, list(ends))
        self._slots = {node: slot for slot, node in enumerate(self.order)}
        self._constants = [
            node.attributes["value"] if node.operation == "constant" else None for node in self.order
        ]
        self.placeholders = [node for node in self.order if node.operation == "placeholder"]
        self._given = [
            (n.name, self._slots[n]) for n in self.order if n.operation in ("placeholder", "variable")
        ]
        self._updates = _updates(self.order, self._slots)
        buffers = [np.empty(size, np.uint8) for size in self.plan.sizes]
        self._steps = [
            (self._call(node, buffers), tuple(self._slots[x] for x in node.inputs), self._slots[node])
            for node in self.order
            if node.operation not in SOURCES
        ]

    def _call(self, node: Node, buffers: list[np.ndarray]) -> Callable:
        run, attributes = OPERATIONS[node.operation].run, dict(node.attributes)
        if node.name in self.plan.buffer_of:
            memory = buffers[self.plan.buffer_of[node.name]]
            attributes["out"] = memory[: node.spec.nbytes].view(node.dtype).reshape(node.shape)
        return partial(run, **attributes) if attributes else run

    @at_the_edge()
    def run(self, given: Mapping[str, Array], seen: dict | None = None) -> tuple[list, dict]:
        """Run every step once.

        Args:
            given: The arrays of placeholders and variables by name.
            seen: Filled with a copy of each node's value, if given.

        Returns:
            Copies of the values of `ends`, and the new values of variables by name.
        """
        values = self._constants.copy()
        for name, slot in self._given:
            values[slot] = given[name]
        if seen is None:
            for call, inputs, slot in self._steps:
                values[slot] = call(*[values[i] for i in inputs])
        else:
            self._run_seen(values, seen)
        new = {name: np.array(values[slot]) for name, slot in self._updates.items()}
        return [self._leaving(values[self._slots[node]], node) for node in self.ends], new

    def _leaving(self, value: Any, node: Node) -> Any:
        # What has just been computed into memory of its own is nobody else's.
        alone = writes_where_told(node) and self.ends.count(node) == 1
        return np.asarray(value) if alone else _copied(value)

    def _run_seen(self, values: list, seen: dict) -> None:
        steps = {slot: (call, inputs) for call, inputs, slot in self._steps}
        for slot, node in enumerate(self.order):
            if slot in steps:
                call, inputs = steps[slot]
                values[slot] = call(*[values[i] for i in inputs])
            if node.operation != "group":
                seen[node.name] = _copied(values[slot])


def _updates(order: Sequence[Node], slots: Mapping[Node, int]) -> dict[str, int]:
    """Where the new value of each variable will lie, by its name."""
    assigns: dict[str, Node] = {}
    for node in order:
        if node.operation == "assign":
            variable = node.inputs[0].name
            if variable in assigns:
                raise ValueError(
                    f"{assigns[variable].name!r} and {node.name!r} both assign to variable {variable!r} in "
                    "one run; which would be last is not said, so run them one after the other"
                )
            assigns[variable] = node
    return {name: slots[node] for name, node in assigns.items()}


def _copied(value: Any) -> Any:
    # A buffer is written over by the next run, so what leaves is a copy.
    if isinstance(value, tuple):
        return tuple(map(np.array, value))
    return None if value is None else np.array(value)
