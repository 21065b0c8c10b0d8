"""The checks of what the notes say about computation graphs (S01 to S08, S10, S11)."""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from dlsteps.chapters.computation_graphs.exported import captured, refusal
from dlsteps.claims.evidence import SAME, Evidence
from dlsteps.graphs import dynamic, static
from dlsteps.graphs import functions as F
from dlsteps.graphs.dynamic import Tensor
from dlsteps.graphs.functions import Value
from dlsteps.numbers import brief
from dlsteps.show import below

READER = """
import json, sys
from dlsteps.graphs import static
plain = json.load(sys.stdin)
(y,) = static.Session(static.from_json(plain["graph"])).run(["y"], {"x": plain["x"]})
print(json.dumps(y.tolist()))
"""


def session_run(graph: static.Graph, node: static.Node, x: float) -> float:
    return static.Session(graph).run(node, {"x": x}).item()


def s01(run: Callable[[static.Graph, static.Node, float], float] = session_run) -> Evidence:
    """A node has no number; the same graph is fed twice."""
    graph = static.Graph()
    x = graph.placeholder((), name="x")
    y = x * 2.0 + 1.0
    try:
        float(y)
        empty = False
    except TypeError:
        empty = True
    nodes = len(graph)
    found = [run(graph, y, value) for value in (3.0, 5.0)]
    return Evidence(
        empty and found == [7.0, 11.0] and len(graph) == nodes,
        f"y = 2x + 1 is {nodes} nodes without a number; fed 3 and 5, the same {nodes} give "
        f"{' and '.join(map(brief, found))}",
    )


