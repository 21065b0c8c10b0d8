"""Find handwritten digits in cluttered pictures: the first YOLO, small."""

import dataclasses
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from dlsteps.data import BoxedPictures, coco_boxes
from dlsteps.data.boxed_pictures import CocoBoxes
from dlsteps.data.scenes import Scenes, SceneStyle, draw_scenes
from dlsteps.detection import Detections, Objects, mean_average_precision
from dlsteps.detection.yolo import CONFIDENCE_TARGETS, Grid, YoloNet, detect, encode, encode_batch, yolo_loss
from dlsteps.train.recipe import DTYPES, Common

METRIC = "mAP@0.5"
JUDGED = ("scenes",)
DIGITS = 10
HELD_OUT_SEED = 1  # of the scenes that are judged
LEAST_SCORE = 0.02  # a detection below it adds nothing to the average precision that can be seen


@dataclass(frozen=True)
class Settings(Common):
    """What is learned, and how.

    Attributes:
        size: Height and width of the pictures in pixels: S times 2, 4, 8, …; digits grow with it.
        S: Rows and columns of the grid.
        B: Boxes that each cell proposes.
        width: Channels after the first halving.
        depth: Convolutions after the last halving.
        lambda_coord: Weight of the box terms.
        lambda_noobj: Weight of the confidence of boxes that answer for nothing.
        root_sizes: Whether roots of width and height are compared, or width and height.
        confidence_target: What a responsible box shall be sure of: its "iou", or "one".
        bend: How far digits are bent in training, in their cells. Scenes that are judged have none.
        scenes: How many pictures are judged, at most.
        annotations: A COCO JSON file with pictures of your own to take the place of the scenes; every tenth
            is judged, and the others are learned from.
        classes: The names of their classes, as JSON; read from the annotations when the run begins, and kept
            with the weights, so that these can be used without the pictures.
        channels: 1 for gray; 3 for color, which only pictures of your own have.
    """

    steps: int = 3000
    batch_size: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    clip_norm: float = 10.0
    size: int = 96
    S: int = 12
    B: int = 2
    width: int = 16
    depth: int = 3
    lambda_coord: float = 5.0
    lambda_noobj: float = 0.5
    root_sizes: bool = True
    confidence_target: str = "iou"
    bend: float = 0.0
    scenes: int = 1000
    annotations: str = ""
    classes: str = ""
    channels: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.confidence_target not in CONFIDENCE_TARGETS:
            choices = " or ".join(CONFIDENCE_TARGETS)
            raise ValueError(f"confidence_target={self.confidence_target} is unknown; try {choices}")
        self.check_counts("size", "S", "B", "width", "scenes", "channels")
        self.check_not_negative("bend")
        halved = self.size // self.S  # the network says so too, in its own names
        if self.size % self.S or halved < 2 or halved & (halved - 1):
            raise ValueError(f"size={self.size} is not S={self.S} times 2, 4, 8, …; try size={8 * self.S}")
        for name in ("lambda_coord", "lambda_noobj"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}={getattr(self, name)} rewards what is wrong; give 0 or more")
        if self.channels != 1 and not self.annotations:
            raise ValueError(
                f"channels={self.channels}, but scenes of digits are gray; set annotations to a COCO file "
                "of your own, or try channels=1"
            )

        if self.classes and not (self.annotations and _are_names(self.classes)):
            raise ValueError(
                f"classes={self.classes} are read from annotations when a run begins; leave them out"
            )

    @property
    def class_names(self) -> tuple[str, ...]:
        """What the detector can find, in the order of its labels."""
        if self.classes:
            return tuple(json.loads(self.classes))
        return _own(self, "all").classes if self.annotations else tuple(map(str, range(DIGITS)))


def _are_names(text: str) -> bool:
    """Whether a text is a JSON list of names."""
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, list) and bool(found) and all(isinstance(name, str) for name in found)


class Batch(NamedTuple):
    """Pictures (n, channels, size, size) and what the network shall answer (n, S, S, B·5+C)."""

    pictures: Tensor
    target: Tensor


