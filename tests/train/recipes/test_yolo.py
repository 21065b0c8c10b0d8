import dataclasses
import json

import numpy as np
import pytest
import torch
from judge import refuses
from PIL import Image
from torch import nn

from dlsteps.data import split_digits
from dlsteps.data.scenes import SceneStyle, draw_scenes
from dlsteps.detection.yolo import Grid, YoloNet, detect, encode_batch, yolo_loss
from dlsteps.train import fit
from dlsteps.train.recipes import yolo

SMALL = yolo.Settings(size=48, S=6, width=4, depth=1, steps=40, batch_size=8, scenes=60)


class Oracle(YoloNet):
    """Answer each held-out picture with what was encoded for it, perhaps spoiled."""

    def __init__(self, settings, spoil=lambda target, grid: target):
        super().__init__(Grid(settings.S, settings.B, 10), settings.size, width=4)
        style = SceneStyle.of_size(settings.size)
        scenes = draw_scenes(torch.arange(settings.scenes), "test", yolo.HELD_OUT_SEED, style)
        self.pictures = scenes.pictures
        self.target = spoil(encode_batch(scenes.boxes, scenes.labels, self.grid).target, self.grid)

    def forward(self, x):
        known = (x[:, None] == self.pictures.to(x.dtype)).flatten(2).all(2)
        return self.target[known.int().argmax(1)].to(x.dtype)


def test_the_truth_is_judged_perfect_but_for_shared_cells():
    figures = yolo.metric(Oracle(SMALL), SMALL)
    assert figures[yolo.METRIC] > 0.99
    assert figures["mAP@[.5:.95]"] > 0.99
    assert figures["AP@0.5 of the worst class"] > 0.97
    assert figures["AP@0.5 of the boxes without their classes"] > 0.99
    assert figures["mAP@0.5 with every label off by one"] == 0


def test_wrong_classes_are_judged_wrong_and_their_boxes_right():
    def shift(target, grid):
        target[..., -10:] = target[..., -10:].roll(1, -1)
        return target

    figures = yolo.metric(Oracle(SMALL, shift), SMALL)
    assert figures[yolo.METRIC] == 0
    assert figures["AP@0.5 of the boxes without their classes"] > 0.99
    assert figures["mAP@0.5 with every label off by one"] > 0.99


def test_one_bad_class_shows_as_the_worst():
    def lose_threes(target, grid):
        return target * (1 - target[..., -10:][..., 3:4])

    figures = yolo.metric(Oracle(SMALL, lose_threes), SMALL)
    assert figures["AP@0.5 of the worst class"] == 0
    assert figures[yolo.METRIC] == pytest.approx(0.9, abs=0.01)


def test_boxes_that_are_off_count_at_low_thresholds_alone():
    def widen(target, grid):
        target[..., 2] *= 1.4  # an IoU of about 1/1.4
        target[..., 7] *= 1.4
        return target

    figures = yolo.metric(Oracle(SMALL, widen), SMALL)
    assert figures[yolo.METRIC] > 0.97
    assert 0.4 < figures["mAP@[.5:.95]"] < 0.6  # right at 0.5, 0.55 … 0.7, wrong from 0.75 on


def test_the_batch_is_scenes_of_training_digits_and_their_targets():
    numbers = torch.tensor([3, 17, 4])
    batch = yolo.data(SMALL)(numbers)
    scenes = draw_scenes(numbers, "train", SMALL.seed, SceneStyle.of_size(48, SMALL.bend))
    assert torch.equal(batch.pictures, scenes.pictures)
    assert torch.equal(batch.target, encode_batch(scenes.boxes, scenes.labels, Grid(6, 2, 10)).target)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"lambda_coord": 2.0, "lambda_noobj": 0.1},
        {"root_sizes": False, "B": 1},
        {"confidence_target": "one", "S": 3},
    ],
)
def test_the_loss_is_the_paper_s_with_the_settings_given(changes):
    settings = dataclasses.replace(SMALL, dtype="float64", **changes)
    model, batch = yolo.build(settings).double(), yolo.data(settings)(torch.arange(4))
    terms = yolo_loss(
        model(batch.pictures),
        batch.target,
        Grid(settings.S, settings.B, 10),
        settings.lambda_coord,
        settings.lambda_noobj,
        root_sizes=settings.root_sizes,
        confidence_target=settings.confidence_target,
    )
    mine = yolo.loss(model, batch, settings)
    assert mine.shape == (4,)
    assert mine.mean().item() == pytest.approx(terms.total.item())


