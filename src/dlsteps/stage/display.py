"""Turn whatever a reader hands over into numbers that can be shown."""

from __future__ import annotations

from typing import Any

import numpy as np

_DECIMALS = 300  # beyond, a power of ten is no float
MAX_CELLS = 4096  # beyond this a picture of cells can no longer be read, nor redrawn within a frame


def to_display(x: Any, name: str = "x", limit: int = MAX_CELLS) -> np.ndarray:
    """A float64 copy of `x` on the CPU, detached from any graph.

    Takes NumPy arrays, nested lists, and tensors of any device, dtype and layout that hold real numbers.

    Raises:
        TypeError: `x` has no real numbers to show (complex, meta, text).
        ValueError: `x` has more cells than can be shown.
    """
    if getattr(x, "is_meta", False):
        raise TypeError(f"{name} is on the meta device and holds no numbers; create it on a real device")
    if hasattr(x, "detach"):
        check_size(x.numel(), tuple(x.shape), name, limit)  # before it is copied
        if x.is_complex():
            raise TypeError(f"{name} is complex; show {name}.real, {name}.imag or {name}.abs()")
        x = x.detach().cpu()
        if str(x.layout) != "torch.strided":
            x = x.to_dense()
        x = x.resolve_neg().double().numpy()
    try:
        array = np.asarray(x)
        array = array.astype(np.float64) if array.dtype.kind == "O" else array
    except (RuntimeError, TypeError, ValueError) as error:
        raise TypeError(f"{name} cannot be read as numbers ({error}); pass a tensor or an array") from None
    if np.iscomplexobj(array):
        raise TypeError(f"{name} is complex; show {name}.real, {name}.imag or abs({name})")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} holds {array.dtype}, not numbers; pass a tensor or an array of numbers")
    check_size(array.size, array.shape, name, limit)
    return np.array(array, dtype=np.float64)


def check_size(cells: int, shape: tuple[int, ...], name: str, limit: int) -> None:
    """Raise if a tensor has more cells than can be shown, with a slice that has not."""
    if cells > limit:
        part = ", ".join([":3", ":4", ":6", ":6", *["0"] * len(shape)][: len(shape)])
        raise ValueError(
            f"{name} has {cells:,} cells of shape {shape}; at most {limit:,} can be shown: "
            f"pass a slice such as {name}[{part}]"
        )


def full_color(values: np.ndarray) -> float:
    """The absolute value at which a cell has its full color: the largest finite one, or 1.

    To four digits, which no eye can tell apart, so that the stored number is the same on every machine.
    """
    finite = np.abs(values[np.isfinite(values)])
    return float(f"{finite.max(initial=0):.4g}") or 1.0


def rounded(array: np.ndarray, decimals: int = 3, beside: float = 0.0) -> list[float | str]:
    """The cells in row-major order, rounded, as JSON can hold them (it has no NaN and no infinity).

    To `decimals`, or to four digits of the largest, or of what they stand `beside`, where that is more: so a
    tensor of 1e-30 is not zeros.
    """
    flat = np.asarray(array, dtype=np.float64).ravel()
    largest = np.abs(flat[np.isfinite(flat)]).max(initial=beside)
    if 0 < largest < 10.0 ** (3 - decimals):
        decimals = 3 - int(np.floor(np.log10(largest)))
    if decimals > _DECIMALS:
        return significant(flat, 4)
    safe = np.where(np.abs(flat) < 2**53, flat, 0)  # beyond, there are no decimals, and rounding overflows
    flat = np.where(np.abs(flat) < 2**53, np.round(safe, decimals) + 0.0, flat)  # + 0.0 turns -0 into 0
    return [_plain(v) for v in flat.tolist()]


def significant(values: Any, digits: int = 5) -> list[float | str]:
    """The same with a number of significant digits, so that 1e-8 on a logarithmic axis stays above 0."""
    array = np.asarray(values, dtype=np.float64).ravel()
    return [_plain(float(f"{v:.{digits - 1}e}")) for v in array.tolist()]


def _plain(value: float) -> float | int | str:
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value == int(value) and abs(value) < 2**53 else value