def prepare(settings: Settings) -> tuple[Settings, dict[str, Any]]:
    """Look through annotated pictures of one's own: both parts must have something to find."""
    if not settings.annotations:
        return settings, {}
    own = _own(settings, "all")
    own.files.check_parts(settings.annotations, own.counts)
    if settings.classes and settings.class_names != own.classes:
        raise ValueError(
            f"{settings.annotations} has the classes {', '.join(own.classes)}, and the run learned "
            f"{', '.join(settings.class_names)}; give it those, in this order, or begin anew in another --out"
        )
    crowded = sum(_crowded(own, Grid(settings.S, settings.B, len(own.classes))))
    facts = own.files.facts(settings.annotations) | own.facts()
    facts |= {"objects that share a cell with another, and are not learned": crowded} if crowded else {}
    return dataclasses.replace(settings, classes=json.dumps(own.classes, ensure_ascii=False)), facts


def _crowded(own: CocoBoxes, grid: Grid) -> Iterator[int]:
    """Count in each picture the objects that the target has no room for."""
    for boxes, labels in zip(own.boxes, own.labels, strict=True):
        yield len(encode(boxes, labels, grid).dropped)


def describe(settings: Settings) -> dict[str, Any]:
    """Say what the detector takes and what it can find."""
    size = settings.size
    return {
        "takes": [settings.channels, size, size],
        "values": [0.0, 1.0],
        "classes": list(settings.class_names),
    }


def build(settings: Settings) -> nn.Module:
    return YoloNet(
        Grid(settings.S, settings.B, len(settings.class_names)),
        settings.size,
        settings.channels,
        settings.width,
        settings.depth,
        norm=nn.GroupNorm,
    )


def data(settings: Settings) -> Callable[[Tensor], Batch]:
    dtype, grid = DTYPES[settings.dtype], Grid(settings.S, settings.B, len(settings.class_names))
    if settings.annotations:
        source = _own(settings, "train")
    else:
        style = SceneStyle.of_size(settings.size, settings.bend)
        source = partial(draw_scenes, part="train", seed=settings.seed, style=style)

    def draw(numbers: Tensor) -> Batch:
        pictures, boxes, labels = source(numbers)
        target = encode_batch(boxes, labels, grid).target
        return Batch(pictures.to(dtype), target.to(dtype))

    return draw


def loss(model: YoloNet, batch: Batch, settings: Settings) -> Float[Tensor, " n"]:
    prediction = model(batch.pictures).to(batch.target.dtype)  # bfloat16 would not fit
    terms = yolo_loss(
        prediction,
        batch.target,
        model.grid,
        settings.lambda_coord,
        settings.lambda_noobj,
        root_sizes=settings.root_sizes,
        confidence_target=settings.confidence_target,
        per_image=True,
    )
    return terms.total


def metric(model: YoloNet, settings: Settings, progress: bool = False) -> dict[str, float]:
    source, count = _held_out(settings)
    found: list[Detections] = []
    truths: list[Objects] = []
    for numbers in tqdm(torch.arange(count).split(50), "detecting", disable=not progress):
        pictures, all_boxes, all_labels = source(numbers)
        found += detect(model, pictures.to(DTYPES[settings.dtype]), LEAST_SCORE)
        for boxes, labels in zip(all_boxes.to(DTYPES[settings.dtype]), all_labels, strict=True):
            truths.append(Objects(boxes[labels >= 0], labels[labels >= 0]))
    shifted = [truth._replace(labels=(truth.labels + 1) % model.grid.C) for truth in truths]
    nameless = [[item._replace(labels=0 * item.labels) for item in items] for items in (found, truths)]
    judged = mean_average_precision(found, truths)
    by_class = judged.table[judged.thresholds.index(0.5)].tolist()
    return {
        "mAP@0.5": judged.at(0.5),
        "mAP@[.5:.95]": judged.mean,
        "AP@0.5 of the worst class": min(by_class, default=math.nan),
        "AP@0.5 of the boxes without their classes": mean_average_precision(*nameless, [0.5]).mean,
        "mAP@0.5 with every label off by one": mean_average_precision(found, shifted, [0.5]).mean,
    }


def _own(settings: Settings, part: str) -> CocoBoxes:
    return coco_boxes(settings.annotations, settings.size, settings.channels, part=part, seed=settings.seed)


def _held_out(settings: Settings) -> tuple[Callable[[Tensor], Scenes | BoxedPictures], int]:
    if settings.annotations:
        own = _own(settings, "test")
        return own, min(settings.scenes, len(own))
    style = SceneStyle.of_size(settings.size)
    return lambda numbers: draw_scenes(numbers, "test", HELD_OUT_SEED, style), settings.scenes
