"""The table of derivative rules, one for each operation, for both engines.

A rule takes the gradient g that arrives at a result y, then y, then the inputs, and returns what goes on
to each input; None where nothing does. It says nothing of broadcasting: `reverse.pull_back` sums over
the cells that were stretched. Written in the vocabulary of `functions`, a rule given arrays computes the
gradient, and given nodes it draws the graph of it.
"""

from collections.abc import Callable

import numpy as np

from dlsteps.graphs import functions as F
from dlsteps.graphs.functions import Value

Rule = Callable[..., tuple[Value | None, ...]]


def power(g: Value, y: Value, x: Value, exponent: float) -> tuple[Value]:
    """$p\\,x^{p-1}$; nothing for p = 0, where $0 \\cdot x^{-1}$ would be NaN at x = 0."""
    return (g * (exponent * x ** (exponent - 1)) if exponent else None,)


def maximum(g: Value, y: Value, a: Value, b: Value) -> tuple[Value, Value]:
    """All to the larger one, half to each where they tie."""
    half = F.where(F.equal(a, b), g / 2, 0.0)
    return F.where(a > b, g, half), F.where(b > a, g, half)


def minimum(g: Value, y: Value, a: Value, b: Value) -> tuple[Value, Value]:
    """All to the smaller one, half to each where they tie."""
    half = F.where(F.equal(a, b), g / 2, 0.0)
    return F.where(a < b, g, half), F.where(b < a, g, half)


def where(g: Value, y: Value, condition: Value, a: Value, b: Value) -> tuple[None, Value, Value]:
    """Each input gets the gradient where it was chosen."""
    return None, F.where(condition, g, 0.0), F.where(condition, 0.0, g)


def relu(g: Value, y: Value, x: Value) -> tuple[Value]:
    """The gradient passes where x > 0."""
    return (F.where(x > 0, g, 0.0),)


def matmul(g: Value, y: Value, a: Value, b: Value) -> tuple[Value, Value]:
    """$\\partial L/\\partial A = G B^\\top$ and $\\partial L/\\partial B = A^\\top G$."""
    return F.matmul(g, _matrix_transpose(b)), F.matmul(_matrix_transpose(a), g)


def _matrix_transpose(x: Value) -> Value:
    return F.transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _keep(g: Value, x: Value, axis: tuple[int, ...]) -> Value:
    """Give the reduced axes back, with length 1."""
    return F.reshape(g, tuple(1 if k in axis else n for k, n in enumerate(x.shape)))


def sum(g: Value, y: Value, x: Value, axis: tuple[int, ...], keepdims: bool) -> tuple[Value]:
    """Every cell of a sum gets the sum's gradient."""
    return (F.broadcast_to(_keep(g, x, axis), x.shape),)


def mean(g: Value, y: Value, x: Value, axis: tuple[int, ...], keepdims: bool) -> tuple[Value]:
    """Every cell of a mean of n gets 1/n of the mean's gradient."""
    count = np.prod([x.shape[k] for k in axis], dtype=int)
    return (F.broadcast_to(_keep(g / float(count), x, axis), x.shape),)


def max(g: Value, y: Value, x: Value, axis: tuple[int, ...], keepdims: bool) -> tuple[Value]:
    """The largest cell gets the gradient; cells that share the first place share it."""
    first = F.cast(F.equal(x, _keep(y, x, axis)), g.dtype)
    return (first * (_keep(g, x, axis) / F.sum(first, axis, keepdims=True)),)


def softmax(g: Value, y: Value, x: Value, axis: int) -> tuple[Value]:
    """$y_i (g_i - \\sum_j g_j y_j)$."""
    return (y * (g - F.sum(g * y, axis, keepdims=True)),)


def log_softmax(g: Value, y: Value, x: Value, axis: int) -> tuple[Value]:
    """$g_i - e^{y_i} \\sum_j g_j$."""
    return (g - F.exp(y) * F.sum(g, axis, keepdims=True),)


def transpose(g: Value, y: Value, x: Value, axes: tuple[int, ...]) -> tuple[Value]:
    """The opposite order."""
    return (F.transpose(g, tuple(map(int, np.argsort(axes)))),)


def concatenate(g: Value, y: Value, *xs: Value, axis: int) -> tuple[Value, ...]:
    """Each input gets its own stretch."""
    ends = np.cumsum([x.shape[axis] for x in xs]).tolist()
    lead = (slice(None),) * axis
    return tuple(
        F.index(g, (*lead, slice(end - x.shape[axis], end))) for x, end in zip(xs, ends, strict=True)
    )


RULES: dict[str, Rule | None] = {
    "add": lambda g, y, a, b: (g, g),
    "subtract": lambda g, y, a, b: (g, -g),
    "multiply": lambda g, y, a, b: (g * b, g * a),
    "divide": lambda g, y, a, b: (g / b, -(g * y) / b),
    "power": power,
    "maximum": maximum,
    "minimum": minimum,
    "negate": lambda g, y, x: (-g,),
    "exp": lambda g, y, x: (g * y,),
    "log": lambda g, y, x: (g / x,),
    "sqrt": lambda g, y, x: (g / (2.0 * y),),
    "square": lambda g, y, x: (g * (2.0 * x),),
    "abs": lambda g, y, x: (g * F.sign(x),),
    "sin": lambda g, y, x: (g * F.cos(x),),
    "cos": lambda g, y, x: (-(g * F.sin(x)),),
    "tanh": lambda g, y, x: (g * (1.0 - y * y),),
    "sigmoid": lambda g, y, x: (g * (y * (1.0 - y)),),
    "relu": relu,
    "where": where,
    "cast": lambda g, y, x, dtype: (F.cast(g, x.dtype),),
    "matmul": matmul,
    "sum": sum,
    "mean": mean,
    "max": max,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "reshape": lambda g, y, x, shape: (F.reshape(g, x.shape),),
    "transpose": transpose,
    "broadcast_to": lambda g, y, x, shape: (g,),
    "index": lambda g, y, x, key: (F.scatter(g, key, x.shape),),
    "scatter": lambda g, y, x, key, shape: (F.index(g, key),),
    "gather": lambda g, y, x, i, axis: (F.scatter_along(g, i, axis, x.shape[axis]), None),
    "scatter_along": lambda g, y, x, i, axis, length: (F.gather(g, i, axis), None),
    "concatenate": concatenate,
    # What has steps instead of slopes: no gradient passes.
    "sign": None,
    "stop_gradient": None,
    "less": None,
    "less_equal": None,
    "greater": None,
    "greater_equal": None,
    "equal": None,
    "not_equal": None,
}
