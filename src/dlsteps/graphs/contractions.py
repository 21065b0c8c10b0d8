"""Operations that mix cells: the matrix product, sums and maxima along axes, softmax."""

from math import prod

import numpy as np

from dlsteps.graphs.operations import Array, Spec, define
from dlsteps.tensors import broadcast_shape, reduced_shape


def _infer_matmul(a: Spec, b: Spec) -> Spec:
    if a.ndim < 2 or b.ndim < 2:
        raise ValueError(f"shapes {list(a.shape)} and {list(b.shape)} are not both matrices; try reshape")
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"{list(a.shape)} @ {list(b.shape)}: rows of {a.shape[-1]} meet columns of {b.shape[-2]}; "
            "they must be as long as each other, so look for a missing transpose"
        )
    batch = broadcast_shape(a.shape[:-2], b.shape[:-2])
    return Spec((*batch, a.shape[-2], b.shape[-1]), np.result_type(a.dtype, b.dtype))


def _infer_reduction(run):
    def infer(x: Spec, axis: tuple[int, ...], keepdims: bool) -> Spec:
        shape = reduced_shape(x.shape, axis, keepdims)
        if run is np.max and prod(x.shape) == 0 != prod(shape):
            raise ValueError(f"shape {list(x.shape)} has no cell along axis={axis}, so there is no largest")
        return Spec(shape, run(np.ones(1, x.dtype), axis=(0,)).dtype)

    return infer


def mean(x: Array, axis: tuple[int, ...], keepdims: bool, out: np.ndarray | None = None) -> Array:
    """The sum divided by the count; NaN for a mean of no cells, without NumPy's warning."""
    if all(x.shape[k] for k in axis):
        return np.mean(x, axis, keepdims=keepdims, out=out)
    return np.divide(np.sum(x, axis, keepdims=keepdims), 0, out=out)


def softmax(x: Array, axis: int, out: np.ndarray | None = None) -> Array:
    """$e^{x_i} / \\sum_j e^{x_j}$ along an axis; the largest x is subtracted first, so nothing overflows."""
    _check_shared(x, axis)
    e = np.exp(x - x.max(axis, keepdims=True))
    return np.divide(e, e.sum(axis, keepdims=True), out=out)


def log_softmax(x: Array, axis: int, out: np.ndarray | None = None) -> Array:
    """$x_i - \\log \\sum_j e^{x_j}$ along an axis; stays finite where softmax is rounded to 0."""
    _check_shared(x, axis)
    shifted = x - x.max(axis, keepdims=True)
    return np.subtract(shifted, np.log(np.exp(shifted).sum(axis, keepdims=True)), out=out)


def _infer_softmax(x: Spec, axis: int) -> Spec:
    _check_shared(x, axis)
    return x


def _check_shared(x: Spec | Array, axis: int) -> None:
    if x.dtype.kind != "f":
        raise TypeError(f"x has dtype {x.dtype}, and softmax needs fractions; try cast(x, 'float64')")
    if x.shape[axis] == 0:
        raise ValueError(f"shape {list(x.shape)} has no cell along axis={axis} to share 1 among")


define("matmul", np.matmul, _infer_matmul, out=True)
define("sum", np.sum, _infer_reduction(np.sum), out=True)
define("mean", mean, _infer_reduction(np.mean), out=True)
define("max", np.max, _infer_reduction(np.max), out=True)
define("softmax", softmax, _infer_softmax, out=True)
define("log_softmax", log_softmax, _infer_softmax, out=True)
