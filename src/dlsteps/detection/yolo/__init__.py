"""YOLO, first version: the grid, the target, the network, the loss and the detections."""

from dlsteps.detection.yolo.detect import detect
from dlsteps.detection.yolo.grid import Cells, Grid
from dlsteps.detection.yolo.loss import CONFIDENCE_TARGETS, YoloLoss, responsible_boxes, yolo_loss
from dlsteps.detection.yolo.network import YoloNet
from dlsteps.detection.yolo.targets import (
    Candidates,
    Decoded,
    Encoded,
    EncodedBatch,
    candidates,
    decode,
    encode,
    encode_batch,
)

__all__ = [
    "CONFIDENCE_TARGETS",
    "Candidates",
    "Cells",
    "Decoded",
    "Encoded",
    "EncodedBatch",
    "Grid",
    "YoloLoss",
    "YoloNet",
    "candidates",
    "decode",
    "detect",
    "encode",
    "encode_batch",
    "responsible_boxes",
    "yolo_loss",
]
