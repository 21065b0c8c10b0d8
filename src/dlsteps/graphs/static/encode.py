"""Attributes as plain JSON values, and back: numbers, shapes, slices, arrays, graphs within graphs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def encode(value: Any) -> Any:
    """Write a value in what JSON has. An object with one key that begins with @ stands for what it lacks.

    Raises:
        TypeError: For a value that no attribute should have.
    """
    if isinstance(value, np.ndarray):
        return {"@array": {"dtype": value.dtype.name, "shape": value.shape, "data": _numbers(value)}}
    if isinstance(value, np.generic):
        return encode(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return {"@float": str(value)}  # JSON has no word for these
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple | list):
        return [encode(v) for v in value]
    if isinstance(value, dict):
        return {key: encode(v) for key, v in value.items()}
    if isinstance(value, slice):
        return {"@slice": [encode(v) for v in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"@ellipsis": True}
    if hasattr(value, "to_plain"):
        return {"@graph": value.to_plain()}
    raise TypeError(f"{value!r} cannot be written as JSON; an attribute is a number, a shape or an array")


def decode(plain: Any, graph: Any = None) -> Any:
    """Read what `encode` wrote. Lists become tuples.

    Args:
        plain: From `encode`.
        graph: What turns the plain form of a graph within a graph into one.
    """
    if isinstance(plain, list):
        return tuple(decode(v, graph) for v in plain)
    if not isinstance(plain, dict):
        return plain
    readers = {
        "@array": _array,
        "@float": float,
        "@slice": lambda parts: slice(*decode(parts)),
        "@ellipsis": lambda _: Ellipsis,
        "@graph": graph,
    }
    if len(plain) == 1 and (reader := readers.get(next(iter(plain)))):
        return reader(next(iter(plain.values())))
    return {key: decode(v, graph) for key, v in plain.items()}


def _numbers(array: np.ndarray) -> list:
    # repr of a double is exact, so no digit is lost; float32 is a double with zeros behind.
    return [encode(v) for v in array.ravel().tolist()]


def _array(plain: dict) -> np.ndarray:
    return np.array(decode(plain["data"]), plain["dtype"]).reshape(plain["shape"])
