"""What YOLO's choices are worth: the roots, the IoU as confidence, λ_noobj, B and S, changed one at a time.

Source: Redmon et al., You Only Look Once (2016), section 2.2.
"""

from dataclasses import asdict, dataclass
from itertools import product

import numpy as np
import torch

from dlsteps.data.scenes import SceneStyle, draw_scenes
from dlsteps.detection.yolo import YoloNet, encode_batch, responsible_boxes
from dlsteps.experiments.record import Conclusion, Record, bar, values
from dlsteps.train import fit
from dlsteps.train.recipes import yolo

VARIANTS = {
    "base": {},
    "no roots": {"root_sizes": False},
    "confidence 1": {"confidence_target": "one"},
    "lambda_noobj 0.1": {"lambda_noobj": 0.1},
    "lambda_noobj 1": {"lambda_noobj": 1.0},
    "B 1": {"B": 1},
    "S 6": {"S": 6},
}


@dataclass(frozen=True)
class Settings:
    variants: tuple[str, ...] = tuple(VARIANTS)
    seeds: tuple[int, ...] = (0, 1, 2)
    # What follows is passed on to the recipe; a variant changes one of it.
    size: int = 96
    S: int = 12
    B: int = 2
    width: int = 8
    depth: int = 3
    lambda_coord: float = 5.0
    lambda_noobj: float = 0.5
    root_sizes: bool = True
    confidence_target: str = "iou"
    bend: float = 0.0
    steps: int = 1000
    batch_size: int = 32
    learning_rate: float = 3e-3
    warmup: int = 100
    weight_decay: float = 0.01
    clip_norm: float = 10.0
    scenes: int = 500


SLICE = Settings(
    variants=("base", "confidence 1", "lambda_noobj 0.1", "lambda_noobj 1"),
    size=48,
    S=6,
    steps=150,
    batch_size=16,
    scenes=100,
    seeds=(0,),
)


def run(settings: Settings, progress: bool = True) -> list[Record]:
    """Train the recipe `yolo`, smaller and shorter, with one choice changed, and look at held-out scenes.

    Returns:
        Records with variant, seed, the figures of the recipe's metric as `test` (mAP@0.5), `strict`
        (mAP@[.5:.95]) and `boxes` (AP@0.5 without the classes), and those of `_answers`.
    """
    records = []
    for variant, seed in bar(list(product(settings.variants, settings.seeds)), "yolo_ablations", progress):
        chosen = _recipe_settings(settings, variant, seed)
        model = fit(yolo, chosen)
        figures = yolo.metric(model, chosen)
        records.append(
            {
                "variant": variant,
                "seed": seed,
                "test": figures["mAP@0.5"],
                "strict": figures["mAP@[.5:.95]"],
                "boxes": figures["AP@0.5 of the boxes without their classes"],
                **_answers(model, chosen),
            }
        )
    return records


def _recipe_settings(settings: Settings, variant: str, seed: int) -> yolo.Settings:
    base = asdict(settings)
    for ours in ("variants", "seeds"):
        del base[ours]
    return yolo.Settings(**(base | VARIANTS[variant]), seed=seed)


@torch.no_grad()
def _answers(model: YoloNet, settings: yolo.Settings) -> Record:
    """Look at the boxes that answer for an object, before any of them is suppressed.

    Returns:
        Mean IoU with the object, for objects below (`iou_small`) and above (`iou_large`) the median area;
        mean `confidence`; its `correlation` with the IoU; mean confidence where no object is (`empty`);
        and `share_of_first`, how often the box that answers is the first of its cell.
    """
    scenes = draw_scenes(torch.arange(settings.scenes), "test", style=SceneStyle.of_size(settings.size))
    target, prediction = encode_batch(scenes.boxes, scenes.labels, model.grid).target, model(scenes.pictures)
    responsible, overlap = responsible_boxes(prediction, target, model.grid)
    confidence = model.grid.split(prediction).confidence
    area = model.grid.split(target).boxes[..., 2:].prod(-1)[responsible]
    small, iou, sure = area < area.median(), overlap[responsible], confidence[responsible]
    return {
        "iou_small": iou[small].mean().item(),
        "iou_large": iou[~small].mean().item(),
        "confidence": sure.mean().item(),
        "correlation": torch.corrcoef(torch.stack([iou, sure]))[0, 1].item(),
        "empty": confidence[~responsible.any(-1)].mean().item(),
        "share_of_first": responsible[..., 0].sum().item() / responsible.sum().item(),
    }


def conclusions(records: list[Record]) -> list[Conclusion]:
    """State what the book says about YOLO's choices: worst against best seed."""

    def more(variant: str, other: str, key: str) -> float:
        """By how much the smallest figure of one is above the largest of the other."""
        return min(values(records, key, variant=variant)) - max(values(records, key, variant=other))

    found = [
        Conclusion("confidence: target 1 minus target IoU", more("confidence 1", "base", "confidence"), 0.0),
        Conclusion("confidence: λ_noobj 0.1 minus 0.5", more("lambda_noobj 0.1", "base", "confidence"), 0.05),
        Conclusion("confidence: λ_noobj 0.5 minus 1", more("base", "lambda_noobj 1", "confidence"), 0.05),
        Conclusion(
            "confidence where nothing is: λ_noobj 0.1 minus 0.5",
            more("lambda_noobj 0.1", "base", "empty"),
            0.0,
        ),
    ]
    if "S 6" not in {record["variant"] for record in records}:
        return found
    base = values(records, "test", variant="base")
    change = abs(base.mean() - values(records, "test", variant="no roots").mean())
    return [
        *found,
        Conclusion("mAP@0.5: S = 12 minus S = 6", more("base", "S 6", "test"), above=0.1),
        Conclusion("mAP@0.5: B = 1 minus B = 2", more("B 1", "base", "test"), above=0.0),
        Conclusion("mAP@0.5: what a seed changes minus what the roots do", np.ptp(base) - change, above=0.0),
    ]
