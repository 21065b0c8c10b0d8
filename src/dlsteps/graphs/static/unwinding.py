"""The gradients of what decides at run time: of a branch, of a loop, and of a sweep over a loop's states."""

from __future__ import annotations

from collections.abc import Sequence

from dlsteps.graphs.derivatives import RULES
from dlsteps.graphs.functions import apply
from dlsteps.graphs.static.differentiate import Parts, gradients, is_fraction, parts_or_zeros
from dlsteps.graphs.static.graph import Graph, Node
from dlsteps.graphs.static.subgraph import Subgraph, inline
from dlsteps.graphs.static.tape import items, states, sweep

Gradients = tuple[Node | None, ...]


def backward(forward: Subgraph, arriving: Sequence[int] | None = None) -> Subgraph:
    """Make the graph of a subgraph's gradients: one for each input, from upstream gradients and inputs.

    Integers and truth values have no gradient and are left out, on both sides.

    Args:
        forward: What to differentiate.
        arriving: The outputs for which an upstream gradient comes in; None for all that can have one.

    Returns:
        From the upstream gradients and the inputs to the gradients of the inputs.
    """
    graph = Graph()
    if arriving is None:
        arriving = [k for k, y in enumerate(forward.outputs) if is_fraction(y.spec)]
    upstream = [graph.placeholder(*forward.outputs[k].spec, f"upstream_{k}") for k in arriving]
    inputs = [graph.placeholder(*x.spec, f"in_{k}") for k, x in enumerate(forward.inputs)]
    outputs = inline(forward, inputs, graph)
    xs, ys = [x for x in inputs if is_fraction(x.spec)], [outputs[k] for k in arriving]
    return Subgraph([*upstream, *inputs], gradients(ys, xs, upstream) if ys else [])


def cond_rule(
    g: Parts, y: Node, predicate: Node, *operands: Node, true: Subgraph, false: Subgraph
) -> Gradients:
    """The gradient of a branch is a branch, between the two gradients."""
    upstream = parts_or_zeros(g, y.spec, y.graph)
    back = apply("cond", predicate, *upstream, *operands, true=backward(true), false=backward(false))
    return None, *_among(items(back), operands)


def while_rule(g: Parts, y: Node, *state: Node, condition: Subgraph, body: Subgraph) -> Gradients:
    """The gradient of a loop is a sweep over the same states, from the last to the first."""
    upstream = parts_or_zeros(g, y.spec, y.graph)
    back = sweep(upstream, states(state, condition, body), backward(body), back=True)
    return _among(back.carry, state)


def states_rule(g: Parts, y: Node, *state: Node, condition: Subgraph, body: Subgraph) -> Gradients:
    """The same sweep, but a gradient arrives at each state, and none after the last."""
    graph, arriving = Graph(), sorted(g)
    back = backward(body)
    inputs = [graph.placeholder(*x.spec) for x in back.inputs]
    arrived = {k: graph.placeholder(*y.spec[k].each) for k in arriving}
    passed = _among(inline(back, inputs, graph), state)
    total = [p + arrived[k] if k in arrived else p for k, p in enumerate(passed) if p is not None]
    step = Subgraph([*inputs, *arrived.values()], total)
    nothing = parts_or_zeros(Parts(), [x.spec for x in state], y.graph)
    return _among(sweep(nothing, [*items(y), *(g[k] for k in arriving)], step, back=True).carry, state)


def sweep_rule(g: Parts, y: Node, *inputs: Node, step: Subgraph, carries: int, back: bool) -> Gradients:
    """The gradient of a sweep is a sweep the other way, over the same tapes and what was carried."""
    carry, tapes = inputs[:carries], inputs[carries:]
    noting = Subgraph(step.inputs, [*step.outputs[:carries], *step.inputs[:carries]])
    carried = sweep(carry, tapes, noting, back=back).tapes
    upstream = parts_or_zeros(g, y.spec[:carries], y.graph)
    arriving = [k for k in sorted(g) if k >= carries]
    unstep = backward(step, [*range(carries), *arriving])
    other_way = sweep(upstream, [*(g[k] for k in arriving), *carried, *tapes], unstep, back=not back)
    return _among([*other_way.carry, *other_way.tapes], inputs)


def _among(fractions: Sequence[Node], inputs: Sequence[Node]) -> Gradients:
    """Give each input its gradient; None to integers and truth values, which have none."""
    rest = iter(fractions)
    return tuple(next(rest) if is_fraction(x.spec) else None for x in inputs)


RULES.update({"cond": cond_rule, "while": while_rule, "states": states_rule, "sweep": sweep_rule})
