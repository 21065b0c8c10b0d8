"""Every operation of the graph engines, written once for ours and once for PyTorch's."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from dlsteps.graphs import functions as F


class Case(NamedTuple):
    """The same expression twice, and where to try it.

    `smooth` is False where the slope jumps at a point that the numbers may hit.
    """

    operation: str
    ours: Callable
    theirs: Callable
    inputs: tuple[Tensor, ...]
    smooth: bool = True


def drawn(*shape: int, seed: int = 0, low: float = -2.0, high: float = 2.0) -> Tensor:
    generator = torch.Generator().manual_seed(seed + 31 * len(shape) + sum(shape))
    return torch.rand(shape, generator=generator, dtype=torch.float64) * (high - low) + low


A, B, ROW = drawn(3, 4), drawn(3, 4, seed=5), drawn(4, seed=1)
POSITIVE = drawn(3, 4, low=0.5, high=3)
TIES = torch.tensor([[1.0, 2.0, 2.0], [3.0, -1.0, 3.0]], dtype=torch.float64)
PICKS = torch.tensor([[0, 2], [1, 1], [3, 0]])


def _put(g, i):
    return torch.zeros(3, 4, dtype=g.dtype).scatter_add(1, i, g)


def _put_twice(g):
    x = torch.zeros(5, 2, dtype=g.dtype)
    return x.index_put((torch.tensor([4, 0, 4]),), g, accumulate=True)


CASES = [
    Case("add", lambda a, b: a + b, torch.add, (A, ROW)),
    Case("add", lambda a: 2.0 + a + 1, lambda a: a + 3, (A,)),
    Case("subtract", lambda a, b: a - b, torch.sub, (A, drawn(3, 1))),
    Case("subtract", lambda a: 1.5 - a, lambda a: 1.5 - a, (A,)),
    Case("multiply", lambda a, b: a * b, torch.mul, (drawn(2, 1, 4), drawn(3, 1))),
    Case("multiply", lambda a: 3 * a, lambda a: 3 * a, (A,)),
    Case("divide", lambda a, b: a / b, torch.div, (A, POSITIVE)),
    Case("divide", lambda a: 2 / a, lambda a: 2 / a, (POSITIVE,)),
    Case("power", lambda a: a**3, lambda a: a**3, (A,)),
    Case("power", lambda a: a**-1.5, lambda a: a**-1.5, (POSITIVE,)),
    Case("power", lambda a: a**2, lambda a: a**2, (A,)),
    Case("power", lambda a: a**0, lambda a: a**0, (torch.tensor([0.0, 2.0], dtype=torch.float64),)),
    Case("power", lambda a: F.cast(a, "int64") ** 0, lambda a: a.long() ** 0, (A,), False),
    Case("maximum", F.maximum, torch.maximum, (A, ROW)),
    Case("maximum", F.maximum, torch.maximum, (TIES, TIES.flip(1)), False),
    Case("minimum", F.minimum, torch.minimum, (A, ROW)),
    Case("minimum", F.minimum, torch.minimum, (TIES, TIES.flip(1)), False),
    Case("negate", lambda a: -a, torch.neg, (A,)),
    Case("exp", F.exp, torch.exp, (A,)),
    Case("log", F.log, torch.log, (POSITIVE,)),
    Case("sqrt", F.sqrt, torch.sqrt, (POSITIVE,)),
    Case("square", F.square, torch.square, (A,)),
    Case("abs", F.absolute, torch.abs, (A,)),
    Case("abs", F.absolute, torch.abs, (TIES - 2,), False),
    Case("sign", F.sign, torch.sign, (A,)),
    Case("sin", F.sin, torch.sin, (A,)),
    Case("cos", F.cos, torch.cos, (A,)),
    Case("tanh", F.tanh, torch.tanh, (A,)),
    Case("sigmoid", F.sigmoid, torch.sigmoid, (A,)),
    Case("sigmoid", F.sigmoid, torch.sigmoid, (A * 400,)),
    Case("relu", F.relu, torch.relu, (A,)),
    Case("relu", F.relu, torch.relu, (TIES - 2,), False),
    Case("less", lambda a, b: a < b, torch.lt, (TIES, TIES.flip(1))),
    Case("less_equal", lambda a, b: a <= b, torch.le, (TIES, TIES.flip(1))),
    Case("greater", lambda a, b: a > b, torch.gt, (TIES, TIES.flip(1))),
    Case("greater_equal", lambda a, b: a >= b, torch.ge, (TIES, TIES.flip(1))),
    Case("equal", F.equal, torch.eq, (TIES, TIES.flip(1))),
    Case("not_equal", F.not_equal, torch.ne, (TIES, TIES.flip(1))),
    Case("where", lambda a, b: F.where(a > b, a, b * 2), lambda a, b: torch.where(a > b, a, b * 2), (A, ROW)),
    Case("where", lambda a: F.where(a > 0, a, 0.0), lambda a: torch.where(a > 0, a, 0.0), (A,)),
    Case("cast", lambda a: F.cast(a, "float32"), lambda a: a.float(), (A,), False),
    Case("cast", lambda a: F.cast(a, "int64"), lambda a: a.long(), (A,), False),
    Case(
        "stop_gradient",
        lambda a, b: F.stop_gradient(a) * a * b,
        lambda a, b: a.detach() * a * b,
        (A, B),
        False,
    ),
    Case("matmul", lambda a, b: a @ b, torch.matmul, (A, drawn(4, 2))),
    Case("matmul", lambda a, b: a @ b, torch.matmul, (drawn(2, 1, 3, 4), drawn(5, 4, 2))),
    Case("matmul", lambda a, b: a @ b, torch.matmul, (drawn(4), drawn(4, 2))),
    Case("matmul", lambda a, b: a @ b, torch.matmul, (drawn(3, 4), drawn(4))),
    Case("matmul", lambda a, b: a @ b, torch.matmul, (drawn(4), drawn(4, seed=1))),
    Case("matmul", lambda a, b: a @ b, torch.matmul, (drawn(4), drawn(5, 4, 2))),
    Case("sum", lambda a: a.sum(), torch.sum, (A,)),
    Case("sum", lambda a: a.sum(-1, keepdims=True), lambda a: a.sum(-1, keepdim=True), (A,)),
    Case("sum", lambda a: F.sum(a, (0, 2)), lambda a: a.sum((0, 2)), (drawn(2, 3, 4),)),
    Case("mean", lambda a: a.mean(), torch.mean, (A,)),
    Case("mean", lambda a: F.mean(a, (1, 2)), lambda a: a.mean((1, 2)), (drawn(2, 3, 4),)),
    Case("mean", lambda a: a.mean(0, keepdims=True), lambda a: a.mean(0, keepdim=True), (A,)),
    Case("max", lambda a: F.max(a, 1), lambda a: a.amax(1), (A,)),
    Case("max", lambda a: a.max(), lambda a: a.amax(), (TIES,), False),
    Case("max", lambda a: a.max(-1, keepdims=True), lambda a: a.amax(-1, keepdim=True), (TIES,), False),
    Case("softmax", F.softmax, lambda a: a.softmax(-1), (A,)),
    Case("softmax", lambda a: F.softmax(a, 0), lambda a: a.softmax(0), (A + 1000,)),
    Case("log_softmax", F.log_softmax, lambda a: a.log_softmax(-1), (A * 500,)),
    Case("log_softmax", lambda a: F.log_softmax(a, 1), lambda a: a.log_softmax(1), (drawn(2, 3, 4),)),
    Case("reshape", lambda a: a.reshape(2, -1), lambda a: a.reshape(2, -1), (A,)),
    Case("reshape", lambda a: a.reshape((12,)), lambda a: a.reshape(12), (A,)),
    Case("transpose", lambda a, b: a.T @ b, lambda a, b: a.T @ b, (A, B)),
    Case("transpose", lambda a: a.transpose(2, 0, -2), lambda a: a.permute(2, 0, 1), (drawn(2, 3, 4),)),
    Case("broadcast_to", lambda a: F.broadcast_to(a, (2, 3, 4)), lambda a: a.expand(2, 3, 4), (ROW,)),
    Case("broadcast_to", lambda a: F.broadcast_to(a, (3, 4)), lambda a: a.expand(3, 4), (drawn(3, 1),)),
    Case("index", lambda a: a[1], lambda a: a[1], (A,)),
    Case("index", lambda a: a[::2, None, 1:-1], lambda a: a[::2, None, 1:-1], (A,)),
    Case("index", lambda a: a[..., -1], lambda a: a[..., -1], (drawn(2, 3, 4),)),
    Case("index", lambda a: a[[0, 2, 0]], lambda a: a[[0, 2, 0]], (A,)),
    Case("index", lambda a: a[[0, 2], [1, 1]], lambda a: a[[0, 2], [1, 1]], (A,)),
    Case("index", lambda a: sum(row * k for k, row in enumerate(a)), lambda a: a[1] + 2 * a[2], (A,)),
    Case("scatter", lambda g: F.scatter(g, ([4, 0, 4],), (5, 2)), _put_twice, (drawn(3, 2),)),
    Case("scatter", lambda g: F.scatter(g, (slice(1, 3),), (4,)),
         lambda g: torch.nn.functional.pad(g, (1, 1)), (drawn(2),)),
    Case("gather", F.gather, lambda a, i: a.gather(-1, i), (A, PICKS)),
    Case("gather", lambda a, i: F.gather(a, i, 0),
         lambda a, i: a.gather(0, i), (A, torch.tensor([[2, 0, 2, 1]]))),
    Case("scatter_along", lambda g, i: F.scatter_along(g, i, 1, 4), _put, (drawn(3, 2), PICKS)),
    Case("concatenate", lambda a, b: F.concatenate([a, b]), lambda a, b: torch.cat([a, b]), (A, drawn(2, 4))),
    Case("concatenate", lambda a, b: F.concatenate([a, b, a], -1),
         lambda a, b: torch.cat([a, b, a], -1), (A, drawn(3, 2))),
]  # fmt: skip
