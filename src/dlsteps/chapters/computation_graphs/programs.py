"""Small programs that both engines read, and what each engine has of them at every moment."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dlsteps.graphs import dynamic, static
from dlsteps.graphs import functions as F
from dlsteps.graphs.dynamic import Tensor
from dlsteps.graphs.functions import Value
from dlsteps.graphs.reverse import topological

Keep = Callable[[str, Value], Value]
PASSES = {"fold": static.constant_folding, "merge": static.common_subexpressions, "drop": static.dead_code}


class Program(NamedTuple):
    """One program, as it is written for each engine.

    Attributes:
        text: what the reader sees.
        inputs: numbers by name; the gradient with respect to them is wanted, if they are fractions.
        dynamic: `(keep, *inputs)` to the result; `keep` gives a value its label.
        static: the same for nodes; `dynamic` itself, if Python decides nothing in it.
        constants: numbers that no gradient is wanted for.
    """

    text: str
    tex: str
    inputs: Mapping[str, float]
    dynamic: Callable[..., Value]
    static: Callable[..., Value]
    constants: Mapping[str, float] = {}


class Vertex(NamedTuple):
    """A node as it is shown.

    Attributes:
        label: such as "u = a + b".
        inputs: positions of the vertices it is made from.
        operation: its name in the engine; "" for an input.
    """

    label: str
    inputs: tuple[int, ...]
    operation: str


class Pull(NamedTuple):
    """One step of the walk back.

    Attributes:
        vertex: whose gradient is passed on.
        passed: to which vertices, and what each gets by this step.
    """

    vertex: int
    passed: tuple[tuple[int, Any], ...]


class Story(NamedTuple):
    """All that is known of a program's graph.

    Attributes:
        vertices: as it was defined or recorded, each after its inputs.
        values: of each vertex; None where nothing was computed.
        walk: the steps back, from the result.
        result: the vertex of the result.
        stages: for a static graph, by pass: {vertex: its inputs} of what is still there.
        changes: for a static graph, by pass: {vertex: what stands in its place; None for nothing}.
        begun: the gradients that are there before the first step of the walk, if that is not the result's, 1.
        known: for a static graph: the values of constants, which are there before the run.
    """

    vertices: tuple[Vertex, ...]
    values: tuple[Any, ...]
    walk: tuple[Pull, ...]
    result: int
    stages: Mapping[str, Mapping[int, tuple[int, ...]]] = {}
    changes: Mapping[str, Mapping[int, int | None]] = {}
    known: Mapping[int, Any] = {}
    begun: Mapping[int, Any] = {}

    @property
    def operations(self) -> list[int]:
        """The vertices that are no inputs."""
        return [k for k, vertex in enumerate(self.vertices) if vertex.operation]


def chain(keep: Keep, a: Value, b: Value, c: Value) -> Value:
    u = keep("u = a · b", a * b)
    v = keep("v = u + c", u + c)
    w = keep("w = tanh v", F.tanh(v))
    return keep("y = w · w", w * w)


def shared(keep: Keep, a: Value, b: Value) -> Value:
    u = keep("u = a + b", a + b)
    v = keep("v = u · u", u * u)
    w = keep("w = v + u", v + u)
    return keep("y = w · a", w * a)


def wasteful(keep: Keep, a: Value, b: Value, k: Value, m: Value) -> Value:
    p = keep("p = k · m", k * m)
    q = keep("q = a · b", a * b)
    r = keep("r = a · b", a * b)
    keep("s = exp a", F.exp(a))  # nobody uses it
    t = keep("t = p · q", p * q)
    return keep("y = t + r", t + r)


def branch(keep: Keep, a: Value, b: Value) -> Value:
    larger = keep("a > b", a > b)
    u = keep("u = a · b", a * b) if larger else keep("u = a − b", a - b)
    v = keep("v = u + a", u + a)
    w = keep("w = tanh v", F.tanh(v))
    return keep("y = w · w", w * w)


def branch_node(keep: Keep, a: Value, b: Value) -> Value:
    larger = keep("a > b", a > b)
    u = keep("u = cond", static.cond(larger, lambda a, b: a * b, lambda a, b: a - b, a, b))
    v = keep("v = u + a", u + a)
    w = keep("w = tanh v", F.tanh(v))
    return keep("y = w · w", w * w)


def loop(keep: Keep, a: Value, b: Value) -> Value:
    x, turn = a, 0
    while x < 20.0:
        turn += 1
        x = keep(f"x{turn} = x · b", x * b)
    return x


def loop_node(keep: Keep, a: Value, b: Value) -> Value:
    x, _ = static.while_loop(lambda x, b: x < 20.0, lambda x, b: (x * b, b), a, b)
    return keep("x = while", x)


def notes(keep: Keep, a: Value, b: Value) -> Value:
    return keep("c = a + b", a + b)


PROGRAMS = {
    "chain": Program(
        "y = tanh(a · b + c)²",
        r"y = \tanh^2(a \cdot b + c)",
        {"a": 0.5, "b": 2.0, "c": -0.5},
        chain,
        chain,
    ),
    "shared": Program(
        "y = (u · u + u) · a, u = a + b",
        r"y = (u \cdot u + u) \cdot a, \quad u = a + b",
        {"a": 2.0, "b": 1.0},
        shared,
        shared,
    ),
    "wasteful": Program(
        "y = k · m · (a · b) + a · b",
        r"y = k \cdot m \cdot (a \cdot b) + a \cdot b, \quad s = e^a",
        {"a": 2.0, "b": 3.0},
        wasteful,
        wasteful,
        {"k": 2.0, "m": 5.0},
    ),
    "if": Program(
        "u = a · b if a > b else a − b",
        r"u = \begin{cases} a \cdot b & a > b \\ a - b & \text{else} \end{cases}",
        {"a": 0.5, "b": 1.5},
        branch,
        branch_node,
    ),
    "while": Program(
        "while x < 20: x = x · b",
        r"\text{while } x < 20: \; x \leftarrow x \cdot b",
        {"a": 2.0, "b": 2.0},
        loop,
        loop_node,
    ),
    "notes": Program("c = a + b, the notes' program", "c = a + b", {}, notes, notes, {"a": 1, "b": 2}),
}


@functools.cache
def recorded(name: str) -> Story:
    """What the dynamic engine leaves of one of the book's programs."""
    program = PROGRAMS[name]
    tensors = {key: Tensor(value, requires_grad=True) for key, value in program.inputs.items()}
    tensors |= {key: Tensor(value) for key, value in program.constants.items()}
    labels = {tensor: key for key, tensor in tensors.items()}

    def keep(label: str, tensor: Tensor) -> Tensor:
        labels[tensor] = label
        return tensor

    result = program.dynamic(keep, *tensors.values())
    return told(result, labels)


