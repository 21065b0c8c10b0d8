"""Real data, small, seeded and offline."""

from dlsteps.data.bitmaps import digit_bitmaps, warp, warp_numbers
from dlsteps.data.coco_boxes import BoxedPictures, coco_boxes
from dlsteps.data.digits import Digits, DigitSplit, load_digits, split_digits
from dlsteps.data.feature_maps import EDGE_FILTERS, digit_feature_maps, edge_maps
from dlsteps.data.image_folder import image_folder
from dlsteps.data.photographs import load_photograph
from dlsteps.data.scenes import Scenes, SceneStyle, draw_scenes

__all__ = [
    "EDGE_FILTERS",
    "BoxedPictures",
    "DigitSplit",
    "Digits",
    "SceneStyle",
    "Scenes",
    "coco_boxes",
    "digit_bitmaps",
    "digit_feature_maps",
    "draw_scenes",
    "edge_maps",
    "image_folder",
    "load_digits",
    "load_photograph",
    "split_digits",
    "warp",
    "warp_numbers",
]
