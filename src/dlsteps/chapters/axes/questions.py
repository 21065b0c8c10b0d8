"""The questions of the chapter on axes: the right answers are computed by the functions that it teaches."""

from __future__ import annotations

import numpy as np
import torch

from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Mistake, Pick, Quiz, Shelf, keyed
from dlsteps.tensors import broadcast_shape, contiguous_strides, offset, reduced_shape, view_strides

SHAPE = (3, 4, 3, 3)
AXES = ("book", "page", "line", "character")


def page_stride() -> Enter:
    """How far it is from page to page."""
    strides = contiguous_strides(SHAPE)
    return Enter(
        name="page-stride",
        asks="A tensor of shape (3, 4, 3, 3) holds three books of four pages, three lines, three characters. "
        "How many cells further on in memory is `x[0, 1, 0, 0]` than `x[0, 0, 0, 0]`?",
        right=strides[1],
        mistakes=[
            Mistake(1, "One cell further on is the next character of the same line.", "#axes:step=character"),
            Mistake(strides[2], "That is from line to line; a page has three lines.", "#axes:step=line"),
            Mistake(strides[0], "That is from book to book.", "#axes:step=book"),
        ],
        unit="cells",
        why="A step from page to page jumps over a whole page, 3 lines of 3 characters.",
    )


def average_book() -> Choose:
    """What a mean over books, lines and characters leaves."""
    kept = reduced_shape(SHAPE, (0, 2, 3), keepdim=True)
    bare = reduced_shape(SHAPE, (0, 2, 3))
    other = reduced_shape(SHAPE, (1,), keepdim=True)
    return Choose(
        name="average-book",
        asks=f"`x` has shape {SHAPE}. What is the shape of `x.mean(dim=(0, 2, 3), keepdim=True)`?",
        answers=[
            Answer(str(bare), says="Right without `keepdim`; with it, the averaged axes stay with length 1."),
            Answer(str(kept), right=True),
            Answer(
                str(other),
                says="The axes in `dim` are those that go. This one would be `mean(dim=1)`.",
                see="#axes:step=mean&mean=C",
            ),
            Answer(
                str(reduced_shape(SHAPE, (1, 2, 3), keepdim=True)),
                says="One number for each book: that averages pages too, and keeps the books.",
                see="#axes:step=mean&mean=C%2C%20H%2C%20W",
            ),
        ],
        why="Pages are kept; books, lines and characters are averaged away: four numbers, each from 27.",
    )


def same_mean() -> Pick:
    """Which cells one mean reads."""
    x = torch.arange(24, dtype=torch.float64).reshape(2, 3, 2, 2)
    keys = {dim: _keys(x, dim) for dim in ((0, 2, 3), (2, 3), (1, 2, 3), (1,))}
    return Pick(
        name="same-mean",
        asks="Pick every cell that goes into the same number of `x.mean(dim=(0, 2, 3))` as `x[0, 1, 0, 0]`, "
        "which is picked.",
        panel=Shelf(title="x", note="shape [2, 3, 2, 2]", values=x, digits=0),
        axes=AXES,
        given=[offset((0, 1, 0, 0), contiguous_strides(x.shape))],
        right=keyed(keys[0, 2, 3], 4),
        mistakes=[
            Mistake(
                keyed(keys[2, 3], 4),
                "That is `mean(dim=(2, 3))`: the books stay apart. Here axis 0 is averaged too.",
            ),
            Mistake(
                keyed(keys[1, 2, 3], 4),
                "That is a whole book, `mean(dim=(1, 2, 3))`.",
                "#axes:step=mean&mean=C%2C%20H%2C%20W",
            ),
            Mistake(
                keyed(keys[1,], 4),
                "That is `mean(dim=1)`, through the pages of one book.",
                "#axes:step=mean&mean=C",
            ),
        ],
        why="The index that is kept is the page's: page 1 of every book, all of it.",
    )


def _keys(x: torch.Tensor, dim: tuple[int, ...]) -> np.ndarray:
    """The number of the mean over `dim` that each cell goes into."""
    kept = reduced_shape(x.shape, dim, keepdim=True)
    return np.broadcast_to(np.arange(int(np.prod(kept))).reshape(kept), x.shape)