def told(result: Tensor, labels: Mapping[Tensor, str]) -> Story:
    """The records behind a tensor, and the walk back along them; what has a label is shown in any case."""
    order = topological([*labels, result], lambda x: () if x.record is None else x.record.inputs)
    at = {tensor: k for k, tensor in enumerate(order)}
    vertices = [
        Vertex(
            labels.get(tensor, ""),
            () if tensor.record is None else tuple(at[x] for x in tensor.record.inputs),
            "" if tensor.record is None else tensor.record.name,
        )
        for tensor in order
    ]
    values, walk = tuple(tensor.data for tensor in order), ()
    if result.requires_grad:
        steps = result.backward(np.ones(result.shape, result.dtype), retain=True)
        walk = tuple(Pull(at[s.tensor], _passed(s, at)) for s in steps)
    return Story(tuple(vertices), values, walk, at[result])


def arrived(story: Story, walked: int) -> dict[int, Any]:
    """The gradients that are there after some steps of the walk, in part or whole."""
    there = dict(story.begun) or {story.result: np.ones(np.shape(story.values[story.result]))}
    for pull in story.walk[:walked]:
        for k, g in pull.passed:
            there[k] = there[k] + g if k in there else g
    return there


def _passed(step: dynamic.Step, at: Mapping[Tensor, int]) -> tuple[tuple[int, Any], ...]:
    pairs = zip(step.tensor.record.inputs, step.gradients, strict=True)
    return tuple((at[x], g) for x, g in pairs if g is not None)


