"""The table of derivative rules, one for each input of each operation, for both engines.

A rule takes the gradient g that arrives at a result y, then y, then the inputs, and returns what goes on
to its input. It says nothing of broadcasting: `reverse.pull_back` sums over the cells that were
stretched. Written in the vocabulary of `functions`, a rule that is given arrays computes the gradient,
and a rule that is given nodes draws the graph of it.
"""

from collections.abc import Callable
from math import prod

import numpy as np

from dlsteps.graphs import functions as F
from dlsteps.graphs.functions import Value

Rule = Callable[..., Value]
Rules = tuple[Rule | None, ...]  # one for each input; None where no gradient passes
Joint = Callable[..., tuple[Value | None, ...]]  # one for all inputs, where they cannot be told apart


def _power(g: Value, y: Value, x: Value, exponent: float) -> Value:
    """$p\\,x^{p-1}$; 0 for p = 0, where $0 \\cdot x^{-1}$ would be NaN at x = 0.

    For p = 1/2 torch computes $1/\\sqrt{x}$ in its place: −∞ at −0, NaN at −∞, where $x^{-1/2}$ is ∞ and 0.
    """
    return g * (exponent * x ** (exponent - 1)) if exponent else 0.0 * g


def _but_to_loser(g: Value, loses: Value, ties: Value) -> Value:
    """Nothing to the one that loses, half to each where they tie. Beside a NaN nobody loses."""
    return F.where(loses, 0.0, F.where(ties, g / 2, g))


def _matrix_transpose(x: Value) -> Value:
    return F.transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _keep(g: Value, x: Value, axis: tuple[int, ...]) -> Value:
    """Give the reduced axes back, with length 1."""
    return F.reshape(g, tuple(1 if k in axis else n for k, n in enumerate(x.shape)))


def _sum(g: Value, y: Value, x: Value, axis: tuple[int, ...], keepdims: bool) -> Value:
    """Every cell of a sum gets the sum's gradient."""
    return F.broadcast_to(_keep(g, x, axis), x.shape)


def _mean(g: Value, y: Value, x: Value, axis: tuple[int, ...], keepdims: bool) -> Value:
    """Every cell of a mean of n gets 1/n of the mean's gradient."""
    count = float(prod(x.shape[k] for k in axis))
    return F.broadcast_to(_keep(g / count, x, axis), x.shape)


def _max(g: Value, y: Value, x: Value, axis: tuple[int, ...], keepdims: bool) -> Value:
    """The largest cell gets the gradient; cells that tie for it share it evenly."""
    first = F.cast(F.equal(x, _keep(y, x, axis)), g.dtype)
    return first * (_keep(g, x, axis) / F.sum(first, axis, keepdims=True))


def _softmax(g: Value, y: Value, x: Value, axis: int) -> Value:
    """$y_i (g_i - \\sum_j g_j y_j)$."""
    return y * (g - F.sum(g * y, axis, keepdims=True))


def _log_softmax(g: Value, y: Value, x: Value, axis: int) -> Value:
    """$g_i - e^{y_i} \\sum_j g_j$."""
    return g - F.exp(y) * F.sum(g, axis, keepdims=True)


def _transpose(g: Value, y: Value, x: Value, axes: tuple[int, ...]) -> Value:
    """The opposite order."""
    return F.transpose(g, tuple(map(int, np.argsort(axes))))


def _concatenate(g: Value, y: Value, *xs: Value, axis: int) -> tuple[Value, ...]:
    """Each input gets its own stretch."""
    ends = np.cumsum([x.shape[axis] for x in xs]).tolist()
    lead = (slice(None),) * axis
    return tuple(
        F.index(g, (*lead, slice(end - x.shape[axis], end))) for x, end in zip(xs, ends, strict=True)
    )


