"""Boxes: three ways to write one down, and the share that two of them have in common."""

from typing import Literal, NamedTuple, get_args

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.detection.checks import check_boxes, check_list_of_boxes
from dlsteps.nn.checks import check_same_dtype

Format = Literal["xyxy", "xywh", "cxcywh"]
FORMATS = get_args(Format)


def convert(boxes: Float[Tensor, "... 4"], source: Format, target: Format) -> Float[Tensor, "... 4"]:
    """Write the same boxes in another format.

    | format | the four numbers | who writes so |
    | --- | --- | --- |
    | xyxy | left, top, right, bottom | `iou`, Pascal VOC |
    | xywh | left, top, width, height | COCO |
    | cxcywh | center x, center y, width, height | YOLO |

    Args:
        boxes: Boxes in the format `source`; x grows to the right, y downward, in any unit.
        source: One of `FORMATS`.
        target: One of `FORMATS`.

    Returns:
        The boxes in the format `target`, equal up to rounding after a way there and back.

    Raises:
        TypeError: If `boxes` is not floating point.
        ValueError: For an unknown format, and for boxes that are not finite or of negative size.
    """
    for name in (source, target):
        if name not in FORMATS:
            raise ValueError(f"unknown format {name!r}; try one of {', '.join(FORMATS)}")
    check_boxes(boxes, width_height=source != "xyxy")
    if source == target:
        return boxes
    return _from_corners(_to_corners(boxes, source), target)


def _to_corners(boxes: Tensor, source: str) -> Tensor:
    first, second = boxes[..., :2], boxes[..., 2:]
    if source == "xywh":
        return torch.cat([first, first + second], -1)
    if source == "cxcywh":
        return torch.cat([first - second / 2, first + second / 2], -1)
    return boxes


def _from_corners(boxes: Tensor, target: str) -> Tensor:
    low, high = boxes[..., :2], boxes[..., 2:]
    if target == "xywh":
        return torch.cat([low, high - low], -1)
    if target == "cxcywh":
        return torch.cat([(low + high) / 2, high - low], -1)
    return boxes


def area(boxes: Float[Tensor, "... 4"]) -> Float[Tensor, "..."]:
    """Multiply width by height.

    Args:
        boxes: Boxes in the format xyxy.

    Returns:
        One number for each box, in the square of their unit.

    Raises:
        TypeError: If `boxes` is not floating point.
        ValueError: If a box is not finite or has a negative size.
    """
    check_boxes(boxes)
    return _area(boxes)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).prod(-1)


class Overlap(NamedTuple):
    """Three areas of two boxes.

    Attributes:
        intersection: What both cover.
        union: What one or both cover.
        hull: The least box around both.
    """

    intersection: Tensor
    union: Tensor
    hull: Tensor


def overlap(a: Float[Tensor, "... 4"], b: Float[Tensor, "... 4"]) -> Overlap:
    """Measure the areas from which `iou` and `giou` are made.

    Half precision is computed in float32: at 256 pixels a side an area no longer fits float16.

    Args:
        a: Boxes in the format xyxy.
        b: Boxes whose shape broadcasts with that of `a`.

    Returns:
        The three areas, one number each for every pair.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If a box is not finite or has a negative size, or the shapes do not broadcast.
    """
    check_boxes(a, "a")
    check_boxes(b, "b")
    check_same_dtype(a, b=b)
    _check_broadcast(a, b)
    wide = torch.promote_types(a.dtype, torch.float32)
    return areas_of_pairs(a.to(wide), b.to(wide))


def areas_of_pairs(a: Tensor, b: Tensor) -> Overlap:
    """Do the work of `overlap`, on boxes that have been checked."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    intersection = (high - low).clamp(min=0).prod(-1)
    union = _area(a) + _area(b) - intersection
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    return Overlap(intersection, union, hull.prod(-1))


def _check_broadcast(a: Tensor, b: Tensor) -> None:
    try:
        torch.broadcast_shapes(a.shape, b.shape)
    except RuntimeError:
        raise ValueError(
            f"a of shape {tuple(a.shape)} and b of shape {tuple(b.shape)} are not pairs; "
            "try pairwise_iou for every box of a with every box of b"
        ) from None


def iou(a: Float[Tensor, "... 4"], b: Float[Tensor, "... 4"]) -> Float[Tensor, "..."]:
    r"""Divide what two boxes share by what they cover together.

    $\text{IoU} = |A \cap B| / |A \cup B|$, from 0 (apart) to 1 (the same box). Two boxes of no area
    cover nothing together: their IoU is 0, and so is its gradient.

    Args:
        a: Boxes in the format xyxy.
        b: Boxes whose shape broadcasts with that of `a`.

    Returns:
        One number for each pair, in the dtype of `a`.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If a box is not finite or has a negative size, or the shapes do not broadcast.

    Source:
        Everingham et al., The Pascal Visual Object Classes (VOC) Challenge (2010), equation 3.
    """
    areas = overlap(a, b)
    return share(areas.intersection, areas.union).to(a.dtype)


def giou(a: Float[Tensor, "... 4"], b: Float[Tensor, "... 4"]) -> Float[Tensor, "..."]:
    r"""Subtract from the IoU the empty share of the least box around both.

    $\text{GIoU} = \text{IoU} - |H \setminus (A \cup B)| / |H|$ with H the hull, from -1 (far apart) to 1
    (the same box). Where the IoU is 0 it still says which way to move. A hull of no area has no empty
    share.

    Args:
        a: Boxes in the format xyxy.
        b: Boxes whose shape broadcasts with that of `a`.

    Returns:
        One number for each pair, in the dtype of `a`.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If a box is not finite or has a negative size, or the shapes do not broadcast.

    Source:
        Rezatofighi et al., Generalized Intersection over Union (2019), algorithm 1.
    """
    areas = overlap(a, b)
    empty = share(areas.hull - areas.union, areas.hull)
    return (share(areas.intersection, areas.union) - empty).to(a.dtype)


def share(part: Tensor, whole: Tensor) -> Tensor:
    """Divide, with 0/0 = 0 forward and backward."""
    nothing = whole == 0
    # The 1 stands in before the division: after it, the backward pass would meet 0 · inf.
    return torch.where(nothing, 0, part / torch.where(nothing, 1, whole))


def pairwise_iou(a: Float[Tensor, "n 4"], b: Float[Tensor, "m 4"]) -> Float[Tensor, "n m"]:
    """Compare every box of `a` with every box of `b` by their `iou`.

    Args:
        a: Boxes in the format xyxy.
        b: Boxes, as many as there are.

    Returns:
        A table with a row for each box of `a`; empty without boxes.

    Raises:
        TypeError: As `iou`.
        ValueError: As `iou`, or if one is not a list of boxes.
    """
    check_list_of_boxes(a, "a")
    check_list_of_boxes(b, "b")
    return iou(a[:, None], b[None])


def pairwise_giou(a: Float[Tensor, "n 4"], b: Float[Tensor, "m 4"]) -> Float[Tensor, "n m"]:
    """Compare every box of `a` with every box of `b` by their `giou`.

    Args:
        a: Boxes in the format xyxy.
        b: Boxes, as many as there are.

    Returns:
        A table with a row for each box of `a`; empty without boxes.

    Raises:
        TypeError: As `giou`.
        ValueError: As `giou`, or if one is not a list of boxes.
    """
    check_list_of_boxes(a, "a")
    check_list_of_boxes(b, "b")
    return giou(a[:, None], b[None])
