"""The two graph engines on the same programs, beside torch, and what the executor itself costs per node."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from benchmarks.report import table
from dlsteps.graphs import functions as F
from dlsteps.graphs import static
from dlsteps.graphs.dynamic import Tensor
from dlsteps.graphs.perceptron import cross_entropy, initial_weights, logits

REPEATS = 25
CHAIN = 1000  # nodes


class Case(NamedTuple):
    """A program to one number, the same in torch, and the arrays that it is differentiated by."""

    name: str
    ours: Callable
    theirs: Callable
    arrays: list[np.ndarray]


def drawn(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape)


def perceptron(batch: int, hidden: int) -> Case:
    x, y = drawn(batch, 64), np.random.default_rng(1).integers(0, 10, batch)
    tx, ty = torch.from_numpy(x), torch.from_numpy(y)

    def theirs(W, b, V, c):
        return torch.nn.functional.cross_entropy(torch.relu(tx @ W + b) @ V + c, ty)

    weights = initial_weights([64, hidden, 10], np.random.default_rng(0))
    return Case(
        f"perceptron {batch}×64→{hidden}→10", lambda *w: cross_entropy(logits(x, w), y), theirs, weights
    )


def elementwise(size: int) -> Case:
    return Case(
        f"elementwise, {size:,} cells",
        lambda a, b: (F.tanh(a * b + 0.5) * a - F.sigmoid(b) / 3.0).sum(),
        lambda a, b: (torch.tanh(a * b + 0.5) * a - torch.sigmoid(b) / 3.0).sum(),
        [drawn(size), drawn(size)],
    )


def attention(tokens: int) -> Case:
    return Case(
        f"softmax(Q Kᵀ) V, {tokens} tokens",
        lambda q, k, v: (F.softmax(q @ k.T / 8.0) @ v).sum(),
        lambda q, k, v: (torch.softmax(q @ k.T / 8.0, -1) @ v).sum(),
        [drawn(tokens, 64) for _ in range(3)],
    )


def chain(length: int = 200) -> Case:
    def program(x):
        for _ in range(length):
            x = x * 1.001 + 0.1
        return x.sum()

    return Case(f"chain of {2 * length} small nodes", program, program, [drawn(10)])


def cases() -> list[Case]:
    return [
        *(perceptron(*size) for size in [(32, 32), (256, 128), (1024, 512)]),
        *(elementwise(size) for size in [100, 10_000, 1_000_000]),
        *(attention(tokens) for tokens in [16, 128, 512]),
        chain(),
    ]


def on_dynamic(case: Case) -> Callable[[], object]:
    inputs = [Tensor(a, requires_grad=True) for a in case.arrays]

    def step() -> None:
        for x in inputs:
            x.grad = None
        case.ours(*inputs).backward()

    return step


def on_static(case: Case, passes: tuple) -> Callable[[], object]:
    graph = static.Graph()
    inputs = [graph.variable(a) for a in case.arrays]
    loss = case.ours(*inputs)
    wanted = [loss, *static.gradients(loss, inputs)]
    session = static.Session(graph, passes)
    return lambda: session.run(wanted)


def on_torch(case: Case) -> Callable[[], object]:
    inputs = [torch.tensor(a, requires_grad=True) for a in case.arrays]

    def step() -> None:
        for x in inputs:
            x.grad = None
        case.theirs(*inputs).backward()

    return step


def seconds(step: Callable[[], object]) -> float:
    start = time.perf_counter()
    step()
    return time.perf_counter() - start


def row(case: Case) -> list[str]:
    sides = [on_dynamic(case), on_static(case, ()), on_static(case, static.PASSES), on_torch(case)]
    for side in sides * 2:
        side()
    turns = [[seconds(side) for side in sides] for _ in range(REPEATS)]
    dynamic, plain, optimized, theirs = (1000 * statistics.median(side) for side in zip(*turns, strict=True))
    to_dynamic = statistics.median(turn[2] / turn[0] for turn in turns)
    to_torch = statistics.median(turn[2] / turn[3] for turn in turns)
    return [
        case.name,
        *(f"{ms:.3f} ms" for ms in (dynamic, plain, optimized, theirs)),
        f"{to_dynamic:.2f}",
        f"{to_torch:.2f}",
    ]


def overhead() -> list[list[str]]:
    """Time a long chain of additions on few numbers, less the time of the additions alone."""
    x, out = np.ones(8), np.empty(8)
    inputs = Tensor(x, requires_grad=True)
    graph = static.Graph()
    node = graph.variable(x)
    for _ in range(CHAIN):
        node = node + node
    session = static.Session(graph, ())
    session.run(node)

    def alone() -> None:
        for _ in range(CHAIN):
            np.add(x, x, out=out)

    def recorded() -> None:
        y = inputs
        for _ in range(CHAIN):
            y = y + y

    with np.errstate(over="ignore"):
        turns = [
            [seconds(side) for side in (alone, lambda: session.run(node), recorded)] for _ in range(REPEATS)
        ]
    base, ran, made = (1e9 * statistics.median(side) / CHAIN for side in zip(*turns, strict=True))
    return [
        ["NumPy's addition alone", f"{base:.0f} ns", ""],
        ["static: the executor", f"{ran:.0f} ns", f"{ran - base:.0f} ns"],
        ["dynamic: computing and recording", f"{made:.0f} ns", f"{made - base:.0f} ns"],
    ]


def run() -> None:
    torch.set_num_threads(1)
    head = [
        "value and gradients",
        "dynamic",
        "static as defined",
        "static",
        "torch",
        "static/dynamic",
        "static/torch",
    ]
    table(head, [row(case) for case in cases()])
    print(f"\nfloat64, medians of {REPEATS} turns. Budget: static/dynamic at most 1.\n")
    table(["a node", "time", "own share"], overhead())