def test_settings_shape_the_network():
    settings = dataclasses.replace(SMALL, S=3, B=1, width=8, depth=2)
    network = yolo.build(settings)
    assert isinstance(network, YoloNet)
    assert network(torch.rand(1, 1, 48, 48)).shape == (1, 3, 3, 15)
    channels = [m.out_channels for m in network.features.modules() if isinstance(m, nn.Conv2d)]
    assert channels == [8, 16, 32, 64, 64, 64]


def test_bfloat16_costs_about_the_same():
    model, batch = yolo.build(SMALL), yolo.data(SMALL)(torch.arange(4))
    exact = yolo.loss(model, batch, SMALL)
    with torch.autocast("cpu", torch.bfloat16):
        rough = yolo.loss(model, batch, SMALL)
    assert rough.dtype == torch.float32
    assert not torch.equal(rough, exact)
    assert torch.allclose(rough, exact, rtol=0.05)


def test_it_learns_to_place_boxes():
    settings = dataclasses.replace(SMALL, steps=120)
    batch = yolo.data(settings)(torch.arange(10_000, 10_032))
    losses = []
    for model in (yolo.build(settings), fit(yolo, settings)):
        with torch.no_grad():
            losses.append(yolo.loss(model, batch, settings).mean().item())
    assert losses[1] < 0.5 * losses[0]


def test_the_judged_digits_are_not_those_trained_on():
    split = split_digits()
    assert torch.cdist(split.test.images.flatten(1), split.train.images.flatten(1)).min() > 0


@pytest.fixture
def annotations(tmp_path):
    """Forty pictures with one red or blue rectangle each, and the file that says where."""
    content = {"images": [], "annotations": [], "categories": []}
    content["categories"] = [{"id": 1, "name": "red"}, {"id": 7, "name": "blue"}]
    generator = np.random.default_rng(0)
    for k in range(40):
        x, y, w, h = (*generator.integers(0, 24, 2), *generator.integers(10, 24, 2))
        picture = np.full((48, 48, 3), 255, dtype=np.uint8)
        picture[y : y + h, x : x + w] = (255, 0, 0) if k % 2 else (0, 0, 255)
        Image.fromarray(picture).save(tmp_path / f"{k}.png")
        content["images"].append({"id": k, "file_name": f"{k}.png", "width": 48, "height": 48})
        box = {"bbox": [int(x), int(y), int(w), int(h)], "area": int(w * h), "iscrowd": 0}
        content["annotations"].append({"id": k, "image_id": k, "category_id": 1 if k % 2 else 7, **box})
    (tmp_path / "boxes.json").write_text(json.dumps(content))
    return str(tmp_path / "boxes.json")


def test_pictures_of_one_s_own_are_learned_from_and_judged(annotations):
    settings = dataclasses.replace(SMALL, annotations=annotations, channels=3, steps=120, width=8)
    batch = yolo.data(settings)(torch.arange(36))
    assert batch.pictures.shape == (36, 3, 48, 48)
    assert batch.target.shape == (36, 6, 6, 12)
    assert (batch.target[..., 4].sum((1, 2)) == 1).all()
    model = fit(yolo, settings)
    assert model.grid == Grid(6, 2, 2)
    figures = yolo.metric(model, settings)
    assert figures["AP@0.5 of the boxes without their classes"] > 0.5
    with torch.no_grad():
        before, after = (yolo.loss(m, batch, settings).mean() for m in (yolo.build(settings), model))
    assert after < 0.3 * before


def test_every_tenth_picture_of_one_s_own_is_held_out(annotations, monkeypatch):
    settings = dataclasses.replace(SMALL, annotations=annotations, channels=3)
    seen = []

    def watched(network, pictures, score):
        seen.extend(pictures)
        return detect(network, pictures, score)

    monkeypatch.setattr(yolo, "detect", watched)
    figures = yolo.metric(yolo.build(settings), settings)
    assert len(seen) == 4
    assert set(figures) > {yolo.METRIC}
    learned = yolo.data(settings)(torch.arange(36)).pictures
    assert len({picture.numpy().tobytes() for picture in [*learned, *seen]}) == 40


def test_refuses():
    with refuses(ValueError, "confidence_target=giou is unknown; try iou or one"):
        yolo.Settings(confidence_target="giou")
    with refuses(ValueError, "scenes=0 is below 1; give a whole number from 1 up"):
        yolo.Settings(scenes=0)
    with refuses(ValueError, "channels=3, but scenes of digits are gray"):
        yolo.Settings(channels=3)
    with refuses(ValueError, "steps=0 is below 1"):
        yolo.Settings(steps=0)
