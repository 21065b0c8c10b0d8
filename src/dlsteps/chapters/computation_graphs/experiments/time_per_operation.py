"""How long an operation takes in each kind of graph, from one cell to a million."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import log

import numpy as np
import torch

from dlsteps.experiments.paired import Differences, more
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.graphs import static
from dlsteps.graphs.dynamic import Tensor, no_grad
from dlsteps.graphs.functions import Value

STATIC, FUSED = "static", "static, fused"


@dataclass(frozen=True)
class Settings:
    sides: tuple[int, ...] = (1, 3, 10, 32, 100, 316, 1000)
    engines: tuple[str, ...] = ("dynamic", "no_grad", STATIC, FUSED, "torch", "torch.compile")
    steps: int = 5
    seeds: tuple[int, ...] = (0, 1, 2)


SLICE = Settings(sides=(1, 1000), engines=("dynamic", STATIC), steps=2, seeds=(0,))


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Time chains of operations on square matrices forward, the engines in turn.

    One chain goes cell by cell, the other is of matrix products. The programs want a gradient, so the dynamic
    engines record, but for ours in `no_grad`. Not timed are the walk back, and the definition of a graph,
    which is done once. The backend of `torch.compile` needs no compiler, and makes no code of its own.

    Returns:
        Records with work, side (cells are its square), engine and seed; `nanoseconds` an operation, the
        median of `steps` turns, of ten times as many for small matrices; and `ratio`, the median over turns
        of the ratio to the static engine without fusion.
    """
    records = []
    cases = list(product(CHAINS, settings.sides, settings.seeds))
    for work, side, seed in bar(cases, "time_per_operation", progress):
        chain, operations = CHAINS[work]
        turns = _turns(settings, chain, side, seed)
        base = turns[STATIC]
        for engine, found in turns.items():
            records.append(
                {
                    "work": work,
                    "side": side,
                    "engine": engine,
                    "seed": seed,
                    "nanoseconds": 1e9 * statistics.median(found) / operations,
                    "ratio": statistics.median(t / b for t, b in zip(found, base, strict=True)),
                }
            )
    return records


def _turns(settings: Settings, chain: Callable, side: int, seed: int) -> dict[str, list[float]]:
    """The seconds of each turn, by engine; in a turn each engine runs once."""
    arrays = np.random.default_rng(seed).standard_normal((3, side, side)) / side**0.5
    runs = {name: ENGINES[name](chain, *arrays) for name in settings.engines}
    for one in runs.values():
        one()
    count = settings.steps * (10 if side <= 100 else 1)
    turns = [[_seconds(one) for one in runs.values()] for _ in range(count)]
    return dict(zip(runs, map(list, zip(*turns, strict=True)), strict=True))


def cell_by_cell(x: Value, a: Value, b: Value) -> Value:
    for _ in range(10):
        x = x * a + b
    return x


def products(x: Value, a: Value, b: Value) -> Value:
    for _ in range(2):
        x = x @ a @ b
    return x


CELLS, PRODUCTS = "cell by cell", "matrix product"
CHAINS = {CELLS: (cell_by_cell, 20), PRODUCTS: (products, 4)}  # and how many operations that are


def _dynamic(chain: Callable, *arrays: np.ndarray) -> Callable[[], object]:
    inputs = [Tensor(array, requires_grad=True) for array in arrays]
    return lambda: chain(*inputs)


def _not_recording(chain: Callable, *arrays: np.ndarray) -> Callable[[], object]:
    once = _dynamic(chain, *arrays)

    def run() -> object:
        with no_grad():
            return once()

    return run


def _static(passes: tuple) -> Callable[..., Callable[[], object]]:
    def made(chain: Callable, *arrays: np.ndarray) -> Callable[[], object]:
        graph = static.Graph()
        y = chain(*(graph.variable(array) for array in arrays))
        session = static.Session(graph, passes)
        return lambda: session.run(y)

    return made


def _torch(compiled: bool) -> Callable[..., Callable[[], object]]:
    def made(chain: Callable, *arrays: np.ndarray) -> Callable[[], object]:
        inputs = [torch.tensor(array, requires_grad=True) for array in arrays]
        program = torch.compile(chain, backend="aot_eager", dynamic=False) if compiled else chain
        return lambda: program(*inputs)

    return made


ENGINES = {
    "dynamic": _dynamic,
    "no_grad": _not_recording,
    STATIC: _static(()),
    FUSED: _static(static.PASSES),
    "torch": _torch(False),
    "torch.compile": _torch(True),
}


def _seconds(side: Callable[[], object]) -> float:
    start = time.perf_counter()
    side()
    return time.perf_counter() - start


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about the speed of the two kinds."""
    least, most = (f(record["side"] for record in records) for f in (min, max))

    def ratios(work: str, side: int) -> tuple[float, ...]:
        return tuple(values(records, "ratio", engine="dynamic", work=work, side=side))

    one, large = ratios(PRODUCTS, least), ratios(PRODUCTS, most)
    fallen = tuple(a - b for a, b in zip(one, large, strict=True))
    cells = tuple(log(ratio) for ratio in ratios(CELLS, most))  # they spread over factors
    time = "time of the dynamic engine over the static one's"
    return [
        more(f"{time}, one product of two numbers", Differences(one), 1.3),
        more(f"logarithm of the {time}, cell by cell on {most}×{most} cells", Differences(cells), log(1.3)),
        more(f"{time}, one product of numbers less one of {most}×{most} matrices", Differences(fallen), 0.3),
    ]
