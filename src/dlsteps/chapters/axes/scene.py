"""The axes explorer: where x[n, c, h, w] lives in the stack and in memory, and what is done with its axes."""

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
    to_display,
)

NOUNS = ("book", "page", "line", "character")
LETTERS = ("N", "C", "H", "W")
BEATS = ("stack", "book", "page", "line", "character", "mean", "x − mean", "other axes")
MEANS = {
    "W": (3,),
    "H, W": (2, 3),
    "C": (1,),
    "C, H, W": (1, 2, 3),
    "N": (0,),
    "N, H, W": (0, 2, 3),
    "all": (0, 1, 2, 3),
}
AXES = {  # each: how it is made, the names of its four axes, and what they count
    "permute(0, 2, 3, 1)": (lambda x: x.permute(0, 2, 3, 1), "NHWC"),
    "permute(1, 0, 2, 3)": (lambda x: x.transpose(0, 1), "CNHW"),
    "permute(0, 2, 3, 1).contiguous()": (lambda x: x.permute(0, 2, 3, 1).contiguous(), "NHWC"),
    "reshape(N, H, W, C)": (lambda x: x.reshape(x.shape[0], *x.shape[2:], x.shape[1]), "N???"),
}


def explorer(x: Tensor | None = None, **start: Scalar) -> Explorer:
    """Step from the stack to a book, a page, a line, a character; average axes away; give them another order.

    Args:
        x: a tensor of your own with one to four axes; axes are added in front until it has four.
        **start: values of controls to begin with, such as `step="mean"`.

    Raises:
        TypeError: `x` holds no real numbers, or `start` names no control.
        ValueError: `x` has no or more than four axes, an empty axis, or too many cells to show.
    """
    means = Choice("mean", "average over", tuple(MEANS), default="H, W", when={"step": list(BEATS[5:7])})
    order = Choice("axes", "y = x.", tuple(AXES), when={"step": ["other axes"]})
    given = Choice("tensor", "tensor", ("count", "digits"), labels=("0 to 53", "real digits"))
    controls = [Steps("step", "step", BEATS), *([given] if x is None else []), means, order]
    scene = frame if x is None else functools.partial(frame, tensor=as_stack(x))
    title = "Where does x[n, c, h, w] live?"
    return Explorer("axes", title, scene, controls, baked=x is None, start=start)


@functools.cache
def tensor_called(name: str) -> Tensor:
    """A tensor that counts its own cells, or three real digits seen through four filters."""
    if name == "digits":
        return digit_feature_maps()
    return torch.arange(54, dtype=torch.float64).reshape(2, 3, 3, 3)


def as_stack(x: Tensor) -> Tensor:
    """A reader's tensor as (N, C, H, W), float64, contiguous."""
    values = torch.from_numpy(to_display(x, "x"))
    if not 1 <= values.ndim <= 4 or values.numel() == 0:
        raise ValueError(f"x has shape {tuple(values.shape)}; give one to four axes, none of them empty")
    return values.reshape(*[1] * (4 - values.ndim), *values.shape).contiguous()


def frame(*, step: str, mean: str, axes: str, tensor: str | Tensor = "count") -> Frame:
    """What the explorer shows for these control values."""
    x = tensor_called(tensor) if isinstance(tensor, str) else tensor
    digits = 0 if torch.equal(x, x.round()) else 1
    if step == "mean":
        return averaged(x, MEANS[mean], digits)
    if step == "x − mean":
        return subtracted(x, MEANS[mean], digits)
    if step == "other axes":
        return reordered(x, axes, digits)
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
            Axes(title="axes left", axes=fates(x, range(depth), "chosen")),
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
            beside(x, mean, digits, reveal=True),
            memory(x, keys, digits),
            Axes(title="which axes vanish", axes=fates(x, dim, "averaged")),
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
        ],
        select=Select(
            "mean",
            [f"mean {k}" for k in range(mean.numel())],
            {"mean": [tex(v) for v in mean.flatten()], "sum": [tex(v, 2) for v in sums]},
        ),
    )


