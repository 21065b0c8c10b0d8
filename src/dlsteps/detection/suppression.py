"""Non-maximum suppression: of boxes that overlap, the most certain one stays."""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dlsteps.detection.boxes import areas_of_pairs, share
from dlsteps.detection.checks import check_labels, check_list_of_boxes, check_scores, check_share


class Suppressed(NamedTuple):
    """Which boxes stay, and which box removed each of the others.

    Attributes:
        kept: (k,) positions of the boxes that stay, the most certain first.
        by: (n,) for each box the position of the box that removed it; -1 for a box that stays.
    """

    kept: Tensor
    by: Tensor


def ranking(boxes: Float[Tensor, "n 4"], scores: Float[Tensor, " n"]) -> Int[Tensor, " n"]:
    """Order boxes by falling score; where scores are equal, by rising (x1, y1, x2, y2).

    The second rule makes the result the same in whatever order the boxes came.
    """
    order = torch.arange(len(boxes), device=boxes.device)
    for key in (boxes[:, 3], boxes[:, 2], boxes[:, 1], boxes[:, 0], -scores):  # the last one decides
        order = order[torch.argsort(key[order], stable=True)]
    return order


def suppress(
    boxes: Float[Tensor, "n 4"],
    scores: Float[Tensor, " n"],
    iou_threshold: float = 0.5,
    labels: Int[Tensor, " n"] | None = None,
) -> Suppressed:
    r"""Go through the boxes from the most certain on, and remove what overlaps a box that stays.

    Box j is removed by the first box i before it that stays and has
    $\text{IoU}(i, j) > \text{threshold}$; at equality both stay. With labels, boxes of two classes
    leave each other alone.

    Args:
        boxes: Boxes in the format xyxy.
        scores: How certain each is; only the order counts. Equal scores: see `ranking`.
        iou_threshold: Largest overlap of two boxes that both stay, from 0 to 1.
        labels: Class of each box; None puts all in one class.

    Returns:
        The positions that stay and, for each other box, which one removed it.

    Raises:
        TypeError: If boxes or scores are not floating point, or labels are.
        ValueError: If the lengths differ, or for NaN, a box of negative size or a threshold beyond 0…1.

    Source:
        Girshick et al., Rich Feature Hierarchies for Accurate Object Detection (2014), section 2.2.
    """
    check_list_of_boxes(boxes)
    check_scores(scores, len(boxes))
    check_share(iou_threshold, "iou_threshold")
    if labels is not None:
        check_labels(labels, len(boxes))
    boxes = boxes.detach().to(torch.promote_types(boxes.dtype, torch.float32))
    by = torch.full((len(boxes),), -1, device=boxes.device)
    kept, waiting = [], ranking(boxes, scores.detach())
    while len(waiting):
        best, rest = waiting[0], waiting[1:]
        kept.append(best)
        areas = areas_of_pairs(boxes[best], boxes[rest])
        removed = share(areas.intersection, areas.union) > iou_threshold
        if labels is not None:
            removed &= labels[rest] == labels[best]
        by[rest[removed]] = best
        waiting = rest[~removed]
    return Suppressed(torch.stack(kept) if kept else by, by)