def meets() -> Choose:
    """Which axis a bare mean meets."""
    met = len(broadcast_shape((64, 64), (64,))) - 1
    axes = ("the images", "the pixels")
    return Choose(
        name="meets",
        asks="`x` holds 64 images of 64 pixels, and `x.mean(1)` has shape (64,): one number an image. "
        "In `x - x.mean(1)`, along which axis of `x` do these 64 numbers lie?",
        answers=[
            Answer(
                axes[1 - met],
                says="That is what was meant. But shapes are compared from the right, and names mean "
                "nothing.",
            ),
            Answer(axes[met], right=True),
            Answer("neither: the line raises an error", says="Both lengths are 64, so nothing disagrees."),
        ],
        why="Flush right, the one axis of the mean stands under the last axis of `x`.",
    )


def which_moves() -> ChooseAll:
    """Which changes of shape copy."""
    x = torch.arange(6).reshape(2, 3)
    turned = x.permute(1, 0)
    made = {
        "x.view(3, 2)": x.view(3, 2),
        "x.permute(1, 0)": turned,
        "x.permute(1, 0).reshape(6)": turned.reshape(6),
        "x.reshape(6)": x.reshape(6),
    }
    says = {
        "x.view(3, 2)": "The six numbers are walked through in the same order, three lines of two: a view.",
        "x.permute(1, 0)": "It exchanges the two strides, and the row in memory stays as it is.",
        "x.reshape(6)": "Memory lies in the order of the axes, so `reshape` finds a view.",
    }
    return ChooseAll(
        name="which-moves",
        asks="`x` has shape (2, 3) and lies in memory as 0 1 2 3 4 5. "
        "Which of these need another row of memory?",
        answers=[
            Answer(f"`{code}`", right=y.data_ptr() != x.data_ptr(), says=says.get(code, ""))
            for code, y in made.items()
        ],
        why="In the turned tensor the order is 0 3 1 4 2 5, and no single stride walks through that.",
    )


def check_yourself() -> Quiz:
    """Seven questions on what the page promised."""
    return Quiz(
        own_mean(),
        position(),
        same_mean(),
        two_shapes(),
        stops(),
        channels_last(),
        column_view(),
        title="Check yourself",
    )


def position() -> Enter:
    """The position of a cell."""
    shape, index = (2, 3, 4, 5), (1, 2, 0, 3)
    strides = contiguous_strides(shape)
    return Enter(
        name="position",
        asks=f"A tensor of shape {shape} lies in memory in the order of its axes. "
        f"At which position, counted from 0, is `x[{', '.join(map(str, index))}]`?",
        right=offset(index, strides),
        mistakes=[
            Mistake(offset(index, strides) + 1, "Positions count from 0."),
            Mistake(
                offset(index, _first_fastest(shape)),
                "That is with the first index running fastest.",
                "#axes:",
            ),
        ],
        why=f"The strides are {strides}, so it is "
        + " + ".join(f"{i} · {s}" for i, s in zip(index, strides, strict=True))
        + ".",
    )


def _first_fastest(shape: tuple[int, ...]) -> tuple[int, ...]:
    return contiguous_strides(shape[::-1])[::-1]


def own_mean() -> Choose:
    """Which line takes from each image its own mean."""
    return Choose(
        name="own-mean",
        asks="`x` has shape (N, C, H, W). Which line takes from each *image* the mean over all its numbers?",
        answers=[
            Answer("`x - x.mean((1, 2, 3), keepdim=True)`", right=True),
            Answer(
                "`x - x.mean((0, 2, 3), keepdim=True)`",
                says="It averages the images away, and leaves one number for each page.",
                see="#axes:step=mean&mean=N%2C%20H%2C%20W",
            ),
            Answer(
                "`x - x.mean((1, 2, 3))`",
                says="The mean has shape (N,), and meets the characters of a line, not the images.",
            ),
            Answer(
                "`x - x.mean(0, keepdim=True)`",
                says="It averages over the images, at each place of each page.",
                see="#axes:step=mean&mean=N",
            ),
        ],
        why="What is named in `dim` goes; the image's axis is kept, and `keepdim` lets it find its "
        "place again.",
    )


