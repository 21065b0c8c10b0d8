"""The vocabulary: one function for each operation, for NumPy arrays, recorded tensors and graph nodes.

A program written in it has three readings. On arrays it computes. On the tensors of `dynamic` it
computes and is recorded. On the nodes of `static` it computes nothing and becomes a graph. The rules of
differentiation are written in it too, which is why one table of them serves both engines.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from dlsteps.graphs.operations import compute, normalize_axes

Value = Any  # np.ndarray, dynamic.Tensor or static.Node


def apply(name: str, *inputs: Value, **attributes) -> Value:
    """Apply an operation in the reading that its inputs call for."""
    for x in inputs:
        if isinstance(x, Operators):
            return x._apply(name, inputs, attributes)
    return compute(name, inputs, attributes)


class Operators:
    """The signs `+ - * / @ ** []` and the comparisons for tensors and nodes."""

    __slots__ = ()
    __array_ufunc__ = None  # so that `array * tensor` asks the tensor

    def _apply(self, name: str, inputs: tuple, attributes: dict) -> Value:
        raise NotImplementedError

    def __add__(self, other):
        return apply("add", self, other)

    def __radd__(self, other):
        return apply("add", other, self)

    def __sub__(self, other):
        return apply("subtract", self, other)

    def __rsub__(self, other):
        return apply("subtract", other, self)

    def __mul__(self, other):
        return apply("multiply", self, other)

    def __rmul__(self, other):
        return apply("multiply", other, self)

    def __truediv__(self, other):
        return apply("divide", self, other)

    def __rtruediv__(self, other):
        return apply("divide", other, self)

    def __matmul__(self, other):
        return matmul(self, other)

    def __rmatmul__(self, other):
        return matmul(other, self)

    def __neg__(self):
        return apply("negate", self)

    def __pow__(self, exponent):
        return apply("power", self, exponent=exponent)

    def __lt__(self, other):
        return apply("less", self, other)

    def __le__(self, other):
        return apply("less_equal", self, other)

    def __gt__(self, other):
        return apply("greater", self, other)

    def __ge__(self, other):
        return apply("greater_equal", self, other)

    def __getitem__(self, key):
        return index(self, key)

    def __len__(self):
        if not self.shape:
            raise TypeError("a single number has no length; try x.reshape(1)")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def T(self):  # noqa: N802 (NumPy's name)
        return transpose(self)

    def sum(self, axis=None, keepdims=False):
        return sum(self, axis, keepdims)

    def mean(self, axis=None, keepdims=False):
        return mean(self, axis, keepdims)

    def max(self, axis=None, keepdims=False):
        return max(self, axis, keepdims)

    def reshape(self, *shape):
        return reshape(self, shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape)

    def transpose(self, *axes):
        return transpose(self, axes or None)

    def astype(self, dtype):
        return cast(self, dtype)


def exp(x: Value) -> Value:
    """$e^x$."""
    return apply("exp", x)


def log(x: Value) -> Value:
    """The natural logarithm."""
    return apply("log", x)


def sqrt(x: Value) -> Value:
    """The square root."""
    return apply("sqrt", x)


def square(x: Value) -> Value:
    """$x^2$."""
    return apply("square", x)


def absolute(x: Value) -> Value:
    """$|x|$; its derivative at 0 is 0, as in torch, and NaN at NaN, where torch gives 0."""
    return apply("abs", x)


def sign(x: Value) -> Value:
    """−1, 0 or 1; NaN stays one, where torch gives 0. No gradient passes."""
    return apply("sign", x)


def sin(x: Value) -> Value:
    """The sine."""
    return apply("sin", x)


def cos(x: Value) -> Value:
    """The cosine."""
    return apply("cos", x)


def tanh(x: Value) -> Value:
    """The hyperbolic tangent."""
    return apply("tanh", x)


def sigmoid(x: Value) -> Value:
    """$1/(1 + e^{-x})$."""
    return apply("sigmoid", x)


def relu(x: Value) -> Value:
    """$\\max(x, 0)$; its derivative at 0 is 0, as in torch."""
    return apply("relu", x)


def maximum(a: Value, b: Value) -> Value:
    """The larger of two; where they tie, each gets half the gradient, as in torch."""
    return apply("maximum", a, b)


def minimum(a: Value, b: Value) -> Value:
    """The smaller of two; where they tie, each gets half the gradient, as in torch."""
    return apply("minimum", a, b)


def equal(a: Value, b: Value) -> Value:
    """Where two agree. (`a == b` asks whether they are the same object.)"""
    return apply("equal", a, b)


def not_equal(a: Value, b: Value) -> Value:
    """Where two differ."""
    return apply("not_equal", a, b)


def where(condition: Value, a: Value, b: Value) -> Value:
    """`a` where the condition holds, `b` elsewhere. Both are computed."""
    return apply("where", condition, a, b)


def cast(x: Value, dtype: str | np.dtype | type) -> Value:
    """The same numbers in another dtype."""
    return apply("cast", x, dtype=np.dtype(dtype).name)


def stop_gradient(x: Value) -> Value:
    """The same numbers, taken for constant by every derivative."""
    return apply("stop_gradient", x)


def matmul(a: Value, b: Value) -> Value:
    """The matrix product $y_{ij} = \\sum_k a_{ik} b_{kj}$.

    A vector is a row on the left and a column on the right. Axes before the last two are broadcast.
    """
    if np.ndim(a) == 1:
        return _drop_axis(matmul(reshape(a, (1, a.shape[0])), b), -2 if np.ndim(b) > 1 else -1)
    if np.ndim(b) == 1:
        return _drop_axis(matmul(a, reshape(b, (b.shape[0], 1))), -1)
    return apply("matmul", a, b)


def _drop_axis(x: Value, axis: int) -> Value:
    axis %= x.ndim
    return reshape(x, (*x.shape[:axis], *x.shape[axis + 1 :]))


def sum(x: Value, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Value:
    """The sum along some axes, or along all."""
    return apply("sum", x, axis=normalize_axes(axis, np.ndim(x)), keepdims=keepdims)


def mean(x: Value, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Value:
    """The mean along some axes, or along all."""
    return apply("mean", x, axis=normalize_axes(axis, np.ndim(x)), keepdims=keepdims)


def max(x: Value, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Value:
    """The largest along some axes, or of all; equals share its gradient evenly, as in torch's `amax`."""
    return apply("max", x, axis=normalize_axes(axis, np.ndim(x)), keepdims=keepdims)


