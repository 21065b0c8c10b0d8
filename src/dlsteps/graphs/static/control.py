"""Decisions that are taken when the graph runs: a branch and a loop, each one node.

Python's own `if` and `while` decide while the graph is being defined, when there is no number yet. Both
nodes can be differentiated, and so can their gradients (`unwinding`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlsteps.graphs.functions import apply
from dlsteps.graphs.operations import Array, Spec, define
from dlsteps.graphs.static.graph import Node, describe
from dlsteps.graphs.static.subgraph import Subgraph, trace
from dlsteps.graphs.static.tape import items, owned


def cond(predicate: Node, true: Callable, false: Callable, *operands: Node) -> Any:
    """Run one of two functions, whichever the predicate says; the other does not run.

    Args:
        predicate: One truth value.
        true: From the operands to a node or a tuple of nodes. It sees the outside through them alone.
        false: The same, with results of the same shapes and dtypes.
        *operands: Nodes.

    Returns:
        What the functions return.

    Raises:
        ValueError: If the two return different shapes or dtypes.
        TypeError: If the predicate is no single truth value.
    """
    specs = [Spec(x.shape, x.dtype) for x in operands]
    (true_graph, result), (false_graph, _) = trace(true, specs), trace(false, specs)
    both = apply("cond", predicate, *operands, true=true_graph, false=false_graph)
    return items(both) if isinstance(result, tuple | list) else items(both)[0]


def while_loop(condition: Callable, body: Callable, *state: Node) -> Any:
    """Repeat a function for as long as a condition holds.

    Args:
        condition: From the state to one truth value.
        body: From the state to the next state, in the same shapes and dtypes.
        *state: What the loop begins with: nodes, one or more.

    Returns:
        The state for which the condition did not hold: a node, or a tuple of several.

    Raises:
        ValueError: If the body changes a shape or dtype, or there is no state.
        TypeError: If the condition gives no single truth value.
    """
    if not state:
        raise ValueError("a loop without state never ends or never begins; give one node or more")
    specs = [Spec(x.shape, x.dtype) for x in state]
    condition_graph, body_graph = trace(condition, specs)[0], trace(body, specs)[0]
    last = items(apply("while", *state, condition=condition_graph, body=body_graph))
    return last if len(state) > 1 else last[0]


def _run_cond(predicate: Array, *operands: Array, true: Subgraph, false: Subgraph) -> tuple:
    return (true if predicate else false)(*operands)


def _infer_cond(predicate: Spec, *operands: Spec, true: Subgraph, false: Subgraph) -> tuple[Spec, ...]:
    _check_truth(predicate, "predicate")
    if true.specs != false.specs:
        raise ValueError(
            f"the true branch gives {describe(true.specs)}, but the false one {describe(false.specs)}; "
            "both must give the same shapes and dtypes, for what follows is the same"
        )
    return true.specs


def _run_while(*state: Array, condition: Subgraph, body: Subgraph) -> tuple:
    while condition(*state)[0]:
        state = body(*state)
    return owned(state)


def _infer_while(*state: Spec, condition: Subgraph, body: Subgraph) -> tuple[Spec, ...]:
    if len(condition.specs) != 1:
        raise TypeError(f"the condition gives {len(condition.specs)} values; it must give one truth value")
    _check_truth(condition.specs[0], "condition")
    if body.specs != state:
        raise ValueError(
            f"the state is {describe(state)}, but the body makes {describe(body.specs)} of it; "
            "a loop must give back what it was given"
        )
    return state


def _check_truth(spec: Spec, name: str) -> None:
    if spec != Spec((), np.dtype(bool)):
        raise TypeError(
            f"the {name} is {describe(spec)}, not one truth value; try a comparison such as x > 0"
        )


define("cond", _run_cond, _infer_cond)
define("while", _run_while, _infer_while)
