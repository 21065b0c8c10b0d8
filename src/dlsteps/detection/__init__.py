"""Detection: where an object is, what it is, and how to judge the answer."""

from dlsteps.detection.average_precision import (
    IOU_THRESHOLDS,
    MeanAveragePrecision,
    PrecisionRecall,
    average_precision,
    match,
    mean_average_precision,
    precision_recall,
)
from dlsteps.detection.boxes import (
    FORMATS,
    Format,
    Overlap,
    area,
    convert,
    giou,
    iou,
    overlap,
    pairwise_giou,
    pairwise_iou,
)
from dlsteps.detection.records import Detections, Objects
from dlsteps.detection.suppression import Suppressed, ranking, suppress

__all__ = [
    "FORMATS",
    "IOU_THRESHOLDS",
    "Detections",
    "Format",
    "MeanAveragePrecision",
    "Objects",
    "Overlap",
    "PrecisionRecall",
    "Suppressed",
    "area",
    "average_precision",
    "convert",
    "giou",
    "iou",
    "match",
    "mean_average_precision",
    "overlap",
    "pairwise_giou",
    "pairwise_iou",
    "precision_recall",
    "ranking",
    "suppress",
]