def softmax(x: Value, axis: int = -1) -> Value:
    """$e^{x_i} / \\sum_j e^{x_j}$ along one axis."""
    return apply("softmax", x, axis=normalize_axes(axis, np.ndim(x))[0])


def log_softmax(x: Value, axis: int = -1) -> Value:
    """$x_i - \\log \\sum_j e^{x_j}$ along one axis."""
    return apply("log_softmax", x, axis=normalize_axes(axis, np.ndim(x))[0])


def reshape(x: Value, shape: int | tuple[int, ...]) -> Value:
    """The same cells in the same order under another shape; one length may be −1 and is worked out."""
    shape = [shape] if isinstance(shape, int) else list(shape)
    if shape.count(-1) == 1:
        known = -prod(shape)
        shape[shape.index(-1)] = np.size(x) // known if known else 0
    return apply("reshape", x, shape=tuple(map(int, shape)))


def transpose(x: Value, axes: tuple[int, ...] | None = None) -> Value:
    """The axes in another order; None reverses them."""
    ndim = np.ndim(x)
    axes = range(ndim)[::-1] if axes is None else [a + ndim if a < 0 else a for a in axes]
    return apply("transpose", x, axes=tuple(axes))


def broadcast_to(x: Value, shape: tuple[int, ...]) -> Value:
    """Stretch axes of length 1, and add axes in front, until the shape is this."""
    return apply("broadcast_to", x, shape=tuple(map(int, shape)))


def index(x: Value, key: Any) -> Value:
    """`x[key]`, for integers, slices, None, an ellipsis, and integer or boolean arrays that are known.

    Raises:
        TypeError: If the key is a tensor or a node. `gather` takes those.
    """
    key = key if isinstance(key, tuple) else (key,)
    if any(isinstance(k, Operators) for k in key):
        raise TypeError("an index must be known when it is written; try gather(x, indices, axis)")
    return apply("index", x, key=_owned(key))


def scatter(g: Value, key: tuple, shape: tuple[int, ...]) -> Value:
    """Zeros of `shape` with `g` added where `key` points: what `index` picks, put back."""
    return apply("scatter", g, key=_owned(key), shape=tuple(shape))


def _owned(key: tuple) -> tuple:
    """Copy what the caller may still change: the key is read again on the way back, or at every run."""
    return tuple(np.array(k) if isinstance(k, list | np.ndarray) else k for k in key)


def gather(x: Value, indices: Value, axis: int = -1) -> Value:
    """Along one axis, the cells that an integer array names; all other axes agree."""
    return apply("gather", x, indices, axis=normalize_axes(axis, np.ndim(x))[0])


def scatter_along(g: Value, indices: Value, axis: int, length: int) -> Value:
    """Zeros with `length` cells along `axis` and `g` added where `indices` points: `gather` put back."""
    return apply("scatter_along", g, indices, axis=axis, length=length)


def concatenate(xs: list | tuple, axis: int = 0) -> Value:
    """The arrays behind one another along an axis."""
    if not xs:
        raise ValueError("there is nothing to concatenate; try one array or more")
    return apply("concatenate", *xs, axis=normalize_axes(axis, np.ndim(xs[0]))[0])
