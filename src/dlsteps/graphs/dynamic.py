"""A dynamic graph: each operation computes at once, and leaves a record to walk back along.

Python's own `if` and `for` decide what is recorded, and every value can be looked at on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from dlsteps.graphs import functions as F
from dlsteps.graphs.derivatives import READS
from dlsteps.graphs.functions import Operators
from dlsteps.graphs.operations import Array, compute, weak
from dlsteps.graphs.reverse import at_the_edge, pull_back, topological

_recording = ContextVar("recording", default=True)


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: for evaluation, and for the update of parameters.

    Yields:
        Nothing: tensors that are computed in the `with` block want no gradient.
    """
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)


class Record(NamedTuple):
    """How a tensor was made.

    The arrays are kept beside the tensors: `tensor.data` may be given new numbers before the walk back,
    and the derivative belongs to the old ones. Of those that the derivative reads, `seen` holds the bytes, so
    that a change within them is noticed.
    """

    name: str
    inputs: tuple[Tensor, ...]
    arrays: tuple[Array, ...]
    attributes: dict[str, Any]
    result: Array
    seen: tuple[tuple[int, bytes], ...] = ()  # place in (result, *arrays), bytes


class Step(NamedTuple):
    """One step of the walk back: the gradient at a tensor, and what was passed on to its inputs.

    Its arrays may be those of other steps, and cannot be written to.
    """

    tensor: Tensor
    operation: str
    upstream: Array
    gradients: tuple[Array | None, ...]


_FREED = Record("freed", (), (), {}, np.empty(0))