RULES: dict[str, Rules | Joint] = {
    # y = a ∘ b: one rule for a, one for b.
    "add": (lambda g, y, a, b: g, lambda g, y, a, b: g),
    "subtract": (lambda g, y, a, b: g, lambda g, y, a, b: -g),
    "multiply": (lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
    "divide": (lambda g, y, a, b: g / b, lambda g, y, a, b: -(g * y) / b),
    "matmul": (
        lambda g, y, a, b: F.matmul(g, _matrix_transpose(b)),
        lambda g, y, a, b: F.matmul(_matrix_transpose(a), g),
    ),
    "maximum": (
        lambda g, y, a, b: _but_to_loser(g, a < b, F.equal(a, b)),
        lambda g, y, a, b: _but_to_loser(g, b < a, F.equal(a, b)),
    ),
    "minimum": (
        lambda g, y, a, b: _but_to_loser(g, a > b, F.equal(a, b)),
        lambda g, y, a, b: _but_to_loser(g, b > a, F.equal(a, b)),
    ),
    "where": (
        None,
        lambda g, y, condition, a, b: F.where(condition, g, 0.0),
        lambda g, y, condition, a, b: F.where(condition, 0.0, g),
    ),
    # y = f(x).
    "power": (_power,),
    "negate": (lambda g, y, x: -g,),
    "exp": (lambda g, y, x: g * y,),
    "log": (lambda g, y, x: g / x,),
    "sqrt": (lambda g, y, x: g / (2.0 * y),),
    "square": (lambda g, y, x: g * (2.0 * x),),
    "abs": (lambda g, y, x: g * F.sign(x),),  # NaN at NaN, where torch has 0
    "sin": (lambda g, y, x: g * F.cos(x),),
    "cos": (lambda g, y, x: -(g * F.sin(x)),),
    "tanh": (lambda g, y, x: g * (1.0 - y * y),),
    "sigmoid": (lambda g, y, x: g * (y * (1.0 - y)),),
    "relu": (lambda g, y, x: F.where(x <= 0, 0.0, g),),
    "cast": (lambda g, y, x, dtype: F.cast(g, x.dtype),),
    # Along axes.
    "sum": (_sum,),
    "mean": (_mean,),
    "max": (_max,),
    "softmax": (_softmax,),
    "log_softmax": (_log_softmax,),
    # The same cells elsewhere: each way has its way back.
    "reshape": (lambda g, y, x, shape: F.reshape(g, x.shape),),
    "transpose": (_transpose,),
    "broadcast_to": (lambda g, y, x, shape: g,),
    "index": (lambda g, y, x, key: F.scatter(g, key, x.shape),),
    "scatter": (lambda g, y, x, key, shape: F.index(g, key),),
    "gather": (lambda g, y, x, i, axis: F.scatter_along(g, i, axis, x.shape[axis]), None),
    "scatter_along": (lambda g, y, x, i, axis, length: F.gather(g, i, axis), None),
    "concatenate": _concatenate,
    # What has steps instead of slopes.
    "sign": (None,),
    "stop_gradient": (None,),
    "less": (None, None),
    "less_equal": (None, None),
    "greater": (None, None),
    "greater_equal": (None, None),
    "equal": (None, None),
    "not_equal": (None, None),
}

# What the rules of an operation read besides shapes: one entry for each input, as places in (y, *inputs).
# Rules that are not named here read nothing.
READS: dict[str, tuple[tuple[int, ...], ...]] = {
    "multiply": ((2,), (1,)),
    "divide": ((2,), (0, 2)),
    "matmul": ((2,), (1,)),
    "maximum": ((1, 2), (1, 2)),
    "minimum": ((1, 2), (1, 2)),
    "where": ((), (1,), (1,)),
    "power": ((1,),),
    "exp": ((0,),),
    "log": ((1,),),
    "sqrt": ((0,),),
    "square": ((1,),),
    "abs": ((1,),),
    "sin": ((1,),),
    "cos": ((1,),),
    "tanh": ((0,),),
    "sigmoid": ((0,),),
    "relu": ((1,),),
    "max": ((0, 1),),
    "softmax": ((0,),),
    "log_softmax": ((0,),),
    "gather": ((2,), ()),
    "scatter_along": ((2,), ()),
}
