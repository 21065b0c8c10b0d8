"""From boxes to the tensor that YOLO learns, and from the tensor it predicts back to boxes."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int, Integer
from torch import Tensor

from dlsteps.detection.boxes import convert
from dlsteps.detection.checks import check_inside, check_labels, check_list_of_boxes, check_share
from dlsteps.detection.records import Detections
from dlsteps.detection.yolo.grid import Grid


class Encoded(NamedTuple):
    """What the network shall answer, and which cell answers for which object.

    Attributes:
        target: (S, S, B·5+C).
        cells: (n, 2) row and column of the cell that holds each object's center.
        dropped: (k,) positions of the objects whose cell was taken; they are not in the target.
    """

    target: Tensor
    cells: Tensor
    dropped: Tensor


def encode(boxes: Float[Tensor, "n 4"], labels: Integer[Tensor, " n"], grid: Grid) -> Encoded:
    r"""Write each object into the cell that holds its center.

    With the center $(c_x, c_y)$ in row $i = \lfloor c_y S \rfloor$ and column $j = \lfloor c_x S \rfloor$,
    the cell gets $x = c_x S - j$, $y = c_y S - i$, w, h, confidence 1, once for each of its B boxes, and
    a 1 at the object's class. All other cells are 0. (The loss puts the IoU in the place of the 1.)

    A cell has room for one object. Of two centers in one cell the first in the list is kept; the other
    is counted in `dropped`. A center on the right or lower edge belongs to the last cell.

    Args:
        boxes: Boxes in the format xyxy, as shares of the image: 0 to 1.
        labels: Class ids, 0 to C-1.
        grid: S, B and C.

    Returns:
        The target with its bookkeeping, as `Encoded`.

    Raises:
        TypeError: If boxes are not floating point, or labels are.
        ValueError: For a box outside the image or without area, and for an unknown class.

    Source:
        Redmon et al., You Only Look Once (2016), section 2.
    """
    S = grid.S
    check_list_of_boxes(boxes)
    check_inside(boxes)
    check_labels(labels, len(boxes), grid.C)
    cells, vectors = _in_cells(boxes, labels, grid)
    target, dropped = boxes.new_zeros(S, S, grid.depth), []
    for k, (i, j) in enumerate(cells.tolist()):
        cell = target[i, j]
        if cell[4] > 0:
            dropped.append(k)
            continue
        target[i, j] = vectors[k]
    return Encoded(target, cells, torch.tensor(dropped, dtype=torch.long, device=boxes.device))


def _in_cells(boxes: Tensor, labels: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
    """Return row and column (..., 2) of the cell of each object, and what the cell shall say (..., D)."""
    centers = convert(boxes, "xyxy", "cxcywh")
    in_cells = centers[..., :2] * grid.S
    corner = in_cells.floor().clamp(max=grid.S - 1)
    proposal = torch.cat([in_cells - corner, centers[..., 2:], torch.ones_like(corner[..., :1])], -1)
    classes = F.one_hot(labels.long(), grid.C).to(boxes.dtype)
    cells = corner.long().flip(-1)  # y chooses the row
    return cells, torch.cat([proposal] * grid.B + [classes], -1)


class EncodedBatch(NamedTuple):
    """What the network shall answer for several images.

    Attributes:
        target: (N, S, S, B·5+C).
        dropped: (N,) how many objects of each image found their cell taken.
    """

    target: Tensor
    dropped: Tensor


def encode_batch(boxes: Float[Tensor, "N K 4"], labels: Int[Tensor, "N K"], grid: Grid) -> EncodedBatch:
    """Do what `encode` does, for many images at once.

    Args:
        boxes: Up to K boxes an image, in the format xyxy, as shares of the image.
        labels: Class ids, 0 to C-1; -1 for a row that holds no object, whose box is not looked at.
        grid: S, B and C.

    Returns:
        The targets, and how many objects are not in them, as `EncodedBatch`.

    Raises:
        TypeError: If boxes are not floating point, or labels are.
        ValueError: If the shapes do not fit, for a box outside the image or without area, and for an unknown
            class.
    """
    if boxes.ndim != 3 or boxes.shape[:2] != labels.shape:
        raise ValueError(
            f"boxes of shape {tuple(boxes.shape)} and labels of shape {tuple(labels.shape)} are not "
            "(N, K, 4) and (N, K); try unsqueeze(0) on both for one image"
        )
    N, K, _ = boxes.shape
    present = labels != -1
    check_list_of_boxes(boxes[present])
    check_inside(boxes[present])
    check_labels(labels[present], int(present.sum()), grid.C)
    cells, vectors = _in_cells(boxes[present], labels[present], grid)
    image, place = present.nonzero(as_tuple=True)
    target = boxes.new_zeros(N, grid.S, grid.S, grid.depth)
    for k in reversed(range(K)):  # of two centers in one cell, the first is written last
        mine = place == k
        target[image[mine], cells[mine, 0], cells[mine, 1]] = vectors[mine]
    kept = (target[..., 4] > 0).sum((1, 2))
    return EncodedBatch(target, present.sum(1) - kept)


FARTHEST = 1e6  # images; far outside of every picture, and its square is still finite in float32


class Decoded(NamedTuple):
    """What a YOLO tensor says, box by box.

    Attributes:
        boxes: (..., S, S, B, 4) in the format xyxy, as shares of the image.
        confidence: (..., S, S, B), how sure the cell is that the box holds an object and fits it.
        classes: (..., S, S, C), which class, if there is an object.
        scores: (..., S, S, B, C), confidence times class.
    """

    boxes: Tensor
    confidence: Tensor
    classes: Tensor
    scores: Tensor


def decode(tensor: Float[Tensor, "... S S D"], grid: Grid) -> Decoded:
    r"""Read boxes and scores out of a YOLO tensor: the way back from `encode`.

    $c_x = (j + x)/S$, $c_y = (i + y)/S$, and
    $\text{score} = P(\text{class}_c \mid \text{object}) \cdot \text{confidence}$.

    Args:
        tensor: Target or prediction (..., S, S, B·5+C).
        grid: S, B and C.

    Returns:
        Every box of every cell, as `Decoded`. A predicted box may leave the image. A linear last layer can
        say any number: a negative width or height is read as 0, a box without area, and beyond a million
        images from here all places are the same.

    Raises:
        TypeError: If the tensor is not floating point.
        ValueError: If the shape does not fit, or a number is not finite.

    Source:
        Redmon et al., You Only Look Once (2016), equation 1.
    """
    cells = grid.split(tensor)
    step = torch.arange(grid.S, dtype=tensor.dtype, device=tensor.device)
    i, j = torch.meshgrid(step, step, indexing="ij")
    corner = torch.stack([j, i], -1).unsqueeze(-2)  # (S, S, 1, 2)
    centers = ((cells.boxes[..., :2] + corner) / grid.S).clamp(-FARTHEST, FARTHEST)
    sizes = cells.boxes[..., 2:].clamp(0, FARTHEST)
    boxes = convert(torch.cat([centers, sizes], -1), "cxcywh", "xyxy")
    scores = cells.confidence.unsqueeze(-1) * cells.classes.unsqueeze(-2)  # (..., S, S, B, C)
    return Decoded(boxes, cells.confidence, cells.classes, scores)


class Candidates(NamedTuple):
    """The boxes of one image that pass the threshold.

    Attributes:
        detections: Their boxes, scores and labels.
        index: (n, 3) row, column and number of the box in its cell, for each detection.
    """

    detections: Detections
    index: Tensor


def candidates(decoded: Decoded, score_threshold: float = 0.2) -> Candidates:
    """Give each box of one image its best class, and keep those whose score reaches the threshold.

    Args:
        decoded: What `decode` returned for a tensor (S, S, B·5+C), one image.
        score_threshold: Least score that is kept, from 0 to 1.

    Returns:
        The boxes that are kept, row by row, and where each comes from.

    Raises:
        ValueError: If there is a batch axis, or the threshold is beyond 0…1.
    """
    check_share(score_threshold, "score_threshold")
    if decoded.boxes.ndim != 4:
        raise ValueError(
            f"boxes of shape {tuple(decoded.boxes.shape)} are not those of one image (S, S, B, 4); "
            "try decode(prediction[0], grid)"
        )
    scores, labels = decoded.scores.max(-1)  # (S, S, B)
    kept = scores >= score_threshold
    return Candidates(Detections(decoded.boxes[kept], scores[kept], labels[kept]), kept.nonzero())
