"""A tape: what a loop went through, one array for each step, and a sweep over it, in either direction.

How many steps there are, only the run will tell. The gradient of a loop is a sweep over its states from the
last to the first; the gradient of a sweep is a sweep the other way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from dlsteps.graphs.functions import apply
from dlsteps.graphs.operations import Array, Spec, define
from dlsteps.graphs.static.graph import Graph, Node, Tape, describe
from dlsteps.graphs.static.subgraph import Subgraph


class Swept(NamedTuple):
    """What a sweep gives.

    Attributes:
        carry: What was handed from step to step, after the last one.
        tapes: What each step gave besides.
    """

    carry: tuple[Node, ...]
    tapes: tuple[Node, ...]


def states(loop: Sequence[Node], condition: Subgraph, body: Subgraph) -> tuple[Node, ...]:
    """Run a loop for the states it goes through, and not for the last one.

    Args:
        loop: What it begins with.
        condition: From the state to one truth value.
        body: From the state to the next state.

    Returns:
        A tape for each part of the state: its values before each step.
    """
    return items(apply("states", *loop, condition=condition, body=body))


def sweep(carry: Sequence[Node], tapes: Sequence[Node], step: Subgraph, *, back: bool) -> Swept:
    """Walk over tapes of the same length, and hand something from step to step.

    Args:
        carry: What the first step is handed; nodes of a floating-point dtype.
        tapes: One or more.
        step: From the carry and one array of each tape to the next carry, and to one array for each new
            tape.
        back: Whether to walk from the last arrays to the first. New tapes are in the order of the old.

    Returns:
        The last carry and the new tapes.
    """
    result = items(apply("sweep", *carry, *tapes, step=step, carries=len(carry), back=back))
    return Swept(result[: len(carry)], result[len(carry) :])


def add_tapes(a: Node, b: Node) -> Node:
    """Add two tapes, step by step."""
    graph = Graph()
    parts = [graph.placeholder(t.spec.each.shape, t.spec.each.dtype) for t in (a, b)]
    (total,) = sweep([], [a, b], Subgraph(parts, [parts[0] + parts[1]]), back=False).tapes
    return total


def items(node: Node) -> tuple[Node, ...]:
    """One node for each of an operation's several results."""
    return tuple(apply("item", node, number=k) for k in range(len(node.spec)))


def owned(arrays: Sequence[Array]) -> tuple[Array, ...]:
    """Copy arrays that a loop was handed: their memory may be planned for another value."""
    return tuple(map(np.array, arrays))


def _run_states(*state: Array, condition: Subgraph, body: Subgraph) -> tuple[list[Array], ...]:
    state, tapes = owned(state), tuple([] for _ in state)
    while condition(*state)[0]:
        for tape, array in zip(tapes, state, strict=True):
            tape.append(array)
        state = body(*state)
    return tapes


def _infer_states(*state: Spec, condition: Subgraph, body: Subgraph) -> tuple[Tape, ...]:
    if body.specs != state:
        raise ValueError(f"the state is {describe(state)}, but the body makes {describe(body.specs)} of it")
    return tuple(map(Tape, state))


def _run_sweep(*arrays, step: Subgraph, carries: int, back: bool) -> tuple[Array | list[Array], ...]:
    carry, tapes = arrays[:carries], arrays[carries:]
    made = tuple([] for _ in step.outputs[carries:])
    for parts in zip(*(tape[::-1] if back else tape for tape in tapes), strict=True):
        results = step(*carry, *parts)
        carry = results[:carries]
        for tape, array in zip(made, results[carries:], strict=True):
            tape.append(array)
    return *owned(carry), *(tape[::-1] if back else tape for tape in made)


def _infer_sweep(*specs, step: Subgraph, carries: int, back: bool) -> tuple[Spec | Tape, ...]:
    wanted = tuple(x.spec if k < carries else Tape(x.spec) for k, x in enumerate(step.inputs))
    if specs != wanted or step.specs[:carries] != specs[:carries] or len(specs) == carries:
        raise ValueError(
            f"a step that makes {describe(step.specs)} of {describe(wanted)} does not fit {describe(specs)}; "
            f"give it tapes, and let it return the first {carries} as they were"
        )
    return *step.specs[:carries], *map(Tape, step.specs[carries:])


define("states", _run_states, _infer_states)
define("sweep", _run_sweep, _infer_sweep)
define("item", lambda several, number: several[number], lambda several, number: several[number])
