"""YOLO, first version: the grid, the target, the network and the loss."""

from dlsteps.detection.yolo.grid import Cells, Grid
from dlsteps.detection.yolo.loss import YoloLoss, responsible_boxes, yolo_loss
from dlsteps.detection.yolo.network import YoloNet
from dlsteps.detection.yolo.targets import Candidates, Decoded, Encoded, candidates, decode, encode

__all__ = [
    "Candidates",
    "Cells",
    "Decoded",
    "Encoded",
    "Grid",
    "YoloLoss",
    "YoloNet",
    "candidates",
    "decode",
    "encode",
    "responsible_boxes",
    "yolo_loss",
]
