"""The axes explorer: where x[n, c, h, w] lives, in the stack and in memory, and what a mean removes."""

from __future__ import annotations

import functools
from math import prod

import numpy as np
import torch
from torch import Tensor

from dlsteps.data.feature_maps import digit_feature_maps
from dlsteps.show.words import plural, tex
from dlsteps.stage import (
    Axes,
    Choice,
    Explorer,
    Frame,
    Matrix,
    Scalar,
    Select,
    Shelf,
    Steps,
    full_color,
)

NOUNS = ("book", "page", "line", "character")
LETTERS = ("N", "C", "H", "W")
BEATS = ("stack", "book", "page", "line", "character", "mean")
MEANS = {
    "W": (3,),
    "H, W": (2, 3),
    "C": (1,),
    "C, H, W": (1, 2, 3),
    "N": (0,),
    "N, H, W": (0, 2, 3),
    "all": (0, 1, 2, 3),
}


def explorer(**start: Scalar) -> Explorer:
    """Step from the stack to a book, a page, a line, a character; then average any axes away.

    Args:
        **start: values of controls to begin with, such as `step="mean"`.
    """
    controls = [
        Steps("step", "step", BEATS),
        Choice("tensor", "tensor", ("count", "digits"), labels=("0 to 53", "real digits")),
        Choice("mean", "average over", tuple(MEANS), default="H, W", when={"step": ["mean"]}),
    ]
    return Explorer("axes", "Where does x[n, c, h, w] live?", frame, controls, start=start)


@functools.cache
def tensor_called(name: str) -> Tensor:
    """A tensor that counts its own cells, or three real digits seen through four edge filters."""
    if name == "digits":
        return digit_feature_maps()
    return torch.arange(54, dtype=torch.float64).reshape(2, 3, 3, 3)


def frame(*, step: str, tensor: str, mean: str) -> Frame:
    """What the explorer shows for these control values."""
    x = tensor_called(tensor)
    digits = 0 if tensor == "count" else 1
    if step == "mean":
        return averaged(x, MEANS[mean], digits)
    return indexed(x, BEATS.index(step), digits)


def indexed(x: Tensor, depth: int, digits: int) -> Frame:
    """The stack with its first `depth` indices given, and the run of memory that this names."""
    lead_shape = x.shape[:depth]
    size = prod(x.shape[depth:])
    keys = np.repeat(np.arange(prod(lead_shape)), size).reshape(x.shape)
    indices = [", ".join(map(str, index)) for index in np.ndindex(*lead_shape)]
    labels = [f"x[{index}]" if depth else "x" for index in indices]
    starts = [
        " + ".join(f"{i} \\cdot {s}" for i, s in zip(index, x.stride(), strict=False)) + f" = {k * size}"
        for k, index in enumerate(np.ndindex(*lead_shape))
    ]
    texts = {
        "start": [str(k * size) for k in range(len(labels))],
        "end": [str((k + 1) * size - 1) for k in range(len(labels))],
        "sum": starts,
        "index": [f"[{index}]" if depth else "" for index in indices],
    }
    caption, formula = index_words(x, depth, size)
    noun = NOUNS[depth - 1] if depth else "stack"
    return Frame(
        panels=[
            Shelf(title="x", note=f"shape {list(x.shape)}", values=x, keys=keys, digits=digits, cube=True),
            memory(x, keys, digits),
            Axes(title="axes left", axes=axes(x, range(depth), "chosen")),
        ],
        lead="The whole stack." if not depth else f"One {noun}.",
        caption=caption,
        formula=formula,
        readout=[("strides", str(tuple(x.stride()))), ("shape left", str(list(x.shape[depth:])))],
        select=Select(noun, labels, texts),
        everything=depth == 0,
    )


def index_words(x: Tensor, depth: int, size: int) -> tuple[str, str]:
    if not depth:
        sizes = " × ".join(plural(n, noun) for n, noun in zip(x.shape, NOUNS, strict=True))
        text = f"{sizes} = {x.numel()} cells. In memory they stand in one row, the last axis fastest."
        return text, r"\text{position} = n\,CHW + c\,HW + h\,W + w"
    cells = plural(size, "cell")
    shape = list(x.shape[depth:])
    if depth == 4:
        return "«label» is a single number, at position «start» of memory.", r"\text{position} = «sum»"
    text = f"«label» has shape {shape}: {cells}, positions «start» to «end» without a gap."
    return text, r"\text{first position of } x«index» = «sum»"


def averaged(x: Tensor, dim: tuple[int, ...], digits: int) -> Frame:
    """The mean over `dim`, kept as axes of length 1."""
    mean = x.mean(dim, keepdim=True)
    numbers = torch.arange(mean.numel()).reshape(mean.shape)
    keys = numbers.expand(x.shape).numpy()
    count = x.numel() // mean.numel()
    kept = [letter for axis, letter in enumerate(LETTERS) if axis not in dim]
    sums = (mean * count).flatten()
    index = ",".join(LETTERS[axis].lower() for axis in dim)
    return Frame(
        panels=[
            Shelf(title="x", note=f"shape {list(x.shape)}", values=x, keys=keys, digits=digits, cube=True),
            Shelf(
                title="mean, keepdim=True",
                note=f"shape {list(mean.shape)}",
                values=mean,
                keys=numbers.numpy(),
                digits=1 if digits == 0 else 3,
                scale=full_color(x.numpy()),
                pages=x.shape[1],
                reveal=True,
                column="book" if 0 not in dim else "",
                row="page" if 1 not in dim else "",
            ),
            Axes(title="which axes vanish", axes=axes(x, dim, "averaged")),
        ],
        lead=f"mean(dim={dim if len(dim) > 1 else dim[0]}).",
        caption=(
            f"{factors(x, dim)} = {plural(count, 'cell')} become one, «mean». "
            f"{plural(mean.numel(), 'mean')} in all, one for each {' and '.join(kept) or 'tensor'}."
        ),
        formula=rf"\frac{{1}}{{{count}}}\sum_{{{index}}} x_{{nchw}} = \frac{{«sum»}}{{{count}}} = «mean»",
        readout=[
            ("without keepdim", str(list(x.mean(dim).shape))),
            ("with keepdim", str(list(mean.shape))),
            ("x − mean", f"broadcasts to {list((x - mean).shape)}"),
        ],
        select=Select(
            "mean",
            [f"mean {k}" for k in range(mean.numel())],
            {"mean": [tex(v) for v in mean.flatten()], "sum": [tex(v, 2) for v in sums]},
        ),
    )


def factors(x: Tensor, dim: tuple[int, ...]) -> str:
    return " × ".join(plural(x.shape[axis], NOUNS[axis]) for axis in dim)


def axes(x: Tensor, gone: range | tuple[int, ...], how: str) -> list[tuple[str, str, int, str]]:
    """Letter, noun, size, and what became of each axis."""
    return [
        (letter, plural(size, noun, number=False), size, how if axis in gone else "")
        for axis, (letter, noun, size) in enumerate(zip(LETTERS, NOUNS, x.shape, strict=True))
    ]


def memory(x: Tensor, keys: np.ndarray, digits: int) -> Matrix:
    """The storage of `x`, a page to a row, with the position of each row's first cell."""
    width = x.shape[2] * x.shape[3]
    rows = [str(start) for start in range(0, x.numel(), width)]
    return Matrix(
        title="in memory",
        note="one row of cells, broken after each page",
        values=x.reshape(-1, width),
        keys=keys.reshape(-1, width),
        rows=rows,
        digits=digits,
    )