def subtracted(x: Tensor, dim: tuple[int, ...], digits: int) -> Frame:
    """Each mean, on its way back to the cells that it came from."""
    mean = x.mean(dim, keepdim=True)
    numbers = torch.arange(mean.numel()).reshape(mean.shape)
    keys = numbers.expand(x.shape).numpy()
    rest, count = x - mean, x.numel() // mean.numel()
    columns = [f"{letter}: {a} and {b}" for letter, a, b in zip(LETTERS, x.shape, mean.shape, strict=True)]
    return Frame(
        panels=[
            Shelf(title="x − mean", note=f"shape {list(rest.shape)}", values=rest, keys=keys, digits=1,
                  scale=full_color(x.numpy())),
            beside(x, mean, digits),
            memory(rest, keys, 1),
        ],
        lead="The mean comes back.",
        caption=(
            f"Where the mean's shape has a 1, its one number serves the whole axis: {'; '.join(columns)}. "
            f"«mean» is subtracted from {plural(count, 'cell')}."
        ),
        formula=rf"{list(x.shape)} - {list(mean.shape)} \to {list(rest.shape)}",
        readout=[
            ("shape of x", str(list(x.shape))),
            ("shape of the mean", str(list(mean.shape))),
            ("mean that is left", f"{rest.mean(dim).abs().max():.3f}"),
        ],
        select=Select(
            "mean", [f"mean {k}" for k in range(mean.numel())], {"mean": [tex(v) for v in mean.flatten()]}
        ),
    )  # fmt: skip


def beside(x: Tensor, mean: Tensor, digits: int, *, reveal: bool = False) -> Shelf:
    """The means in the places that `keepdim` leaves them."""
    return Shelf(
        title="mean, keepdim=True",
        note=f"shape {list(mean.shape)}",
        values=mean,
        keys=torch.arange(mean.numel()).reshape(mean.shape).numpy(),
        digits=1 if digits == 0 else 3,
        scale=full_color(x.numpy()),
        pages=x.shape[1],
        reveal=reveal,
        column="book" if mean.shape[0] > 1 or x.shape[0] == 1 else "",
        row="page" if mean.shape[1] > 1 or x.shape[1] == 1 else "",
    )


def reordered(x: Tensor, name: str, digits: int) -> Frame:
    """The same numbers with other axes, and where in memory they stand."""
    make, letters = AXES[name]
    y = make(x)
    moved = y.data_ptr() != x.data_ptr()
    row = y if moved else x  # the memory that y walks through
    keys = np.arange(y.shape[0] * y.shape[1]).repeat(y.shape[2] * y.shape[3]).reshape(y.shape)
    places = torch.empty(y.numel(), dtype=torch.long)
    order = torch.arange(row.numel()).as_strided(y.shape, y.stride()).flatten()
    places[order] = torch.from_numpy(keys).flatten()
    true = "?" not in letters
    named = [("N", "book"), ("C", "page"), ("H", "line"), ("W", "character")]
    nouns = [dict(named)[letter] for letter in letters] if true else ["book", "row", "row", "number"]
    says = (
        "The numbers were copied into another order."
        if moved
        else "No number moved; only the strides are others."
    )
    if not true:
        says += " The shape is that of the pictures with channels last, and the pictures are torn apart."
    return Frame(
        panels=[
            Shelf(title="y", note=f"shape {list(y.shape)}", values=y, keys=keys, digits=digits,
                  row=nouns[1], column=nouns[0]),
            memory(row.reshape(x.shape), places.reshape(x.shape).numpy(), digits),
        ],
        lead=f"y = x.{name}.",
        caption=f"{says} Lit: y[«index»], {plural(y.shape[2] * y.shape[3], 'number')}, and where they stand.",
        formula=r"\text{position of } y[i, j, k, l] = "
        + " + ".join(f"{s}\\,{i}" for s, i in zip(y.stride(), "ijkl", strict=True)),
        readout=[
            ("strides of x", str(tuple(x.stride()))),
            ("strides of y", str(tuple(y.stride()))),
            ("same memory", "no" if moved else "yes"),
        ],
        select=Select(
            f"{nouns[0]} and {nouns[1]}",
            [f"y[{i}, {j}]" for i, j in np.ndindex(*y.shape[:2])],
            {"index": [f"{i}, {j}" for i, j in np.ndindex(*y.shape[:2])]},
        ),
    )  # fmt: skip


def factors(x: Tensor, dim: tuple[int, ...]) -> str:
    return " × ".join(plural(x.shape[axis], NOUNS[axis]) for axis in dim)


def fates(x: Tensor, gone: range | tuple[int, ...], how: str) -> list[tuple[str, str, int, str]]:
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