def two_shapes() -> Choose:
    """What two shapes broadcast to."""
    shapes = ((4, 1, 3), (5, 1))
    result = broadcast_shape(*shapes)
    return Choose(
        name="two-shapes",
        asks=f"A tensor of shape {shapes[0]} is added to one of shape {shapes[1]}. What is the result's "
        f"shape?",
        answers=[
            Answer(str(result), right=True),
            Answer(
                "(4, 5, 1)", says="Where one length is 1 the other wins: 3 stands over 1 in the last column."
            ),
            Answer(
                "(5, 1, 3)", says="Write them flush right: 5 stands under the 1 in the middle, not under 4."
            ),
            Answer(
                "an error",
                says="Every column agrees, or has a 1, or has nothing: 4 over nothing, 1 over 5, 3 over 1.",
            ),
        ],
        why="From the right: 3 over 1, 1 over 5, 4 over nothing.",
    )


def stops() -> ChooseAll:
    """Which subtractions raise an error."""
    asked = {
        "(64, 64) and (64,)": ((64, 64), (64,)),
        "(63, 64) and (63,)": ((63, 64), (63,)),
        "(63, 64) and (63, 1)": ((63, 64), (63, 1)),
        "(8, 4, 3, 3) and (1, 4, 1)": ((8, 4, 3, 3), (1, 4, 1)),
        "(8, 4, 3, 3) and (4, 1, 1)": ((8, 4, 3, 3), (4, 1, 1)),
    }
    says = {
        "(64, 64) and (64,)": "It runs, and may mean the wrong thing: the 64 lies along the last axis.",
        "(63, 64) and (63, 1)": "Flush right the 1 stands under 64 and 63 under 63.",
        "(8, 4, 3, 3) and (4, 1, 1)": "Flush right the 4 stands under the pages.",
    }
    return ChooseAll(
        name="stops",
        asks="Which pairs of shapes cannot be subtracted, one from the other?",
        answers=[
            Answer(text, right=not _broadcasts(*shapes), says=says.get(text, ""))
            for text, shapes in asked.items()
        ],
        why="63 stands under 64, and 4 under 3.",
    )


def _broadcasts(*shapes: tuple[int, ...]) -> bool:
    try:
        broadcast_shape(*shapes)
    except ValueError:
        return False
    return True


def channels_last() -> Choose:
    """How to bring the channels to the end."""
    x = torch.arange(12).reshape(1, 3, 2, 2)
    right = x.permute(0, 2, 3, 1)
    lines = {
        "x.permute(0, 2, 3, 1)": right,
        "x.reshape(1, 2, 2, 3)": x.reshape(1, 2, 2, 3),
        "x.transpose(1, 3)": x.transpose(1, 3),
    }
    says = {
        "x.reshape(1, 2, 2, 3)": "The shape is right, and the numbers stay in the order in which they lie: "
        "the first three characters of page 0 become the channels of one place.",
        "x.transpose(1, 3)": "It exchanges pages and characters, so that lines and characters change "
        "places too.",
    }
    return Choose(
        name="channels-last",
        asks="`x` has shape (N, C, H, W), and a library wants (N, H, W, C). Which line gives it the "
        "same pictures?",
        answers=[
            Answer(f"`{code}`", right=torch.equal(y, right), says=says.get(code, ""))
            for code, y in lines.items()
        ],
        why="`permute` names, for each new axis, the old one that goes there.",
    )


def column_view() -> Choose:
    """Whether a transposed matrix can be flattened without a copy."""
    strides = contiguous_strides((2, 3))[::-1]
    exists = view_strides((3, 2), strides, (6,)) is not None
    return Choose(
        name="flatten-turned",
        asks="`y = x.permute(1, 0)` of a matrix of shape (2, 3). What does `y.view(6)` do?",
        answers=[
            Answer(
                "it gives a view",
                right=exists,
                says="A view walks through memory with one stride; the order of `y` is 0 3 1 4 2 5.",
            ),
            Answer("it copies, without saying so", says="`reshape` does that; `view` never copies."),
            Answer("it raises an error", right=not exists),
        ],
        why="`view` gives a view or refuses. `reshape` would copy here.",
    )
