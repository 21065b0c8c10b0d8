"""The loss of YOLO: five sums of squares, and one box a cell that answers for the object."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from dlsteps.detection.boxes import iou
from dlsteps.detection.yolo.grid import Grid
from dlsteps.detection.yolo.targets import decode
from dlsteps.nn.checks import check_same_dtype


class YoloLoss(NamedTuple):
    """The five terms, weighted, and what decided which numbers went into which.

    Attributes:
        center: Error of x and y, times `lambda_coord`.
        size: Error of the roots of w and h, times `lambda_coord`.
        objectness: Error of the confidence of responsible boxes.
        no_objectness: Error of the confidence of all other boxes, times `lambda_noobj`.
        classification: Error of the class probabilities in cells with an object.
        responsible: (N, S, S, B), True for the box that answers for its cell's object.
        overlap: (N, S, S, B), IoU of each box with its cell's object; 0 in cells without one.
    """

    center: Tensor
    size: Tensor
    objectness: Tensor
    no_objectness: Tensor
    classification: Tensor
    responsible: Tensor
    overlap: Tensor

    @property
    def total(self) -> Tensor:
        """The sum of the five terms."""
        return self.center + self.size + self.objectness + self.no_objectness + self.classification


def yolo_loss(
    prediction: Float[Tensor, "N S S D"],
    target: Float[Tensor, "N S S D"],
    grid: Grid,
    lambda_coord: float = 5.0,
    lambda_noobj: float = 0.5,
) -> YoloLoss:
    r"""Compare a prediction with its target as YOLO's first version does.

    The sum of five terms: $\lambda_{coord} \sum 1^{obj}_{ib} [(x - \hat x)^2 + (y - \hat y)^2]$,
    $\lambda_{coord} \sum 1^{obj}_{ib} [(\sqrt w - \sqrt{\hat w})^2 + (\sqrt h - \sqrt{\hat h})^2]$,
    $\sum 1^{obj}_{ib} (C - \hat C)^2$, $\lambda_{noobj} \sum 1^{noobj}_{ib} (C - \hat C)^2$ and
    $\sum 1^{obj}_{i} \sum_c (p(c) - \hat p(c))^2$.

    $1^{obj}_{ib}$ is 1 for the one box of a cell with an object whose IoU with it is largest (the first
    of equals), and $1^{noobj}_{ib} = 1 - 1^{obj}_{ib}$. The confidence to be learned is that IoU where a
    box is responsible, and 0 elsewhere; the backward pass takes it for a constant. Cells are summed, not
    averaged; images are averaged. At $\hat w = 0$, where the root has no slope, the gradient is 0.

    Args:
        prediction: Numbers of the network (N, S, S, B·5+C); w and h are 0 or more.
        target: What `encode` gave for each image.
        grid: S, B and C.
        lambda_coord: Weight of the box terms.
        lambda_noobj: Weight of the confidence of boxes that answer for nothing.

    Returns:
        The five weighted terms, the responsible boxes and their IoU, as `YoloLoss`.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, a number is not finite, or a width or height is negative.

    Source:
        Redmon et al., You Only Look Once (2016), equation 3.
    """
    _check_pair(prediction, target, grid)
    ours, truth = grid.split(prediction, "prediction"), grid.split(target, "target")
    responsible, overlap = responsible_boxes(prediction.detach(), target, grid)
    has_object = responsible.any(-1)  # (N, S, S)
    box, true_box = ours.boxes[responsible], truth.boxes[responsible]  # (objects, 4)
    N = max(len(prediction), 1)
    return YoloLoss(
        center=lambda_coord * _squares(box[:, :2], true_box[:, :2]) / N,
        size=lambda_coord * _squares(root(box[:, 2:]), root(true_box[:, 2:])) / N,
        objectness=_squares(ours.confidence[responsible], overlap[responsible]) / N,
        no_objectness=lambda_noobj * ours.confidence[~responsible].square().sum() / N,
        classification=_squares(ours.classes[has_object], truth.classes[has_object]) / N,
        responsible=responsible,
        overlap=overlap,
    )


def _check_pair(prediction: Tensor, target: Tensor, grid: Grid) -> None:
    for name, tensor in (("prediction", prediction), ("target", target)):
        if tensor.ndim != 4:
            raise ValueError(
                f"{name} of shape {tuple(tensor.shape)} is not (N, S, S, {grid.depth}); "
                f"try {name}.unsqueeze(0) for one image"
            )
    check_same_dtype(prediction, target=target)
    if len(prediction) != len(target):
        raise ValueError(
            f"prediction has {len(prediction)} images, but target has {len(target)}; "
            "try torch.stack of one encoded target for each image"
        )


def responsible_boxes(
    prediction: Float[Tensor, "N S S D"], target: Float[Tensor, "N S S D"], grid: Grid
) -> tuple[Bool[Tensor, "N S S B"], Float[Tensor, "N S S B"]]:
    """Choose in each cell with an object the box that fits it best: the first of those with the largest IoU.

    Args:
        prediction: Numbers of the network.
        target: What `encode` gave for each image.
        grid: S, B and C.

    Returns:
        Which boxes are responsible, and every box's IoU with the object of its cell.

    Raises:
        TypeError: As `yolo_loss`.
        ValueError: As `yolo_loss`.
    """
    _check_pair(prediction, target, grid)
    has_object = grid.split(target, "target").confidence[..., 0] > 0  # (N, S, S), all B alike
    boxes, true_boxes = decode(prediction, grid).boxes, decode(target, grid).boxes
    overlap = torch.zeros_like(boxes[..., 0])  # (N, S, S, B)
    overlap[has_object] = iou(boxes[has_object], true_boxes[has_object])
    best = F.one_hot(overlap.argmax(-1), grid.B).bool()
    return best & has_object.unsqueeze(-1), overlap


def root(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Return the square root, with slope 0 instead of infinity at 0."""
    positive = x > 0
    return torch.where(positive, torch.where(positive, x, 1).sqrt(), 0)


def _squares(a: Tensor, b: Tensor) -> Tensor:
    return (a - b).square().sum()
