"""Two rules of tensors to write oneself, in plain integers, and the mistakes that are made in them."""

from collections.abc import Callable
from itertools import pairwise, zip_longest
from math import prod

from dlsteps.practice import Case, Exercise, Mistake
from dlsteps.tensors import Shape, broadcast_shape, contiguous_strides, view_strides

__all__ = ["EXERCISES"]


def refuse(a: Shape, b: Shape) -> None:
    raise ValueError(f"shapes {a} and {b} do not broadcast")


def meet(n: int, m: int) -> int | None:
    """The length of the result where n and m stand in one column; None if they do not fit."""
    if n == m or m == 1:
        return n
    return m if n == 1 else None


def by_columns(
    meet: Callable[[int, int], int | None] = meet, flush: int = -1, prepare: Callable = lambda shape: shape
) -> Callable:
    """Broadcasting, with what a mistake may be made in as arguments; `flush` is 1 for flush left."""

    def wrong(a: Shape, b: Shape) -> Shape:
        a, b = prepare(a), prepare(b)
        lengths = [meet(n, m) for n, m in zip_longest(a[::flush], b[::flush], fillvalue=1)]
        return refuse(a, b) if None in lengths else tuple(lengths[::flush])

    return wrong


def of_equal_length(a: Shape, b: Shape) -> Shape:
    return broadcast_shape(a, b) if len(a) == len(b) else refuse(a, b)


def broadcast_cases() -> list[Case]:
    """Pairs of shapes, some of which do not fit."""
    pairs = [
        ((2, 3), (3,)),
        ((3, 1), (3,)),
        ((2, 1), (1, 3)),
        ((), (2, 3)),
        ((4, 1, 3), (2, 1)),
        ((2, 3, 4), (3, 1)),
        ((2, 0), (1,)),
        ((2, 3), (2,)),
        ((4, 3), (2, 3)),
        ((2, 2), (2,)),
        ((1, 1), (1,)),
    ]
    return [Case({"a": a, "b": b}) for a, b in pairs]


BROADCAST_SHAPE = Exercise(
    name="broadcast_shape",
    right=lambda a, b: broadcast_shape(a, b),
    cases=broadcast_cases,
    mistakes=(
        Mistake(
            "counted from the left",
            "Shapes are written flush right: the last axes meet first, and the shorter shape is filled up "
            "with 1 "
            "on its left.",
            by_columns(flush=1),
            section="axes#the-mean-comes-back",
        ),
        Mistake(
            "axes of length 1 dropped",
            "An axis of length 1 holds its place, which is what keepdim=True is for. Without it the others "
            "move "
            "one column to the right.",
            by_columns(prepare=lambda shape: tuple(n for n in shape if n != 1)),
            section="axes#how-much-does-one-missing-keepdim-cost",
        ),
        Mistake(
            "lengths that do not fit pass",
            "Two lengths in one column agree, or one of them is 1. Anything else is an error, not the "
            "larger one.",
            by_columns(max),
            section="axes#the-mean-comes-back",
        ),
        Mistake(
            "the larger length for an empty axis",
            "A 1 is stretched to whatever it meets, and that may be 0: then the result is empty. max(0, 1) "
            "is 1.",
            by_columns(lambda n, m: None if meet(n, m) is None else max(n, m)),
            section="axes#the-mean-comes-back",
        ),
        Mistake(
            "different numbers of axes refused",
            "The shorter shape is filled up with 1 on its left. Only lengths that do not fit are an error.",
            of_equal_length,
            section="axes#the-mean-comes-back",
        ),
        Mistake(
            "a 1 is not stretched",
            "A length of 1 fits any other: the result has the other one.",
            by_columns(lambda n, m: n if n == m else None),
            section="axes#the-mean-comes-back",
        ),
    ),
)


def view_cases() -> list[Case]:
    """Tensors that lie in one piece, turned, cut out or repeated, and shapes to view them in."""
    tensors = [
        ((2, 6), (6, 1), (3, 4)),
        ((2, 3), (1, 2), (6,)),
        ((2, 6), (1, 2), (2, 2, 3)),
        ((2, 3, 4), (12, 4, 1), (6, 4)),
        ((2, 3, 4), (60, 20, 5), (24,)),
        ((3, 4), (8, 1), (12,)),
        ((3, 4), (8, 1), (3, 2, 2)),
        ((3, 1, 4), (4, 7, 1), (12,)),
        ((3, 4), (0, 1), (12,)),
        ((3, 4), (0, 1), (3, 2, 2)),
        ((2, 3, 4), (12, 1, 3), (2, 12)),
        ((4, 3), (3, 1), (2, 1, 6)),
    ]
    return [Case({"shape": n, "strides": s, "new_shape": new}) for n, s, new in tensors]


def without_ones(result: object, arguments: dict) -> object:
    """An axis of length 1 is never stepped along, and its stride may be anything."""
    new_shape = arguments["new_shape"]
    if not isinstance(result, tuple) or len(result) != len(new_shape):
        return result
    return tuple(None if n == 1 else s for n, s in zip(new_shape, result, strict=True))


def from_the_left(shape: Shape, strides: Shape, new_shape: Shape) -> Shape:
    return tuple(prod(new_shape[:k]) for k in range(len(new_shape)))


def as_fresh(shape: Shape, strides: Shape, new_shape: Shape) -> Shape:
    return contiguous_strides(new_shape)


def fresh_or_none(shape: Shape, strides: Shape, new_shape: Shape) -> Shape | None:
    return contiguous_strides(new_shape) if strides == contiguous_strides(shape) else None


def or_fresh(shape: Shape, strides: Shape, new_shape: Shape) -> Shape:
    return view_strides(shape, strides, new_shape) or contiguous_strides(new_shape)


def stopped_by_ones(shape: Shape, strides: Shape, new_shape: Shape) -> Shape | None:
    for k, pair in enumerate(pairwise(shape)):
        if 1 in pair and strides[k] != shape[k + 1] * strides[k + 1]:
            return None
    return view_strides(shape, strides, new_shape)


VIEW_STRIDES = Exercise(
    name="view_strides",
    right=view_strides,
    cases=view_cases,
    reads=without_ones,
    mistakes=(
        Mistake(
            "counted from the left",
            "The last axis runs fastest. The stride of an axis is the product of the lengths to its right, "
            "times "
            "the stride of the cells below.",
            from_the_left,
            section="axes#memory-is-one-long-row",
        ),
        Mistake(
            "the old strides not looked at",
            "These are the strides of a tensor that was just made. A view keeps the memory as it is, so its "
            "strides follow from the old ones.",
            as_fresh,
            section="axes#renamed-or-moved",
        ),
        Mistake(
            "only tensors in one piece",
            "A tensor that was cut out or turned may still have a view: each block of axes that lies "
            "evenly can be "
            "cut anew.",
            fresh_or_none,
            section="axes#renamed-or-moved",
        ),
        Mistake(
            "a copy where no view exists",
            "Where the new axes would have to step unevenly there is no view, and the answer is None. To "
            "copy is "
            "what reshape does then.",
            or_fresh,
            section="axes#renamed-or-moved",
        ),
        Mistake(
            "stopped by an axis of length 1",
            "An axis of length 1 is never stepped along. Its stride says nothing, and is skipped.",
            stopped_by_ones,
            section="axes#renamed-or-moved",
        ),
    ),
)

EXERCISES = (BROADCAST_SHAPE, VIEW_STRIDES)
