"""A walk back through a graph and one derivative rule to write oneself, and the mistakes made in them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dlsteps.graphs import dynamic
from dlsteps.practice import Arguments, Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]

# Each node's inputs, in the order in which the nodes were made: (position, slope) each; none for a leaf.
Graph = tuple[tuple[tuple[int, float], ...], ...]
WALK = "computation-graphs#the-walk-back"


def backward(graph: Graph) -> tuple[float, ...]:
    """The gradient of the last node at each node, by the book's dynamic engine."""
    nodes: list[dynamic.Tensor] = []
    for inputs in graph:
        parts = [nodes[k] * slope for k, slope in inputs]
        node = sum(parts[1:], parts[0]) if parts else dynamic.Tensor(1.0, requires_grad=True)
        nodes.append(node)
    return tuple(g.item() for g in dynamic.gradients(nodes[-1], nodes))


def in_order(
    pass_on: Callable[[float, float, float], float] = lambda old, g, slope: old + g * slope, step: int = -1
) -> Callable[[Graph], list[float]]:
    """Walk through the nodes; `pass_on` gives an input's new gradient from (old, upstream, slope)."""

    def wrong(graph: Graph) -> list[float]:
        grads = [0.0] * (len(graph) - 1) + [1.0]
        for k in range(len(graph))[::step]:
            for i, slope in graph[k]:
                grads[i] = pass_on(grads[i], grads[k], slope)
        return grads

    return wrong


def along_paths(once: bool) -> Callable[[Graph], list[float]]:
    """Follow each path as soon as it is met; `once` visits no node a second time."""

    def wrong(graph: Graph) -> list[float]:
        grads = [0.0] * (len(graph) - 1) + [1.0]
        seen = set()
        waiting = [len(graph) - 1]
        while waiting:
            k = waiting.pop()
            if once and k in seen:
                continue
            seen.add(k)
            for i, slope in graph[k]:
                grads[i] += grads[k] * slope
                waiting.append(i)
        return grads

    return wrong


def as_numbers(result: Any, arguments: Arguments) -> Any:
    """Numbers, in whatever they were returned."""
    if isinstance(result, Tensor):
        result = result.tolist()
    return tuple(float(g) for g in result) if isinstance(result, tuple | list) else result


def graphs() -> list[Case]:
    """Chains, a shared node, and graphs in which one path is longer than another."""
    drawn: list[Graph] = [
        ((), ((0, 3.0),)),
        ((), (), ((0, 2.0), (1, -3.0))),
        ((), ((0, 2.0),), ((1, 3.0),), ((2, -1.0),)),
        ((), ((0, 2.0),), ((0, 3.0), (1, 5.0))),
        ((), ((0, 2.0),), ((1, 3.0),), ((1, -4.0), (2, 5.0))),
        ((), (), ((0, 2.0), (1, 1.0)), ((2, 3.0), (0, 0.5)), ((2, -1.0), (3, 2.0))),
        ((), ((0, 2.0),), ((0, 4.0),), ((1, 3.0), (2, -1.0)), ((3, 2.0), (0, 1.0)), ((4, 2.0), (3, 7.0))),
        ((), (), ((0, 5.0),), ((0, 2.0),)),
    ]
    return [Case({"graph": graph}) for graph in drawn]


BACKWARD = Exercise(
    name="backward",
    right=backward,
    cases=graphs,
    reads=as_numbers,
    mistakes=(
        Mistake(
            "overwrites instead of adding",
            "A node that is used twice gets a gradient from each use, and they are added: grad[i] += …, not "
            "grad[i] = ….",
            in_order(lambda old, g, slope: g * slope),
            section=WALK,
        ),
        Mistake(
            "walks before all paths are in",
            "A node passed its gradient on while a part of it was still on its way. Go through the nodes "
            "from the "
            "last made to the first: then all that used a node come before it.",
            along_paths(once=True),
            section=WALK,
        ),
        Mistake(
            "passes on again what it has passed on",
            "A node is visited once for each path, and passes the whole sum on each time. Wait until all "
            "paths are "
            "in, and pass it on once.",
            along_paths(once=False),
            section=WALK,
        ),
        Mistake(
            "walks from the first node to the last",
            "The gradient is known at the end. Go through the nodes from the last made to the first.",
            in_order(step=1),
            section=WALK,
        ),
        Mistake(
            "slopes forgotten",
            "On its way along an edge the gradient is multiplied by the edge's slope, the local derivative.",
            in_order(lambda old, g, slope: old + g),
            section=WALK,
        ),
        Mistake(
            "slopes added along a path",
            "The chain rule multiplies: what arrives is the upstream gradient times the slope.",
            in_order(lambda old, g, slope: old + g + slope),
            section=WALK,
        ),
    ),
)


def matmul_backward(upstream: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Both gradients of a @ b, by the book's dynamic engine."""
    x, y = (dynamic.Tensor(t.numpy(), requires_grad=True) for t in (a, b))
    grads = dynamic.gradients(x @ y, [x, y], upstream.numpy())
    return tuple(torch.from_numpy(g.data) for g in grads)


def matrices() -> list[Case]:
    """Square matrices, and others."""
    draw = Draws(102)

    def case(T: int, K: int, S: int, note: str = "", dtype: torch.dtype = torch.float64) -> Case:
        shapes = {"upstream": (T, S), "a": (T, K), "b": (K, S)}
        return Case(
            {name: draw.normal(*shape, dtype=dtype) for name, shape in shapes.items()}, note, grad=False
        )

    return [
        case(2, 2, 2),
        case(3, 3, 3),
        case(2, 3, 4),
        case(1, 2, 3),
        case(4, 1, 2),
        case(2, 2, 2, dtype=torch.float32, note="float32"),
    ]


MATMUL_BACKWARD = Exercise(
    name="matmul_backward",
    right=matmul_backward,
    cases=matrices,
    outputs=("grad_a", "grad_b"),
    mistakes=(
        Mistake(
            "transposes forgotten",
            "The gradients are upstream @ bᵀ and aᵀ @ upstream. With other than square matrices nothing "
            "else fits.",
            lambda upstream, a, b: (upstream @ b, a @ upstream),
            section=WALK,
        ),
        Mistake(
            "factors in the wrong order",
            "Upstream stands where the product stood: to the left of bᵀ, and to the right of aᵀ.",
            lambda upstream, a, b: (b.T @ upstream, upstream @ a.T),
            section=WALK,
        ),
        Mistake(
            "upstream forgotten",
            "The chain rule multiplies by what comes from above: upstream @ bᵀ and aᵀ @ upstream. With "
            "ones in its "
            "place it is the gradient of the sum.",
            lambda upstream, a, b: (torch.ones_like(upstream) @ b.T, a.T @ torch.ones_like(upstream)),
            section=WALK,
        ),
        Mistake(
            "the two swapped",
            "First the gradient of a, upstream @ bᵀ, then that of b, aᵀ @ upstream.",
            lambda upstream, a, b: (a.T @ upstream, upstream @ b.T),
            section=WALK,
        ),
        Mistake(
            "number by number",
            "That is the rule of a * b. Of a @ b it is upstream @ bᵀ and aᵀ @ upstream.",
            lambda upstream, a, b: (upstream * b, upstream * a),
            section=WALK,
        ),
    ),
)

EXERCISES = (BACKWARD, MATMUL_BACKWARD)