class Perceptron(nn.Module):
    """A layer for `torch.export`."""

    def forward(self, x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return torch.relu(x @ w)


def s02(capture: Callable[..., list[str]] = captured) -> Evidence:
    """PyTorch records as it runs, and makes a static graph where it is asked for one."""
    x, w = torch.ones(2, 3, dtype=torch.float64), torch.ones(3, 4, dtype=torch.float64, requires_grad=True)
    recorded = Perceptron()(x, w).grad_fn
    operations = capture(Perceptron(), x, w)
    return Evidence(
        recorded is not None and operations == ["matmul", "relu"],
        f"PyTorch runs relu(x @ w) at once and records it; torch.export makes a graph of "
        f"{len(operations)} operations of the same module, {' and '.join(operations)}, before it runs",
    )


def s03(passes: Sequence[static.Pass] = (static.constant_folding, static.dead_code)) -> Evidence:
    """What runs, as defined and folded."""
    graph = static.Graph()
    x = graph.placeholder((), name="x")
    two, three = graph.constant(2.0), graph.constant(3.0)
    y = x * (two * three + 1.0)
    plain, folded = static.Session(graph, ()), static.Session(graph, passes)
    counts = [len(session.executable([y]).order) for session in (plain, folded)]
    values = [session.run(y, {"x": 5.0}).item() for session in (plain, folded)]
    return Evidence(
        counts == [7, 3] and values == [35.0, 35.0],
        f"x · (2 · 3 + 1) is {counts[0]} nodes as defined and {counts[1]} when constants are folded; both "
        f"give {brief(values[1])} for x = 5",
    )


def tangled(a: Value, b: Value) -> Value:
    return (F.tanh(a * b + 0.5) * a - F.sigmoid(b) / 3.0).sum()


def by_recording(a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
    inputs = [Tensor(x, requires_grad=True) for x in (a, b)]
    return [g.data for g in dynamic.gradients(tangled(*inputs), inputs)]


def s04(recorded: Callable[..., list[np.ndarray]] = by_recording) -> Evidence:
    """The same gradients from both kinds of graph, and from PyTorch."""
    draw = np.random.default_rng(0)
    a, b = draw.standard_normal(50), draw.standard_normal(50)
    graph = static.Graph()
    nodes = [graph.variable(x) for x in (a, b)]
    defined = static.Session(graph).run(static.gradients(tangled(*nodes), nodes))
    ta, tb = (torch.from_numpy(x).requires_grad_() for x in (a, b))
    theirs = torch.autograd.grad((torch.tanh(ta * tb + 0.5) * ta - torch.sigmoid(tb) / 3.0).sum(), (ta, tb))
    found = recorded(a, b)
    gaps = [
        max(float(np.abs(ours - t.numpy()).max()) for ours, t in zip(side, theirs, strict=True))
        for side in (defined, found)
    ]
    return Evidence(
        max(gaps) < SAME,
        f"100 partial derivatives, and their largest difference from PyTorch's: {below(gaps[0])} by the "
        f"static graph, {below(gaps[1])} by the recorded one",
    )


def s05(carry: Callable[[str], str] = lambda text: text) -> Evidence:
    """A graph as JSON, run by a process that knows the engine and not the program."""
    draw = np.random.default_rng(0)
    graph = static.Graph()
    x = graph.placeholder((2, 3), name="x")
    W, b = graph.variable(draw.standard_normal((3, 4)), name="W"), graph.variable(np.ones(4), name="b")
    graph.apply("relu", (x @ W + b,), {}, name="y")
    given = draw.standard_normal((2, 3))
    here = static.Session(graph).run("y", {"x": given})
    text = static.to_json(graph)
    sent = json.dumps({"graph": carry(text), "x": given.tolist()})
    made = subprocess.run(
        [sys.executable, "-c", READER], input=sent, capture_output=True, text=True, check=True
    )
    there = np.array(json.loads(made.stdout))
    return Evidence(
        bool(np.array_equal(here, there)),
        f"relu(x @ W + b) as {len(text.splitlines())} lines of JSON, run by another process that has none of "
        f"its code: all {there.size} numbers are the same to the last bit",
    )


def s06(other: tuple[int, int] = (3, 2)) -> Evidence:
    """Another batch size, and other weights, for a graph that is defined and for one that is recorded."""
    graph = static.Graph()
    x, w = graph.placeholder((2, 2), name="x"), graph.variable(np.ones(2), name="w")
    y, session = x @ w, static.Session(graph)
    session.run(static.assign(w, w * 3.0))
    changed = session.run(y, {x: np.ones((2, 2))}).tolist()
    try:
        session.run(y, {x: np.ones(other)})
        refused = False
    except ValueError:
        refused = True
    recorded = [(Tensor(np.ones((n, 2))) @ Tensor(np.ones(2))).shape for n in (2, other[0])]
    return Evidence(
        refused and changed == [6.0, 6.0] and recorded == [(2,), (other[0],)],
        f"a graph for batches of 2 refuses a batch of {other[0]} and has to be defined again; its weights "
        f"can be changed (1 to 3, the result to {brief(changed[0])}). The recorded program takes both sizes",
    )


def larger_or_not(a: Value, b: Value) -> Value:
    return a * b if a > b else a - b


class Deciding(nn.Module):
    """A program of two numbers, for `torch.export`."""

    def __init__(self, program: Callable[[Value, Value], Value]) -> None:
        super().__init__()
        self.program = program

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return self.program(a, b)


def s07(program: Callable[[Value, Value], Value] = larger_or_not) -> Evidence:
    """Python's `if` on data, in both engines, and the node that does it."""
    recorded = []
    for a, b in ((2.0, 1.0), (1.0, 2.0)):
        inputs = [Tensor(value, requires_grad=True) for value in (a, b)]
        recorded.append(program(*inputs).record.name)
    graph = static.Graph()
    x, y = (graph.placeholder((), name=name) for name in "xy")
    try:
        program(x, y)
        refused = False
    except TypeError:
        refused = True
    chosen = static.cond(x > y, lambda a, b: a * b, lambda a, b: a - b, x, y)
    values = [static.Session(graph).run(chosen, {x: a, y: b}).item() for a, b in ((2.0, 1.0), (1.0, 2.0))]
    stopped = refusal(Deciding(program), torch.tensor(2.0), torch.tensor(1.0))
    return Evidence(
        recorded == ["multiply", "subtract"] and refused and bool(stopped) and values == [2.0, -1.0],
        f"the same if leaves the record {recorded[0]} for (2, 1) and {recorded[1]} for (1, 2); on nodes it "
        f"is refused, and by torch.export; one cond node gives {brief(values[0])} and {brief(values[1])}",
    )


def look_up(x: Value, indices: Value) -> Value:
    return F.gather(x, indices, 0)


def in_the_program(run: Callable[[], Any]) -> bool | None:
    """Whether an error's traceback leads through the program's own line; None if there is no error."""
    try:
        run()
    except (ValueError, TypeError) as error:
        return any(frame.name == look_up.__name__ for frame in traceback.extract_tb(error.__traceback__))
    return None


def s08(indices: Sequence[int] = (0, 7)) -> Evidence:
    """Where the traceback of a wrong number leads, and of a wrong shape."""
    x, wrong = np.ones(3), np.array(indices)
    graph = static.Graph()
    nodes = graph.placeholder((3,), name="x"), graph.placeholder((2,), "int64", "indices")
    y = look_up(*nodes)
    recorded = in_the_program(lambda: look_up(Tensor(x), Tensor(wrong)))
    defined = in_the_program(lambda: static.Session(graph).run(y, dict(zip(nodes, (x, wrong), strict=True))))
    shape = in_the_program(lambda: look_up(nodes[0], graph.placeholder((2, 2), "int64")))
    return Evidence(
        (recorded, defined, shape) == (True, False, True),
        f"an index of {wrong.max()} into 3 numbers: the recorded program fails at its own line; the "
        "static one fails in run, and the line is not in the traceback. A wrong shape it refuses at the "
        "line, before any run",
    )


def s10(make: Callable[[int], torch.Tensor] = torch.tensor) -> Evidence:
    """The notes' two lines, and the same with numbers that want a gradient."""
    a, b = make(1), make(2)
    c = a + b
    wanted = torch.tensor(1.0, requires_grad=True) + torch.tensor(2.0)
    return Evidence(
        c.item() == 3 and c.grad_fn is None and not c.requires_grad and wanted.grad_fn is not None,
        f"c = {c.item()}, c.requires_grad is {c.requires_grad}, and c.grad_fn is None: 0 records. With "
        "requires_grad=True on a, c.grad_fn is an AddBackward0",
    )


def s11(B: Callable[[Value, Value], Value] = lambda C, W: C @ W) -> Evidence:
    """The notes' nodes A and B, and what B would give as an addition."""
    graph = static.Graph()
    X, Y, W = (graph.placeholder((2, 2), name=name) for name in "XYW")
    C = X + Y
    Z = B(C, W)
    given = {X: np.eye(2), Y: np.eye(2), W: np.full((2, 2), 3.0)}
    product, total = static.Session(graph).run([Z, C + W], given)
    return Evidence(
        (C.operation, Z.operation) == ("add", "matmul") and not np.array_equal(product, total),
        f"A is {C.operation}, B is {Z.operation}. For C = 2·I and W full of 3, C·W has a first row of "
        f"{', '.join(map(brief, product[0]))}, C + W of {', '.join(map(brief, total[0]))}",
    )
