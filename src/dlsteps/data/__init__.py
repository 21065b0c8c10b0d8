"""Real data and number words: small, seeded and offline."""

from dlsteps.data.bitmaps import digit_bitmaps, warp, warp_numbers
from dlsteps.data.boxed_pictures import BoxedPictures, coco_boxes
from dlsteps.data.digits import Digits, DigitSplit, load_digits, split_digits
from dlsteps.data.errors import DataError
from dlsteps.data.feature_maps import EDGE_FILTERS, digit_feature_maps, edge_maps
from dlsteps.data.held_out_numbers import is_held_out
from dlsteps.data.long_sequences import Sequences, adding_problem, first_token
from dlsteps.data.number_tokens import CHINESE, ENGLISH, Vocabulary, chinese_tokens, english_tokens
from dlsteps.data.number_words import from_chinese, to_chinese, to_english
from dlsteps.data.photographs import load_photograph
from dlsteps.data.picture_folder import image_folder
from dlsteps.data.scenes import Scenes, SceneStyle, draw_scenes

__all__ = [
    "CHINESE",
    "EDGE_FILTERS",
    "ENGLISH",
    "BoxedPictures",
    "DataError",
    "DigitSplit",
    "Digits",
    "SceneStyle",
    "Scenes",
    "Sequences",
    "Vocabulary",
    "adding_problem",
    "chinese_tokens",
    "coco_boxes",
    "digit_bitmaps",
    "digit_feature_maps",
    "draw_scenes",
    "edge_maps",
    "english_tokens",
    "first_token",
    "from_chinese",
    "image_folder",
    "is_held_out",
    "load_digits",
    "load_photograph",
    "split_digits",
    "to_chinese",
    "to_english",
    "warp",
    "warp_numbers",
]
