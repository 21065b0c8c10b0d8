"""Average precision: how well a detector's certainty sorts the right boxes before the wrong ones."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dlsteps.detection.boxes import pairwise_iou
from dlsteps.detection.checks import check_scores, check_share
from dlsteps.detection.records import Detections, Objects

# linspace and not arange: 0.5 + 0.05·k misses COCO's thresholds by a rounding.
IOU_THRESHOLDS = tuple(np.linspace(0.5, 0.95, 10).tolist())
RECALLS = np.linspace(0, 1, 101)


def match(detections: Detections, truth: Objects, iou_threshold: float = 0.5) -> Int[Tensor, " n"]:
    r"""Give each detection of one image at most one true box, the most certain detection first.

    A detection takes, of the true boxes of its class that are still free, the one with the largest
    IoU, if that is at least the threshold. A second detection of the same object finds it taken, and is
    wrong. Equal scores: the first in the list chooses first. Equal overlaps: the last true box is taken,
    as in COCO's own program.

    Args:
        detections: What was found in the image.
        truth: What is there.
        iou_threshold: Least overlap, from 0 to 1.

    Returns:
        For each detection the position of its true box, or -1 if it has none.

    Raises:
        TypeError: If boxes or scores are not floating point, labels are, or the dtypes differ.
        ValueError: If lengths differ, or for NaN, a box of negative size or a threshold beyond 0…1.

    Source:
        Lin et al., Microsoft COCO (2014), as its evaluation program does it.
    """
    check_share(iou_threshold, "iou_threshold")
    detections.check()
    truth.check()
    return _match(_overlaps(detections, truth), detections.scores, iou_threshold)


def _overlaps(detections: Detections, truth: Objects) -> Float[Tensor, "n m"]:
    """Return the IoU of each detection with each true box, and -1 where the classes differ."""
    same = detections.labels[:, None] == truth.labels[None]
    return torch.where(same, pairwise_iou(detections.boxes, truth.boxes), -1)


def _match(overlaps: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    matched = np.full(len(overlaps), -1)
    wide = torch.promote_types(overlaps.dtype, torch.float32)
    free = overlaps.detach().cpu().to(wide).numpy().copy()  # taken boxes become -1
    m = free.shape[1]
    for k in torch.argsort(scores.detach().cpu(), descending=True, stable=True).tolist() if m else []:
        last_best = m - 1 - free[k, ::-1].argmax()
        if free[k, last_best] >= iou_threshold:
            matched[k] = last_best
            free[:, last_best] = -1
    return torch.from_numpy(matched)


class PrecisionRecall(NamedTuple):
    """What is found, and what of it is right, as the list of detections grows.

    Attributes:
        precision: (n,) right ones among the first k+1 detections, as a share.
        recall: (n,) objects found by the first k+1 detections, as a share.
        envelope: (n,) best precision at this recall or a larger one: the curve without its teeth.
    """

    precision: Tensor
    recall: Tensor
    envelope: Tensor


def precision_recall(
    scores: Float[Tensor, " n"], correct: Bool[Tensor, " n"], objects: int
) -> PrecisionRecall:
    """Go down the detections of one class from the most certain on, and count.

    Args:
        scores: How certain each detection is; of equal ones the first in the list comes first.
        correct: Which of them match an object.
        objects: How many objects there are.

    Returns:
        The curve, as `PrecisionRecall` in float64.

    Raises:
        TypeError: If the scores are not floating point, or the verdicts not boolean.
        ValueError: If the lengths differ, for NaN, or if there are fewer objects than right detections.
    """
    if correct.dtype != torch.bool:
        raise TypeError(f"correct must be boolean, but has dtype {correct.dtype}; try correct > 0")
    if scores.shape != correct.shape:
        raise ValueError(f"there are {len(scores)} scores, but {len(correct)} verdicts; try one for each")
    check_scores(scores, len(correct))
    if objects < max(int(correct.sum()), 1):
        raise ValueError(
            f"objects={objects} is fewer than 1 or than the {int(correct.sum())} right detections; "
            "try the number of true boxes of this class"
        )
    order = torch.argsort(scores.detach(), descending=True, stable=True)
    right = correct[order].double().cumsum(0)
    precision = right / torch.arange(1, len(right) + 1, device=right.device)
    envelope = precision.flip(0).cummax(0).values.flip(0)
    return PrecisionRecall(precision, right / objects, envelope)


def average_precision(curve: PrecisionRecall) -> float:
    r"""Average the precision over 101 levels of recall.

    $AP = \frac{1}{101} \sum_{r = 0, 0.01, …, 1} \max_{\tilde r \ge r} p(\tilde r)$, with 0 for a recall
    that is never reached.

    Args:
        curve: What `precision_recall` returned.

    Returns:
        A number from 0 to 1.

    Source:
        Everingham et al., The Pascal Visual Object Classes (VOC) Challenge (2010), equations 1 and 2;
        with COCO's 101 levels instead of 11.
    """
    envelope = np.append(curve.envelope.cpu().numpy(), 0.0)
    first = np.searchsorted(curve.recall.cpu().numpy(), RECALLS, side="left")
    return float(envelope[first].mean())


class MeanAveragePrecision(NamedTuple):
    """Average precision of every class at every threshold.

    Attributes:
        table: (thresholds, classes), in float64.
        classes: (classes,) the class ids that have an object somewhere.
        thresholds: The IoU thresholds.
    """

    table: Tensor
    classes: Tensor
    thresholds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """mAP: the mean over classes and thresholds; NaN if there is no object at all."""
        return self.table.mean().item()

    def at(self, iou_threshold: float) -> float:
        """Return the mean over classes at one of the thresholds: `at(0.5)` is mAP@0.5."""
        if iou_threshold not in self.thresholds:
            raise ValueError(f"no threshold is {iou_threshold}; try one of {self.thresholds}")
        return self.table[self.thresholds.index(iou_threshold)].mean().item()


def mean_average_precision(
    detections: Sequence[Detections],
    truths: Sequence[Objects],
    iou_thresholds: Sequence[float] = IOU_THRESHOLDS,
) -> MeanAveragePrecision:
    """Judge a detector on many images: mAP@[.5:.95] by default.

    A class without objects is left out, however often it was detected. Of COCO's rules three are lacking.
    There are no crowds: leave out of `truths` what is annotated as one, and a detection inside it counts as
    wrong, where COCO's program takes no notice of it. It does not stop at 100 detections an image. It does
    not judge small, medium and large objects apart.

    Args:
        detections: What was found, image by image.
        truths: What is there, image by image.
        iou_thresholds: Least overlaps, from 0 to 1; `[0.5]` for mAP@0.5 alone.

    Returns:
        A table of average precisions with its means, as `MeanAveragePrecision`.

    Raises:
        TypeError: If boxes or scores are not floating point, labels are, or the dtypes differ.
        ValueError: If lengths differ, or for NaN, a box of negative size or a threshold beyond 0…1.

    Source:
        Lin et al., Microsoft COCO (2014), as its evaluation program does it.
    """
    if len(detections) != len(truths):
        raise ValueError(f"there are {len(detections)} detections for {len(truths)} images; try one for each")
    for threshold in iou_thresholds:
        check_share(threshold, "iou_threshold")
    for found, truth in zip(detections, truths, strict=True):
        found.check()
        truth.check()
    overlaps = [_overlaps(*pair) for pair in zip(detections, truths, strict=True)]
    true_labels = _join([truth.labels.cpu() for truth in truths]).long()
    labels = _join([found.labels.cpu() for found in detections])
    scores = _join([found.scores.detach().cpu().double() for found in detections])
    classes = true_labels.unique()
    table = torch.zeros(len(iou_thresholds), len(classes), dtype=torch.float64)
    for row, threshold in enumerate(iou_thresholds):
        pairs = zip(overlaps, detections, strict=True)
        correct = _join([_match(table_, found.scores, threshold) for table_, found in pairs]) >= 0
        for column, c in enumerate(classes):
            mine = labels == c
            curve = precision_recall(scores[mine], correct[mine], int((true_labels == c).sum()))
            table[row, column] = average_precision(curve)
    return MeanAveragePrecision(table, classes, tuple(iou_thresholds))


def _join(parts: list[Tensor]) -> Tensor:
    return torch.cat(parts) if parts else torch.empty(0)
