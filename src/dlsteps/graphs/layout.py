"""Operations that move cells without changing them: reshape, transpose, index, gather, and their ways back.

Every one that picks cells has a partner that puts them back where they came from. Each is the
other's derivative.
"""

from math import prod

import numpy as np

from dlsteps.graphs.operations import Array, Shape, Spec, define
from dlsteps.tensors import broadcast_shape

Key = tuple  # of int, slice, None, Ellipsis, and integer arrays


def _infer_reshape(x: Spec, shape: Shape) -> Spec:
    if prod(shape) != prod(x.shape):
        raise ValueError(
            f"shape {list(x.shape)} has {prod(x.shape)} cells and {list(shape)} has {prod(shape)}; "
            "reshape keeps every cell, so try -1 for one of the axes"
        )
    return Spec(tuple(shape), x.dtype)


def _infer_transpose(x: Spec, axes: tuple[int, ...]) -> Spec:
    if sorted(axes) != list(range(x.ndim)):
        raise ValueError(
            f"axes={tuple(axes)} does not order the {x.ndim} axes of {list(x.shape)}; "
            f"try {tuple(reversed(range(x.ndim)))}"
        )
    return Spec(tuple(x.shape[axis] for axis in axes), x.dtype)


def _infer_broadcast(x: Spec, shape: Shape) -> Spec:
    if broadcast_shape(x.shape, shape) != tuple(shape):
        raise ValueError(
            f"shape {list(x.shape)} does not broadcast to {list(shape)}; only axes of length 1 stretch"
        )
    return Spec(tuple(shape), x.dtype)


def index(x: Array, key: Key) -> Array:
    """The cells of `x` that `key` names, as in `x[key]`."""
    return np.asarray(x[key])


def _infer_index(x: Spec, key: Key) -> Spec:
    cells = np.broadcast_to(np.zeros((), x.dtype), x.shape)  # takes no memory, however large
    try:
        return Spec(np.asarray(cells[key]).shape, x.dtype)
    except IndexError as reason:
        raise ValueError(f"index {key} does not fit shape {list(x.shape)}: {reason}") from None


def scatter(g: Array, key: Key, shape: Shape) -> Array:
    """Zeros of `shape`, and `g` added where `key` points; a cell named twice gets both.

    $\\langle \\text{index}(x), g \\rangle = \\langle x, \\text{scatter}(g) \\rangle$.
    """
    x = np.zeros(shape, g.dtype)
    np.add.at(x, key, g)
    return x


def _infer_scatter(g: Spec, key: Key, shape: Shape) -> Spec:
    cells = _infer_index(Spec(tuple(shape), g.dtype), key)
    if cells.shape != g.shape:
        raise ValueError(f"index {key} names cells of shape {list(cells.shape)}, but g has {list(g.shape)}")
    return Spec(tuple(shape), g.dtype)


def gather(x: Array, indices: Array, axis: int) -> Array:
    """Along one axis, the cell that `indices` names: $y_{n,k} = x_{n, i_{n,k}}$ for axis 1 of two.

    Raises:
        ValueError: For an index outside 0 … n − 1. A negative one does not count from the end.
    """
    _check_indices(indices, x.shape[axis])
    return np.take_along_axis(x, indices, axis)


def scatter_along(g: Array, indices: Array, axis: int, length: int) -> Array:
    """Zeros with `length` cells along `axis`, and `g` added where `indices` points."""
    _check_indices(indices, length)
    x = np.zeros((*g.shape[:axis], length, *g.shape[axis + 1 :]), g.dtype)
    places = list(np.indices(indices.shape, sparse=True))
    places[axis] = indices
    np.add.at(x, tuple(places), g)
    return x


def _check_indices(indices: Array, length: int) -> None:
    if indices.size and not 0 <= indices.min() <= indices.max() < length:
        raise ValueError(
            f"indices from {indices.min()} to {indices.max()} do not all lie in 0 to {length - 1}; "
            "look for a label that is out of range"
        )


def _infer_gather(x: Spec, indices: Spec, axis: int) -> Spec:
    _check_integers(indices)
    if _without(x.shape, axis) != _without(indices.shape, axis) or x.ndim != indices.ndim:
        raise ValueError(
            f"indices of shape {list(indices.shape)} must agree with x of shape {list(x.shape)} on every "
            f"axis but {axis}; try indices.reshape(...) to give them {x.ndim} axes"
        )
    return Spec(indices.shape, x.dtype)


def _infer_scatter_along(g: Spec, indices: Spec, axis: int, length: int) -> Spec:
    _check_integers(indices)
    if g.shape != indices.shape:
        raise ValueError(f"g has shape {list(g.shape)}, but its indices {list(indices.shape)}")
    return Spec((*g.shape[:axis], length, *g.shape[axis + 1 :]), g.dtype)


def _check_integers(indices: Spec) -> None:
    if indices.dtype.kind not in "iu":
        raise TypeError(
            f"indices have dtype {indices.dtype}, not an integer one; try indices.astype('int64')"
        )


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


def concatenate(*xs: Array, axis: int) -> Array:
    """The arrays behind one another along an axis."""
    return np.concatenate(xs, axis)


def _infer_concatenate(*xs: Spec, axis: int) -> Spec:
    if len({_without(x.shape, axis) for x in xs}) != 1 or len({x.ndim for x in xs}) != 1:
        listed = ", ".join(str(list(x.shape)) for x in xs)
        raise ValueError(f"shapes {listed} differ on an axis other than {axis}; only there may they differ")
    shape = list(xs[0].shape)
    shape[axis] = sum(x.shape[axis] for x in xs)
    return Spec(tuple(shape), np.result_type(*(x.dtype for x in xs)))


define("reshape", np.reshape, _infer_reshape, view=True)
define("transpose", np.transpose, _infer_transpose, view=True)
define("broadcast_to", np.broadcast_to, _infer_broadcast, view=True)
define("index", index, _infer_index, view=True)
define("scatter", scatter, _infer_scatter)
define("gather", gather, _infer_gather)
define("scatter_along", scatter_along, _infer_scatter_along)
define("concatenate", concatenate, _infer_concatenate)