@functools.cache
def defined(name: str) -> Story:
    """What the static engine has of one of the book's programs: as defined, after each pass, run, walked."""
    program, graph, labels = PROGRAMS[name], static.Graph(), {}

    def keep(label: str, node: static.Node) -> static.Node:
        labels[_shown(node).name] = label
        return node

    inputs = [graph.placeholder((), "float64", key) for key in program.inputs]
    inputs += [graph.constant(value, name=key) for key, value in program.constants.items()]
    with graph.as_default():
        result = program.static(keep, *inputs)
    nodes = [node for node in graph if node.operation != "item"]
    at = {node.name: k for k, node in enumerate(nodes)}

    def wiring(graph: static.Graph) -> dict[int, tuple[int, ...]]:
        shown = (node for node in graph if node.operation != "item")
        return {at[node.name]: tuple(at[_shown(x).name] for x in node.inputs) for node in shown}

    rewrites = dict(zip(PASSES, static.optimize([result], list(PASSES.values())), strict=True))
    stages = {"define": wiring(graph)} | {key: wiring(made.graph) for key, made in rewrites.items()}
    sources = ("placeholder", "constant")
    vertices = tuple(
        Vertex(
            labels.get(node.name, node.name),
            stages["define"][k],
            "" if node.operation in sources else node.operation,
        )
        for k, node in enumerate(nodes)
    )
    changes = {
        key: {at[c.node]: at.get(c.became) for c in made.changes if c.node in at}
        for key, made in rewrites.items()
    }
    known = {at[node.name]: node.attributes["value"] for node in nodes if node.operation == "constant"}
    (end,) = rewrites["drop"].fetches
    values, walk = _run(end, at, program.inputs)
    return Story(vertices, values, walk, at[_shown(result).name], stages, changes, known)


def _shown(node: static.Node) -> static.Node:
    """The node that stands for this one in the picture: one of several results stands with its operation."""
    return node.inputs[0] if node.operation == "item" else node


def _run(end: static.Node, at: Mapping[str, int], feed: Mapping[str, float]) -> tuple[tuple, tuple]:
    """The value of each vertex in the optimized graph, and the walk back through it."""
    session = static.Session(end.graph, ())
    seen = session.run(end, feed, record=True).values
    values: list[Any] = [None] * len(at)
    for name, value in seen.items():
        if name in at:
            values[at[name]] = value[0] if isinstance(value, tuple) else value
    if end.dtype.kind != "f":
        return tuple(values), ()
    order = topological([end], lambda node: node.inputs)
    live = _from_placeholders(order)
    ends = [node for node in live if node.spec != () and _is_one_fraction(node)]
    found = session.run(static.gradients(end, ends), feed)
    adjoint = {_shown(node): g for node, g in zip(ends, found, strict=True)}
    return tuple(values), _walk([_shown(n) for n in live if n.operation != "item"], adjoint, at)


def _from_placeholders(order: Sequence[static.Node]) -> list[static.Node]:
    """Those that depend on what is fed: only to them a gradient is passed."""
    live: set[static.Node] = set()
    for node in order:
        if node.operation == "placeholder" or any(x in live for x in node.inputs):
            live.add(node)
    return [node for node in order if node in live]


def _is_one_fraction(node: static.Node) -> bool:
    return hasattr(node.spec, "dtype") and node.dtype.kind == "f"


def _walk(
    order: Sequence[static.Node], adjoint: Mapping[static.Node, Any], at: Mapping[str, int]
) -> tuple[Pull, ...]:
    """The operations from the last to the first; each with the gradients that waited for it alone."""
    order = [node for node in order if node in adjoint]
    waiting = {node: sum(node in map(_shown, other.inputs) for other in order) for node in order}
    walk = []
    for node in reversed(order):
        inputs = [x for x in dict.fromkeys(map(_shown, node.inputs)) if x in waiting]
        for x in inputs:
            waiting[x] -= 1
        if node.operation != "placeholder":
            done = [(at[x.name], adjoint[x]) for x in inputs if not waiting[x]]
            walk.append(Pull(at[node.name], tuple(done)))
    return tuple(walk)
