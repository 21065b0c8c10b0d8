"""Operations that treat every cell alike: arithmetic, functions of one number, comparisons, choice."""

import numpy as np

from dlsteps.graphs.operations import Array, Spec, define, infer_elementwise
from dlsteps.tensors import broadcast_shape


def relu(x: Array, out: np.ndarray | None = None) -> Array:
    """$\\max(x, 0)$; a NaN stays one."""
    return np.maximum(x, 0, out=out)


def sigmoid(x: Array, out: np.ndarray | None = None) -> Array:
    """$1/(1 + e^{-x})$, written so that no large number is exponentiated."""
    e = np.exp(-np.abs(x))  # in (0, 1]
    return np.divide(np.where(x >= 0, 1, e), 1 + e, out=out)


def power(x: Array, exponent: float, out: np.ndarray | None = None) -> Array:
    """$x^p$ for one number p."""
    _check_exponent(x.dtype, exponent)
    return np.power(x, exponent, out=out)


def _check_exponent(dtype: np.dtype, exponent: float) -> None:
    if not isinstance(exponent, int | float):
        raise TypeError(
            f"exponent={exponent!r} is no number; try exp(p * log(x)) for an exponent that is a tensor"
        )
    if dtype.kind in "iu" and isinstance(exponent, int) and exponent < 0:
        raise ValueError(f"exponent={exponent} is negative, and x is {dtype}; cast x to float64 first")


def _infer_power(x: Spec, exponent: float) -> Spec:
    _check_exponent(x.dtype, exponent)
    return Spec(x.shape, np.power(np.ones(1, x.dtype), exponent).dtype)


def where(condition: Array, a: Array | float, b: Array | float) -> Array:
    """`a` where the condition holds, `b` elsewhere."""
    _check_condition(condition.dtype)
    return np.where(condition, a, b)


def _check_condition(dtype: np.dtype) -> None:
    if dtype.kind != "b":
        raise TypeError(f"condition has dtype {dtype}, not bool; try condition > 0")


def _infer_where(condition: Spec, a: Spec, b: Spec) -> Spec:
    _check_condition(condition.dtype)
    shape = broadcast_shape(condition.shape, a.shape, b.shape)
    return Spec(shape, np.result_type(a.dtype, b.dtype))


def cast(x: Array, dtype: str) -> Array:
    """The same numbers in another dtype, in memory of their own."""
    return np.asarray(x).astype(dtype)


def stop_gradient(x: Array) -> Array:
    """The same numbers, taken for constant by every derivative."""
    return np.asarray(x)


RUNS = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "negate": np.negative,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "square": np.square,
    "abs": np.abs,
    "sign": np.sign,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "relu": relu,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "equal": np.equal,
    "not_equal": np.not_equal,
}
for _name, _run in RUNS.items():
    define(_name, _run, infer_elementwise(_run), elementwise=True, out=True)

define("power", power, _infer_power, elementwise=True, out=True)
define("where", where, _infer_where, elementwise=True)
define("cast", cast, lambda x, dtype: Spec(x.shape, np.dtype(dtype)), elementwise=True)
define("stop_gradient", stop_gradient, lambda x: x, view=True)
