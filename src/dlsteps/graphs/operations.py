"""What an operation is: how it runs on arrays, and which shape and dtype come out, known before it runs.

Both engines look operations up here, so that they compute the same numbers and refuse in the same words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dlsteps.tensors import broadcast_shape

Shape = tuple[int, ...]
Array = np.ndarray | np.generic  # NumPy returns a single number as the latter


class Spec(NamedTuple):
    """What is known of an array before it exists."""

    shape: Shape
    dtype: np.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def nbytes(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def spec_of(array: Array) -> Spec:
    """Say what is known of an array that exists."""
    return Spec(array.shape, array.dtype)


@dataclass(frozen=True)
class Operation:
    """One kind of node.

    Attributes:
        name: Its key in `OPERATIONS` and in the table of derivative rules.
        run: Arrays, and attributes by keyword, to an array.
        infer: The `Spec` of each input, and attributes by keyword, to the `Spec` of the result; raises
            ValueError or TypeError for what `run` could not do.
        elementwise: Cell i of the result needs cell i of each input and no other.
        view: The result may share memory with the first input.
        out: `run` takes `out`, an array to write into.
    """

    name: str
    run: Callable[..., Array]
    infer: Callable[..., Spec | tuple[Spec, ...]]
    elementwise: bool = False
    view: bool = False
    out: bool = False


OPERATIONS: dict[str, Operation] = {}


def define(name: str, run: Callable, infer: Callable, **kind: bool) -> None:
    """Enter an operation into the table."""
    OPERATIONS[name] = Operation(name, run, infer, **kind)


def operation(name: str) -> Operation:
    """Look an operation up; an unknown name raises, listing the known ones."""
    if name not in OPERATIONS:
        raise ValueError(f"unknown operation {name!r}; try one of {', '.join(sorted(OPERATIONS))}")
    return OPERATIONS[name]


def compute(name: str, arrays: tuple, attributes: dict) -> Array:
    """Run an operation at once. Where NumPy fails, `infer` is asked first, for its words are clearer."""
    found = OPERATIONS[name]
    try:
        return found.run(*arrays, **attributes)
    except (ValueError, TypeError, IndexError):
        try:
            found.infer(*map(spec_of, map(np.asarray, arrays)), **attributes)
        except (ValueError, TypeError) as clear:
            raise type(clear)(f"{name}: {clear}") from None
        raise


def infer_elementwise(run: Callable) -> Callable[..., Spec]:
    """Infer by the rule of broadcasting; one cell, really computed, tells the dtype."""

    def infer(*specs: Spec, **attributes) -> Spec:
        cells = [np.ones(1, spec.dtype) for spec in specs]
        return Spec(broadcast_shape(*(spec.shape for spec in specs)), run(*cells, **attributes).dtype)

    return infer


def weak(value: complex, like: np.dtype) -> np.ndarray:
    """Turn a Python number into an array that does not widen `like`: float32 · 2.0 stays float32."""
    return np.asarray(value, np.result_type(like, value))


def normalize_axes(axis: int | tuple[int, ...] | None, ndim: int) -> tuple[int, ...]:
    """Name axes by numbers from 0 up, in order; None names them all.

    Raises:
        ValueError: If an axis does not exist or is named twice.
    """
    named = range(ndim) if axis is None else (axis,) if isinstance(axis, int | np.integer) else tuple(axis)
    axes = sorted(int(a) + ndim if a < 0 else int(a) for a in named)
    if len(set(axes)) != len(axes) or not all(0 <= a < ndim for a in axes):
        choices = f"try {-ndim} to {ndim - 1}" if ndim else "try axis=()"
        raise ValueError(f"axis={axis} does not name different axes of {ndim}; {choices}")
    return tuple(axes)
