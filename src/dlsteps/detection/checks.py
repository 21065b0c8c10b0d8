"""What detection asks of its arguments at the door: boxes, labels, scores and thresholds."""

import torch
from torch import Tensor

from dlsteps.nn.checks import check_floating


def check_boxes(boxes: Tensor, name: str = "boxes", width_height: bool = False) -> None:
    """Require finite numbers (..., 4) whose widths and heights are 0 or more.

    Args:
        boxes: Tensor of boxes.
        name: What to call it.
        width_height: Whether the last two numbers are a width and a height, and not a corner.
    """
    check_floating(boxes, name)
    if boxes.ndim == 0 or boxes.shape[-1] != 4:
        raise ValueError(
            f"{name} of shape {tuple(boxes.shape)} does not end in 4 numbers a box; "
            "try boxes.reshape(-1, 4), or boxes.new_empty(0, 4) for no boxes"
        )
    finite = boxes.isfinite().all(-1)
    if not finite.all():
        raise ValueError(
            f"{name} has {_first(boxes, ~finite)}, which is not finite; try {name}[{name}.isfinite().all(-1)]"
        )
    size = boxes[..., 2:] if width_height else boxes[..., 2:] - boxes[..., :2]
    negative = (size < 0).any(-1)
    if negative.any():
        raise ValueError(
            f"{name} has {_first(boxes, negative)}, whose width or height is negative; "
            "try the format in which the box was written: xyxy, xywh or cxcywh"
        )


def check_list_of_boxes(boxes: Tensor, name: str = "boxes") -> None:
    """Require boxes (n, 4), corner to corner."""
    check_boxes(boxes, name)
    if boxes.ndim != 2:
        raise ValueError(
            f"{name} of shape {tuple(boxes.shape)} is not a list (n, 4); try {name}.reshape(-1, 4)"
        )


def check_inside(boxes: Tensor, name: str = "boxes") -> None:
    """Require boxes with an area, inside an image whose corners are (0, 0) and (1, 1)."""
    outside = ((boxes < 0) | (boxes > 1)).any(-1)
    if outside.any():
        raise ValueError(
            f"{name} has {_first(boxes, outside)}, which leaves the image [0, 1]×[0, 1]; "
            f"try {name}.clamp(0, 1), or divide pixels by the image's width and height"
        )
    flat = (boxes[..., 2:] <= boxes[..., :2]).any(-1)
    if flat.any():
        raise ValueError(
            f"{name} has {_first(boxes, flat)}, which has no area and cannot be learned; "
            f"try {name}[area({name}) > 0]"
        )


def check_labels(labels: Tensor, n: int, C: int | None = None, name: str = "labels") -> None:
    """Require one class id for each of n boxes: whole numbers from 0, and below C if it is known."""
    if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
        raise TypeError(f"{name} must be whole numbers, but has dtype {labels.dtype}; try {name}.long()")
    if tuple(labels.shape) != (n,):
        raise ValueError(f"{name} has shape {tuple(labels.shape)}, but there are {n} boxes; try one for each")
    labels = labels.long()  # int8 would be compared with C modulo 256
    wrong = labels < 0 if C is None else (labels < 0) | (labels >= C)
    if wrong.any():
        rule = "0 or more" if C is None else f"from 0 to C-1={C - 1}"
        raise ValueError(
            f"{name} has {int(labels[wrong][0])}, but a class id is {rule}; try to number the classes from 0"
        )


def check_scores(scores: Tensor, n: int, name: str = "scores") -> None:
    """Require one number, not NaN, for each of n boxes."""
    check_floating(scores, name)
    if tuple(scores.shape) != (n,):
        raise ValueError(f"{name} has shape {tuple(scores.shape)}, but there are {n} boxes; try one for each")
    if scores.isnan().any():
        raise ValueError(f"{name} has NaN, which has no place in an order; try {name}.nan_to_num(0)")


def check_share(value: float, name: str) -> None:
    """Require a number from 0 to 1 (NaN is refused too)."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name}={value} is not a share from 0 to 1; try 0.5")


def _first(boxes: Tensor, wrong: Tensor) -> str:
    numbers = ", ".join(f"{number:.4g}" for number in boxes[wrong][0].tolist())
    return f"the box ({numbers})"