class Tensor(Operators):
    """An array that remembers what it was made from.

    Args:
        data: Numbers; an array is taken as it is, without a copy.
        requires_grad: Whether a gradient is wanted here.
        dtype: As in NumPy; None takes what the numbers have.

    Attributes:
        data: The array.
        grad: $\\partial L / \\partial x$ summed over all `backward` calls so far; None before the first.
        record: How it was made; None for what a reader made.

    Raises:
        TypeError: If a gradient is asked for numbers that are not floating point.
    """

    __slots__ = ("data", "grad", "record", "requires_grad")

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None):
        self.data = np.asarray(data.data if isinstance(data, Tensor) else data, dtype)
        if requires_grad and self.data.dtype.kind != "f":
            raise TypeError(
                f"data has dtype {self.data.dtype}, and only fractions have a gradient; try dtype='float64'"
            )
        self.requires_grad = requires_grad
        self.grad: np.ndarray | None = None
        self.record: Record | None = None

    shape = property(lambda self: self.data.shape)
    dtype = property(lambda self: self.data.dtype)

    def _apply(self, name: str, inputs: tuple, attributes: dict) -> Tensor:
        inputs = _as_tensors(inputs)
        arrays = tuple([x.data for x in inputs])
        with at_the_edge():
            data = compute(name, arrays, attributes)
        result = _wrap(data if isinstance(data, np.ndarray) else np.asarray(data))
        if result.data.dtype.kind == "f" and _recording.get() and _any_wants_gradient(inputs):
            result.requires_grad = True
            seen = _bytes_read(name, inputs, (result.data, *arrays)) if name in READS else ()
            result.record = Record(name, inputs, arrays, attributes, result.data, seen)
        return result

    @at_the_edge()
    def backward(self, gradient: Any = None, *, retain: bool = False) -> list[Step]:
        """Add $\\partial L / \\partial x$ to `grad` of each tensor x that was made with `requires_grad`.

        Args:
            gradient: $\\partial L / \\partial$ self, in its shape; None for 1, if this is L itself.
            retain: Keep the records, so that the walk can be repeated.

        Returns:
            The walk, from the last operation to the first.

        Raises:
            ValueError: If there is nothing to walk along, if the records were freed, if a gradient is
                missing or has another shape, or if numbers that a derivative reads were changed in place.
                Then nothing was added to any `grad`.
        """
        walk = _walk(self)
        upstream = {self: _frozen(_upstream(self, gradient))}
        steps = []
        for tensor in walk:
            g = upstream.pop(tensor, None)
            if g is None:
                continue  # reached through operations that pass no gradient
            if tensor.record is None:
                g = g.astype(tensor.dtype)  # a copy
                tensor.grad = g if tensor.grad is None else tensor.grad + g
                continue
            passed = tuple(map(_frozen, _pull_back(tensor, g)))
            _accumulate(upstream, tensor.record.inputs, passed)
            steps.append(Step(tensor, tensor.record.name, g, passed))
            if not retain:
                tensor.record = _FREED
        return steps

    def item(self) -> Any:
        """The one number in it, as Python's."""
        return self.data.item()

    def detach(self) -> Tensor:
        """The same array without a past."""
        return Tensor(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __float__(self) -> float:
        return float(self.data)

    def __repr__(self) -> str:
        return f"Tensor({np.array2string(self.data, separator=', ')}, requires_grad={self.requires_grad})"


@at_the_edge()
def gradients(
    y: Tensor, xs: Sequence[Tensor], gradient: Any = None, *, create_graph: bool = False
) -> tuple[Tensor, ...]:
    """Return $\\partial y / \\partial x$ for each x, and leave `grad` alone.

    Args:
        y: One number, or anything with a `gradient`.
        xs: Where the derivative is wanted: made by a reader with `requires_grad`, or computed on the way.
        gradient: $\\partial L / \\partial y$ in the shape of y.
        create_graph: Record the walk back too, so that its result can be differentiated again.

    Returns:
        A tensor in the shape and dtype of each x, in memory of its own; zeros where y does not depend on it.

    Raises:
        ValueError: If an x wants no gradient, and as `Tensor.backward`.
    """
    _check_wanted(xs)
    walk = _walk(y)
    upstream: dict[Tensor, Tensor] = {y: Tensor(_upstream(y, gradient))}
    token = _recording.set(create_graph)
    try:
        for tensor in walk:
            g = upstream.get(tensor)
            if g is not None and tensor.record is not None:
                record = tensor.record
                made, *inputs = map(_as_it_was, (tensor, *record.inputs), (record.result, *record.arrays))
                wanted = [x.requires_grad for x in inputs]
                passed = pull_back(record.name, g, made, tuple(inputs), record.attributes, wanted)
                _accumulate(upstream, record.inputs, passed)
        return tuple(_own_gradient(upstream.get(x), x) for x in xs)
    finally:
        _recording.reset(token)


def history(y: Tensor) -> list[Tensor]:
    """List what was recorded on the way to y: each tensor after those that it was made from, y last."""
    return topological([y], lambda x: () if x.record is None else x.record.inputs)


def _wrap(data: np.ndarray) -> Tensor:
    tensor = Tensor.__new__(Tensor)  # what an operation returns needs no check at the door
    tensor.data, tensor.requires_grad, tensor.grad, tensor.record = data, False, None, None
    return tensor


def _any_wants_gradient(inputs: tuple[Tensor, ...]) -> bool:
    for x in inputs:  # noqa: SIM110 (every operation comes by here, and a generator costs more)
        if x.requires_grad:
            return True
    return False


def _as_tensors(inputs: tuple) -> tuple[Tensor, ...]:
    if set(map(type, inputs)) == {Tensor}:
        return inputs
    like = np.result_type(*(x.dtype for x in inputs if hasattr(x, "dtype")))
    return tuple([_as_tensor(x, like) for x in inputs])


def _as_tensor(x: Any, like: np.dtype) -> Tensor:
    if isinstance(x, Tensor):
        return x
    if isinstance(x, Operators):
        raise TypeError(f"{x!r} is a node of a static graph, and has no value yet; run it in a Session first")
    return _wrap(weak(x, like) if isinstance(x, int | float) else np.asarray(x))


def _bytes_read(name: str, inputs: tuple[Tensor, ...], values: tuple) -> tuple[tuple[int, bytes], ...]:
    """The bytes of what the derivative rules will read; a checksum takes longer than a copy."""
    places = {k for x, reads in zip(inputs, READS[name], strict=True) if x.requires_grad for k in reads}
    return tuple([(k, values[k].tobytes()) for k in places])


def _walk(end: Tensor) -> list[Tensor]:
    """List what leads to a tensor, the tensor first, after looking whether every record still holds."""

    def parents(tensor: Tensor) -> list[Tensor]:
        if tensor.record is _FREED:
            raise ValueError(
                f"the graph behind this tensor of shape {list(tensor.shape)} was freed by an earlier "
                "backward; try backward(retain=True) there, or compute the tensor again"
            )
        return [] if tensor.record is None else [x for x in tensor.record.inputs if x.requires_grad]

    order = topological([end], parents)[::-1]
    for tensor in order:
        if tensor.record is not None:
            _check_unchanged(tensor.record)
    return order


def _check_unchanged(record: Record) -> None:
    values = (record.result, *record.arrays)
    for k, before in record.seen:
        if values[k].tobytes() != before:
            which = f"input {k - 1} of {record.name!r}" if k else f"the result of {record.name!r}"
            raise ValueError(
                f"{which}, of shape {list(values[k].shape)}, was changed in place after it was recorded, and "
                "the derivative needs what it was; try x.data = x.data - step, which makes a new array, or "
                "change it after backward"
            )


def _check_wanted(xs: Sequence[Tensor]) -> None:
    for k, x in enumerate(xs):
        if not x.requires_grad:
            raise ValueError(
                f"xs[{k}] of {x.dtype}{list(x.shape)} wants no gradient, so nothing was recorded for it; "
                "make it with requires_grad=True, outside no_grad"
            )


def _as_it_was(x: Tensor, array: Array) -> Tensor:
    """A tensor with the numbers that were used, where it has been given others; its gradient is that of x."""
    if x.data is array:
        return x
    was = _wrap(array)
    if x.requires_grad:
        was.requires_grad = True
        was.record = Record("broadcast_to", (x,), (array,), {"shape": array.shape}, array)
    return was


def _own_gradient(g: Tensor | None, x: Tensor) -> Tensor:
    return Tensor(np.zeros_like(x.data)) if g is None else F.cast(g, x.dtype)


def _frozen(g: Array | None) -> Array | None:
    """An array that several steps of a walk may hold, and that nobody writes to."""
    if isinstance(g, np.ndarray):
        g.flags.writeable = False
    return g


def _pull_back(tensor: Tensor, g: Array) -> tuple[Array | None, ...]:
    record = tensor.record
    wanted = [x.requires_grad for x in record.inputs]
    return pull_back(record.name, g, record.result, record.arrays, record.attributes, wanted)


def _accumulate(upstream: dict, inputs: tuple[Tensor, ...], passed: tuple) -> None:
    for x, g in zip(inputs, passed, strict=True):
        if g is not None:
            upstream[x] = upstream[x] + g if x in upstream else g


def _upstream(y: Tensor, gradient: Any) -> np.ndarray:
    if not y.requires_grad:
        raise ValueError(
            "nothing was recorded for this tensor; make its inputs with requires_grad=True, outside no_grad"
        )
    shape = (y.data if y.record is None else y.record.result).shape
    if gradient is None:
        if shape != ():
            raise ValueError(
                f"a tensor of shape {list(shape)} has no single gradient; "
                "try y.sum().backward(), or give the gradient"
            )
        return np.ones((), y.dtype)
    g = np.array(gradient.data if isinstance(gradient, Tensor) else gradient, y.dtype)
    if g.shape != shape:
        raise ValueError(f"gradient has shape {list(g.shape)}, but the tensor has {list(shape)}")
    return g
