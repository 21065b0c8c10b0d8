"""Find handwritten digits in cluttered pictures: the first YOLO, small."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from tqdm import tqdm

from dlsteps.data.scenes import SceneStyle, draw_scenes
from dlsteps.detection import Detections, Objects, mean_average_precision
from dlsteps.detection.yolo import Grid, YoloNet, detect, encode_batch, yolo_loss
from dlsteps.train.recipe import DTYPES, Common

METRIC = "mAP@0.5"
CLASSES = 10
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
        scenes: How many are judged.
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


class Batch(NamedTuple):
    """Pictures (n, 1, size, size) and what the network shall answer (n, S, S, B·5+10)."""

    pictures: Tensor
    target: Tensor


def build(settings: Settings) -> nn.Module:
    grid = _grid(settings)
    return YoloNet(grid, settings.size, width=settings.width, depth=settings.depth, norm=nn.GroupNorm)


def data(settings: Settings) -> Callable[[Tensor], Batch]:
    style, grid, dtype = (
        SceneStyle.of_size(settings.size, settings.bend),
        _grid(settings),
        DTYPES[settings.dtype],
    )

    def draw(numbers: Tensor) -> Batch:
        scenes = draw_scenes(numbers, "train", settings.seed, style)
        target = encode_batch(scenes.boxes, scenes.labels, grid).target
        return Batch(scenes.pictures.to(dtype), target.to(dtype))

    return draw


def loss(model: nn.Module, batch: Batch, settings: Settings) -> Float[Tensor, " n"]:
    prediction = model(batch.pictures).to(batch.target.dtype)  # under bfloat16 they would differ
    terms = yolo_loss(
        prediction,
        batch.target,
        _grid(settings),
        settings.lambda_coord,
        settings.lambda_noobj,
        root_sizes=settings.root_sizes,
        confidence_target=settings.confidence_target,
        per_image=True,
    )
    return terms.total


def metric(model: nn.Module, settings: Settings, progress: bool = False) -> dict[str, float]:
    style, dtype = SceneStyle.of_size(settings.size), DTYPES[settings.dtype]
    found: list[Detections] = []
    truths: list[Objects] = []
    for some in tqdm(torch.arange(settings.scenes).split(50), "detecting", disable=not progress):
        scenes = draw_scenes(some, "test", HELD_OUT_SEED, style)
        found += detect(model, scenes.pictures.to(dtype), LEAST_SCORE)
        for boxes, labels in zip(scenes.boxes.to(dtype), scenes.labels, strict=True):
            truths.append(Objects(boxes[labels >= 0], labels[labels >= 0]))
    shifted = [truth._replace(labels=(truth.labels + 1) % CLASSES) for truth in truths]
    nameless = [[item._replace(labels=0 * item.labels) for item in items] for items in (found, truths)]
    judged = mean_average_precision(found, truths)
    return {
        "mAP@0.5": judged.at(0.5),
        "mAP@[.5:.95]": judged.mean,
        "AP@0.5 of the worst class": judged.table[0].min().item(),
        "AP@0.5 of the boxes without their classes": mean_average_precision(*nameless, [0.5]).mean,
        "mAP@0.5 with every label off by one": mean_average_precision(found, shifted, [0.5]).mean,
    }


def _grid(settings: Settings) -> Grid:
    return Grid(settings.S, settings.B, CLASSES)
