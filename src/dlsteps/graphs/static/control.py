"""Decisions that are taken when the graph runs: a branch and a loop, each one node.

Python's own `if` and `while` decide while the graph is being defined, when there is no number yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlsteps.graphs.derivatives import RULES
from dlsteps.graphs.functions import apply
from dlsteps.graphs.operations import Array, Spec, define
from dlsteps.graphs.static.differentiate import Parts, gradients, is_fraction, items, parts_or_zeros
from dlsteps.graphs.static.graph import Graph, Node, describe
from dlsteps.graphs.static.subgraph import Subgraph, inline, trace


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
    specs = [x.spec for x in operands]
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
    specs = [x.spec for x in state]
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
    return _own(state)


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


def _backward(forward: Subgraph) -> Subgraph:
    """The graph of a subgraph's gradients: inputs and upstream gradients in, one gradient for each input out.

    Integers and truth values have no gradient and are left out, on both sides.
    """
    graph = Graph()
    inputs = [graph.placeholder(x.shape, x.dtype, f"in_{k}") for k, x in enumerate(forward.inputs)]
    ys = [y for y in inline(forward, inputs, graph) if is_fraction(y.spec)]
    upstream = [graph.placeholder(y.shape, y.dtype, f"upstream_{k}") for k, y in enumerate(ys)]
    xs = [x for x in inputs if is_fraction(x.spec)]
    return Subgraph([*inputs, *upstream], gradients(ys, xs, upstream) if ys else [])


def _among(fractions: Sequence[Node], inputs: Sequence[Node]) -> tuple[Node | None, ...]:
    rest = iter(fractions)
    return tuple(next(rest) if is_fraction(x.spec) else None for x in inputs)


def cond_rule(
    g: Parts, y: Node, predicate: Node, *operands: Node, true: Subgraph, false: Subgraph
) -> tuple[Node | None, ...]:
    """The gradient of a branch is a branch, between the two gradients."""
    upstream = parts_or_zeros(g, y.spec, y.graph)
    back = apply("cond", predicate, *operands, *upstream, true=_backward(true), false=_backward(false))
    return None, *_among(items(back), operands)


def while_rule(
    g: Parts, y: Node, *state: Node, condition: Subgraph, body: Subgraph
) -> tuple[Node | None, ...]:
    """The gradient of a loop is a loop over the same states, from the last to the first."""
    upstream = parts_or_zeros(g, y.spec, y.graph)
    back = apply(
        "while_gradient", *state, *upstream, condition=condition, body=body, backward=_backward(body)
    )
    return _among(items(back), state)


def _run_while_gradient(
    *arrays: Array, condition: Subgraph, body: Subgraph, backward: Subgraph
) -> tuple[Array, ...]:
    count = len(body.inputs)
    state, g = arrays[:count], arrays[count:]
    states = []
    while condition(*state)[0]:
        states.append(state)
        state = body(*state)
    for state in reversed(states):
        g = backward(*state, *g)
    return _own(g)


def _own(arrays: tuple[Array, ...]) -> tuple[Array, ...]:
    # A loop of no steps gives back what it was given, and that memory may be planned for another value.
    return tuple(map(np.array, arrays))


def _infer_while_gradient(
    *specs: Spec, condition: Subgraph, body: Subgraph, backward: Subgraph
) -> tuple[Spec, ...]:
    return specs[len(body.inputs) :]


def _while_gradient_rule(*_, **__):
    raise NotImplementedError(
        "the gradient of a while_loop has no gradient of its own here; "
        "if the number of steps is known, repeat the body with Python's for instead"
    )


define("cond", _run_cond, _infer_cond)
define("while", _run_while, _infer_while)
define("while_gradient", _run_while_gradient, _infer_while_gradient)
RULES.update({"cond": cond_rule, "while": while_rule, "while_gradient": _while_gradient_rule})
