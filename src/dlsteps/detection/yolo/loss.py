"""The loss of YOLO: five sums of squares, and one box a cell that answers for the object."""

from typing import Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor

from dlsteps.detection.boxes import iou
from dlsteps.detection.yolo.grid import Grid
from dlsteps.detection.yolo.targets import decode
from dlsteps.nn.checks import check_same_dtype

ConfidenceTarget = Literal["iou", "one"]
CONFIDENCE_TARGETS = get_args(ConfidenceTarget)


class YoloLoss(NamedTuple):
    """The five terms, weighted, and what decided which numbers went into which.

    A term is one number, the mean over images, or with `per_image` one number for each (N,).

    Attributes:
        center: Error of x and y, times `lambda_coord`.
        size: Error of the roots of w and h (or of w and h themselves), times `lambda_coord`.
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
    *,
    root_sizes: bool = True,
    confidence_target: ConfidenceTarget = "iou",
    per_image: bool = False,
) -> YoloLoss:
    r"""Compare a prediction with its target as YOLO's first version does.

    The sum of five terms: $\lambda_{coord} \sum 1^{obj}_{ib} [(x - \hat x)^2 + (y - \hat y)^2]$,
    $\lambda_{coord} \sum 1^{obj}_{ib} [(\sqrt w - \sqrt{\hat w})^2 + (\sqrt h - \sqrt{\hat h})^2]$,
    $\sum 1^{obj}_{ib} (C - \hat C)^2$, $\lambda_{noobj} \sum 1^{noobj}_{ib} (C - \hat C)^2$ and
    $\sum 1^{obj}_{i} \sum_c (p(c) - \hat p(c))^2$.

    $1^{obj}_{ib}$ is 1 for the one box of a cell with an object whose IoU with it is largest (the first
    of equals), and $1^{noobj}_{ib} = 1 - 1^{obj}_{ib}$. The confidence to be learned is that IoU where a
    box is responsible, and 0 elsewhere; the backward pass takes it for a constant. Cells are summed, not
    averaged; images are averaged.

    A linear last layer can say a negative width. Its box has no area, so that its IoU is 0, and its root is
    $-\sqrt{|\hat w|}$: the farther below 0, the larger the error, and the gradient leads back up. At
    $\hat w = 0$, where the root has no slope, the gradient is 0.

    Two choices of the paper can be undone, to see what they are worth: the roots, and the IoU as what the
    confidence is to be.

    Args:
        prediction: Numbers of the network (N, S, S, B·5+C); any finite ones.
        target: What `encode` gave for each image.
        grid: S, B and C.
        lambda_coord: Weight of the box terms.
        lambda_noobj: Weight of the confidence of boxes that answer for nothing.
        root_sizes: False compares w and h themselves.
        confidence_target: What a responsible box shall be sure of: its "iou", or "one".
        per_image: True keeps one number for each image instead of their mean.

    Returns:
        The five weighted terms, the responsible boxes and their IoU, as `YoloLoss`.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, a number is not finite, the target has a box of negative size,
            or there is no such confidence target.

    Source:
        Redmon et al., You Only Look Once (2016), equation 3.
    """
    _check_pair(prediction, target, grid)
    if confidence_target not in CONFIDENCE_TARGETS:
        choices = " or ".join(map(repr, CONFIDENCE_TARGETS))
        raise ValueError(f"no confidence target is called {confidence_target!r}; try {choices}")
    ours, truth = grid.split(prediction, "prediction"), grid.split(target, "target")
    responsible, overlap = responsible_boxes(prediction.detach(), target, grid)
    sides = root if root_sizes else (lambda x: x)
    sure = overlap if confidence_target == "iou" else torch.ones_like(overlap)

    def total(errors: Tensor, where: Tensor) -> Tensor:
        # Chosen, not multiplied by 0: a square can be infinite where it does not count.
        sums = torch.where(where.unsqueeze(-1), errors, 0).square().flatten(1).sum(1)  # (N,)
        return sums if per_image else sums.sum() / max(len(sums), 1)

    confidence = ours.confidence.unsqueeze(-1)  # (N, S, S, B, 1)
    return YoloLoss(
        center=lambda_coord * total(ours.boxes[..., :2] - truth.boxes[..., :2], responsible),
        size=lambda_coord * total(sides(ours.boxes[..., 2:]) - sides(truth.boxes[..., 2:]), responsible),
        objectness=total(confidence - sure.unsqueeze(-1), responsible),
        no_objectness=lambda_noobj * total(confidence, ~responsible),
        classification=total(ours.classes - truth.classes, responsible.any(-1)),
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


def _check_target(target: Tensor, grid: Grid) -> None:
    """Require that a target's boxes have sizes: it is data, which can be wrong, and no network's guess."""
    if (grid.split(target, "target").boxes[..., 2:] < 0).any():
        raise ValueError("target has a box whose width or height is negative; try encode to make a target")


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
    _check_target(target, grid)
    has_object = grid.split(target, "target").confidence[..., 0] > 0  # (N, S, S), all B alike
    boxes, true_boxes = decode(prediction, grid).boxes, decode(target, grid).boxes
    overlap = torch.zeros_like(boxes[..., 0])  # (N, S, S, B)
    overlap[has_object] = iou(boxes[has_object], true_boxes[has_object])
    best = F.one_hot(overlap.argmax(-1), grid.B).bool()
    return best & has_object.unsqueeze(-1), overlap


def root(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    r"""Return $\operatorname{sign}(x) \sqrt{|x|}$, with slope 0 instead of infinity at 0."""
    apart = x != 0
    return torch.where(apart, x.sign() * torch.where(apart, x.abs(), 1).sqrt(), 0)
