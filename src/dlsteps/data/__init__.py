"""Real data, small, seeded and offline."""

from dlsteps.data.coco_boxes import BoxedPictures, coco_boxes
from dlsteps.data.digits import Digits, DigitSplit, load_digits, split_digits
from dlsteps.data.feature_maps import EDGE_FILTERS, digit_feature_maps, edge_maps
from dlsteps.data.image_folder import image_folder
from dlsteps.data.long_sequences import Sequences, adding_problem, first_token
from dlsteps.data.photographs import load_photograph

__all__ = [
    "EDGE_FILTERS",
    "BoxedPictures",
    "DigitSplit",
    "Digits",
    "Sequences",
    "adding_problem",
    "coco_boxes",
    "digit_feature_maps",
    "edge_maps",
    "first_token",
    "image_folder",
    "load_digits",
    "load_photograph",
    "split_digits",
]
