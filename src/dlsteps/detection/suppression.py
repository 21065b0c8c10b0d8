"""Non-maximum suppression: of boxes that overlap, the most certain one stays."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from dlsteps.detection.boxes import areas_of_pairs, share
from dlsteps.detection.checks import check_labels, check_list_of_boxes, check_scores, check_share

BLOCK = 256


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

    Args:
        boxes: Boxes in the format xyxy.
        scores: How certain each is.

    Returns:
        Positions, the first one's box the most certain.

    Raises:
        TypeError: If one is not floating point.
        ValueError: If the lengths differ, or for NaN and boxes of negative size.
    """
    check_list_of_boxes(boxes)
    check_scores(scores, len(boxes))
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
    order = ranking(boxes, scores.detach())
    check_share(iou_threshold, "iou_threshold")
    if labels is not None:
        check_labels(labels, len(boxes))
    boxes = boxes.detach()[order].to(torch.promote_types(boxes.dtype, torch.float32))
    labels = None if labels is None else labels[order]
    n = len(boxes)
    by = np.full(n, -1)  # by rank, as is all that follows
    for start in range(0, n, BLOCK):
        conflicts = _conflicts(boxes[start:], iou_threshold, None if labels is None else labels[start:])
        for k, rivals in enumerate(conflicts, start):
            if by[k] < 0:
                later = by[k + 1 :]
                later[rivals[k + 1 - start :] & (later < 0)] = k
    by = torch.from_numpy(by).to(order.device)
    removed_by = torch.empty_like(by)
    removed_by[order] = torch.where(by < 0, -1, order[by])
    return Suppressed(order[by < 0], removed_by)


def _conflicts(boxes: Tensor, iou_threshold: float, labels: Tensor | None) -> np.ndarray:
    """Say which of all boxes each of the first `BLOCK` rules out: a table (BLOCK, n), and never (n, n)."""
    areas = areas_of_pairs(boxes[:BLOCK, None], boxes[None])
    conflicts = share(areas.intersection, areas.union) > iou_threshold
    if labels is not None:
        conflicts &= labels[:BLOCK, None] == labels[None]
    return conflicts.cpu().numpy()
