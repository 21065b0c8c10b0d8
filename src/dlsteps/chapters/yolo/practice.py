"""Three parts of a detector to write oneself, and the mistakes that are made in them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from dlsteps.detection import convert, iou, pairwise_iou, suppress
from dlsteps.detection.yolo import Grid, encode
from dlsteps.practice import Arguments, Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]


def area(box: Tensor, more: float = 0.0) -> Tensor:
    return (box[..., 2] - box[..., 0] + more) * (box[..., 3] - box[..., 1] + more)


def ratio(
    shared: Callable[[Tensor], Tensor] = lambda sides: sides.clamp(min=0).prod(-1),
    whole: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda a, b, both: area(a) + area(b) - both,
) -> Callable:
    """Intersection over union, with what a mistake may be made in as arguments."""

    def wrong(a: Tensor, b: Tensor) -> Tensor:
        low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
        both = shared(high - low)
        return both / whole(a, b, both)

    return wrong


def around_both(a: Tensor, b: Tensor, both: Tensor) -> Tensor:
    sides = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    return sides.prod(-1)


def by_pixels(a: Tensor, b: Tensor) -> Tensor:
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    both = (high - low + 1).clamp(min=0).prod(-1)
    return both / (area(a, 1) + area(b, 1) - both)


def boxes_of(draw: Draws, n: int, dtype: torch.dtype = torch.float64, size: float = 4.0) -> Tensor:
    corner = draw.uniform(n, 2, high=6.0)
    return torch.cat([corner, corner + draw.uniform(n, 2, low=1.0, high=size)], 1).to(dtype)


def box_pairs() -> list[Case]:
    """Pairs that overlap, lie apart in one direction or in both, or one inside the other.

    No two sides lie on one line: there the gradient would be a matter of taste.
    """
    draw = Draws(111)

    def drawn(n: int, note: str = "", dtype: torch.dtype = torch.float64, size: float = 4.0) -> Case:
        a, b = boxes_of(draw, n, dtype, size), boxes_of(draw, n, dtype, size) + 0.005
        return Case({"a": a, "b": b}, note)

    def case(*numbers: float, note: str = "") -> Case:
        a, b = torch.tensor(numbers, dtype=torch.float64).view(2, 4)
        return Case({"a": a, "b": b}, note)

    return [
        case(0, 0, 2, 3, 1, 1, 4, 2.5),
        case(0, 0, 1, 2, 3, 1, 4, 3, note="apart in one direction"),
        case(0, 0, 1, 1, 2, 3, 4, 4, note="apart in both directions"),
        case(0, 0, 6, 4, 1, 1, 2, 3, note="one inside the other"),
        drawn(4),
        drawn(6, size=8.0),
        drawn(5, "float32", torch.float32),
    ]


IOU = Exercise(
    name="iou",
    right=iou,
    cases=box_pairs,
    mistakes=(
        Mistake(
            "area counted twice",
            "What both cover is in both areas. The union is the sum of the areas less the intersection.",
            ratio(whole=lambda a, b, both: area(a) + area(b)),
        ),
        Mistake(
            "sides below 0 not cut off",
            "Boxes that lie apart share nothing, but their sides come out negative. Cut each side off at 0 "
            "before "
            "they are multiplied.",
            ratio(shared=lambda sides: sides.prod(-1)),
        ),
        Mistake(
            "cut off after the product",
            "Of two boxes that lie apart in both directions both sides are negative, and their product is "
            "positive. "
            "Cut each side off at 0 before.",
            ratio(shared=lambda sides: sides.prod(-1).clamp(min=0)),
        ),
        Mistake(
            "over the smaller box",
            "The intersection is divided by what both cover together. Over the smaller box a box inside "
            "another "
            "would count as equal.",
            ratio(whole=lambda a, b, both: torch.minimum(area(a), area(b))),
        ),
        Mistake(
            "over the box around both",
            "The union is what one or both cover, and not the least box around both.",
            ratio(whole=around_both),
        ),
        Mistake(
            "one pixel too many",
            "The corners are points, not pixels: a side is x₂ − x₁, without + 1.",
            by_pixels,
        ),
        Mistake(
            "corners taken for center and size",
            "The four numbers are left, top, right, bottom.",
            lambda a, b: ratio()(convert(a, "cxcywh", "xyxy"), convert(b, "cxcywh", "xyxy")),
        ),
    ),
)


def write(
    place: Callable[[int, int], tuple[int, int]] = lambda i, j: (i, j),
    center: Callable[[Tensor, Tensor, int], Tensor] = lambda c, corner, S: c * S - corner,
    size: Callable[[Tensor, int], Tensor] = lambda wh, S: wh,
    point: Callable[[Tensor], Tensor] = lambda box: (box[:2] + box[2:]) / 2,
    boxes_filled: Callable[[int], int] = lambda B: B,
    keep_first: bool = True,
) -> Callable:
    """Write objects into a grid, with what a mistake may be made in as arguments."""

    def wrong(boxes: Tensor, labels: Tensor, S: int, B: int, C: int) -> Tensor:
        target = boxes.new_zeros(S, S, B * 5 + C)
        for box, label in zip(boxes, labels.tolist(), strict=True):
            c = point(box)
            corner = (c * S).floor().clamp(max=S - 1)
            j, i = corner.long().tolist()
            cell = target[place(i, j)]
            if cell[4] > 0 and keep_first:
                continue
            cell.zero_()
            proposal = [*center(c, corner, S), *size(box[2:] - box[:2], S), 1]
            for k in range(boxes_filled(B)):
                cell[5 * k : 5 * k + 5] = torch.stack([torch.as_tensor(v).to(boxes.dtype) for v in proposal])
            cell[5 * B + label] = 1
        return target

    return wrong


def scenes() -> list[Case]:
    """Images with a few objects, two of them in one cell in some."""
    draw = Draws(112)

    def case(*objects: tuple[float, ...], S: int, B: int, C: int, note: str = "") -> Case:
        numbers = torch.tensor(objects, dtype=torch.float64)
        boxes = convert(numbers, "cxcywh", "xyxy")
        settings = {"labels": draw.integers(0, C, len(objects)), "S": S, "B": B, "C": C}
        dtype = torch.float32 if note == "float32" else torch.float64
        return Case({"boxes": boxes.to(dtype)} | settings, note, grad=False)

    return [
        case((0.3, 0.6, 0.2, 0.4), S=2, B=1, C=2),
        case((0.7, 0.2, 0.4, 0.3), (0.2, 0.8, 0.1, 0.2), S=3, B=1, C=3),
        case((0.6, 0.3, 0.4, 0.2), S=2, B=2, C=2, note="two boxes a cell"),
        case((0.35, 0.6, 0.2, 0.4), (0.4, 0.65, 0.6, 0.3), S=2, B=1, C=3, note="two centers in one cell"),
        case((0.1, 0.9, 0.1, 0.1), (0.5, 0.45, 0.7, 0.6), (0.85, 0.3, 0.2, 0.5), S=4, B=2, C=3),
        case((0.3, 0.75, 0.4, 0.2), (0.9, 0.15, 0.1, 0.2), S=3, B=2, C=2, note="float32"),
    ]


ENCODE = Exercise(
    name="encode",
    right=lambda boxes, labels, S, B, C: encode(boxes, labels, Grid(S, B, C)).target,
    cases=scenes,
    mistakes=(
        Mistake(
            "row and column swapped",
            "y chooses the row and x the column: target[i, j] with i from the center's y and j from its x.",
            write(place=lambda i, j: (j, i)),
        ),
        Mistake(
            "x and y swapped in the vector",
            "The vector begins with x, then y. Only the place in the grid has the row, which is y, first.",
            write(center=lambda c, corner, S: (c * S - corner).flip(0)),
        ),
        Mistake(
            "center relative to the image",
            "x and y are counted from the corner of the cell, in cells: c·S − ⌊c·S⌋. The network then has "
            "to answer "
            "numbers from 0 to 1 that mean the same in every cell.",
            write(center=lambda c, corner, S: c),
        ),
        Mistake(
            "size relative to the cell",
            "Width and height are shares of the image, and may be larger than a cell.",
            write(size=lambda wh, S: wh * S),
        ),
        Mistake(
            "the corner for the center",
            "The cell that holds the object's center answers for it: ((x₁ + x₂)/2, (y₁ + y₂)/2).",
            write(point=lambda box: box[:2]),
        ),
        Mistake(
            "only the first box of a cell",
            "Each of the cell's B boxes gets the same five numbers. Which one answers is decided later, by "
            "the loss.",
            write(boxes_filled=lambda B: 1),
        ),
        Mistake(
            "the last object kept",
            "A cell has room for one object, and the first in the list stays.",
            write(keep_first=False),
        ),
        Mistake(
            "roots of the size",
            "The roots of width and height belong into the loss. The target holds width and height "
            "themselves.",
            write(size=lambda wh, S: wh.sqrt()),
        ),
    ),
)


def remove(
    order: Callable[[Tensor], Tensor] = lambda scores: scores.argsort(descending=True),
    rules_out: Callable[[Tensor, float], Tensor] = lambda overlap, threshold: overlap > threshold,
    against_all: bool = False,
) -> Callable:
    """Suppress boxes, with what a mistake may be made in as arguments."""

    def wrong(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
        table = pairwise_iou(boxes, boxes)
        kept: list[int] = []
        ranked = order(scores).tolist()
        for place, k in enumerate(ranked):
            rivals = ranked[:place] if against_all else kept
            if not rules_out(table[k, rivals], iou_threshold).any():
                kept.append(k)
        return torch.tensor(kept)

    return wrong


def scores_of(draw: Draws, n: int) -> Tensor:
    """Scores of which no two are equal."""
    return (torch.randperm(n, generator=draw.generator) + 1).double() / (n + 1)


def crowds() -> list[Case]:
    """Boxes that overlap, in chains and in heaps."""
    draw = Draws(113)
    chain = [(0.0, 0.0, 4.0, 2.0), (1.0, 0.0, 5.0, 2.0), (2.0, 0.0, 6.0, 2.0), (8.0, 0.0, 9.0, 2.0)]

    def case(boxes: Tensor, scores: Tensor, threshold: float, note: str = "") -> Case:
        arguments = {"boxes": boxes, "scores": scores, "iou_threshold": threshold}
        return Case(arguments, note, grad=False)

    chained = torch.tensor(chain, dtype=torch.float64)
    several = boxes_of(draw, 8)
    return [
        case(chained[:2], torch.tensor([0.4, 0.9], dtype=torch.float64), 0.5),
        case(chained, torch.tensor([0.9, 0.7, 0.5, 0.3], dtype=torch.float64), 0.4, "a chain"),
        case(chained, torch.tensor([0.3, 0.8, 0.6, 0.9], dtype=torch.float64), 0.4),
        case(several, scores_of(draw, 8), 0.3),
        case(boxes_of(draw, 12), scores_of(draw, 12), 0.2),
        case(boxes_of(draw, 6, torch.float32), scores_of(draw, 6).float(), 0.25, "float32"),
    ]


def as_positions(result: Any, arguments: Arguments) -> Any:
    """A list of positions is as good as a tensor of them."""
    if isinstance(result, tuple) and all(isinstance(k, int) for k in result):
        return torch.tensor(result, dtype=torch.int64)
    return result


NMS = Exercise(
    name="nms",
    right=lambda boxes, scores, iou_threshold: suppress(boxes, scores, iou_threshold).kept,
    cases=crowds,
    reads=as_positions,
    mistakes=(
        Mistake(
            "not ordered by score",
            "Go through the boxes from the most certain on. In the order of the list a poor box removes a "
            "good one.",
            remove(order=lambda scores: torch.arange(len(scores))),
        ),
        Mistake(
            "the least certain first",
            "Sort by falling score: scores.argsort(descending=True).",
            remove(order=lambda scores: scores.argsort()),
        ),
        Mistake(
            "removed boxes remove others",
            "Only a box that stays removes others. In a chain the first removes the second, and the third "
            "stays.",
            remove(against_all=True),
        ),
        Mistake(
            "the threshold the wrong way",
            "What overlaps more than the threshold is removed, not what overlaps less.",
            remove(rules_out=lambda overlap, threshold: overlap < threshold),
        ),
        Mistake(
            "any overlap removes",
            "Two boxes may overlap up to the threshold, and both stay.",
            remove(rules_out=lambda overlap, threshold: overlap > 0),
        ),
        Mistake(
            "in the order of the list",
            "The positions of the boxes that stay come with the most certain first.",
            lambda boxes, scores, iou_threshold: remove()(boxes, scores, iou_threshold).sort().values,
        ),
    ),
)

EXERCISES = (IOU, ENCODE, NMS)
