from itertools import pairwise

import numpy as np
import pytest
import torch
from judge import refuses

from dlsteps.data import split_digits
from dlsteps.data.scenes import PARTS, SceneStyle, draw_scenes
from dlsteps.data.scenes.glyphs import INK, sheet
from dlsteps.data.scenes.pictures import COLUMNS, paint, sketch
from dlsteps.data.scenes.shares import Shares
from dlsteps.detection import pairwise_iou
from dlsteps.detection.yolo import Grid, encode_batch

STYLE = SceneStyle()


def plans(n=60, part="train", seed=0, style=STYLE):
    return sketch(np.arange(n), part, seed, style)


def pasted_mask(plan, scene, k, size):
    """Lay one patch on a blank picture, pixel by pixel, and say where it leaves ink."""
    left, top = plan.boxes[scene, k, :2] - plan.glyphs.boxes[scene, k, :2]
    mask = np.zeros((size, size), dtype=bool)
    for y, x in zip(*(plan.glyphs.patches[scene, k] >= INK).nonzero(), strict=True):
        mask[top + y, left + x] = True  # raises where ink would leave the picture
    return mask


@pytest.mark.parametrize("style", [STYLE, SceneStyle(size=64, smallest=12, largest=24, turn=90, bend=0.7)])
def test_boxes_are_tight_around_the_ink_that_is_pasted(style):
    plan, scenes = plans(style=style), draw_scenes(torch.arange(60), style=style)
    checked = 0
    for scene, boxes in enumerate(scenes.boxes * style.size):
        placed = plan.placed[scene, : style.most].nonzero()[0]
        for k, box in zip(placed, boxes, strict=False):
            rows, columns = pasted_mask(plan, scene, k, style.size).nonzero()
            expected = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            assert box.tolist() == pytest.approx(expected, abs=1e-4)
            checked += 1
    assert checked == (scenes.labels >= 0).sum() > 150


def test_what_is_brighter_than_the_background_lies_in_a_box():
    # Seen in the finished picture alone: it differs from its background nowhere but around digits.
    style = SceneStyle(fragments=0)
    plan, scenes = plans(style=style), draw_scenes(torch.arange(60), style=style)
    blank = paint(plan._replace(placed=np.zeros_like(plan.placed)))
    share = []
    for picture, background, boxes, labels in zip(
        scenes.pictures[:, 0].numpy(), blank, scenes.boxes, scenes.labels, strict=True
    ):
        changed = np.abs(picture - background) > 0.25
        inside = np.zeros_like(changed)
        for left, top, right, bottom in (boxes[labels >= 0] * style.size).round().int().tolist():
            inside[top:bottom, left:right] = True
        share.append((changed & inside).sum() / changed.sum())
    assert min(share) > 0.97
    assert np.mean(share) > 0.99


def test_boxes_stand_inside_and_leave_each_other_readable():
    scenes = draw_scenes(torch.arange(300), "test")
    assert scenes.boxes.min() >= 0
    assert scenes.boxes.max() <= 1
    for boxes, labels in zip(scenes.boxes, scenes.labels, strict=True):
        boxes = boxes[labels >= 0].double()
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
        ious = pairwise_iou(boxes, boxes)
        shared = ious / (1 + ious) * (areas[:, None] + areas)
        covered = (shared / torch.minimum(areas[:, None], areas)).fill_diagonal_(0)
        assert covered.max() <= STYLE.overlap + 1e-6


def test_gaps_come_last_and_hold_nothing():
    scenes = draw_scenes(torch.arange(300))
    real = scenes.labels >= 0
    assert (real.int().diff(dim=1) <= 0).all()
    assert not scenes.boxes[~real].any()
    assert (scenes.boxes[real][:, 2:] > scenes.boxes[real][:, :2]).all()
    counts = torch.bincount(real.sum(1), minlength=7)
    assert counts[0] == 0
    assert counts[1:].min() > 30  # of 50


def test_labels_are_those_of_the_digits_that_are_pasted():
    # Digits that are neither turned nor stretched can be read back, cell by cell, and looked up in the file.
    style = SceneStyle(most=1, fragments=0, smallest=64, largest=64, stretch=0, turn=0, slant=0)
    digits = split_digits().test
    plan, scenes = plans(40, "test", style=style), draw_scenes(torch.arange(40), "test", style=style)
    for patch, label in zip(plan.glyphs.patches[:, 0], scenes.labels[:, 0], strict=True):
        middle = (style.patch - 1) / 2
        centers = np.rint(middle + 8 * (np.arange(8) - 3.5)).astype(int)
        cells = torch.from_numpy(patch[np.ix_(centers, centers)]).double()
        nearest = (digits.images[:, 0] - cells).square().sum((1, 2)).argmin()
        assert digits.labels[nearest] == label


def test_no_digit_and_no_background_is_in_two_parts():
    split = split_digits()
    for part in PARTS:
        mine = getattr(split, part)
        assert len(sheet(part).images) == 5 * len(mine)
        middles = sheet(part).images[: len(mine), 0, 4:28:3, 4:28:3]  # the middle of each cell
        others = torch.cat([getattr(split, p).images for p in PARTS if p != part])
        own = torch.cdist(middles.flatten(1).double(), mine.images.flatten(1)).argmin(1)
        assert torch.equal(own, torch.arange(len(mine)))
        strange = torch.cdist(mine.images.flatten(1), others.flatten(1)).min(1).values
        assert strange.min() > 0
    ends = sorted(COLUMNS.values())
    assert all(before[1] <= after[0] for before, after in pairwise(ends))


def test_only_digits_of_the_part_are_pasted(monkeypatch):
    drawn = []
    real = sheet

    def watched(part):
        drawn.append(part)
        return real(part)

    for name in ("pictures", "glyphs"):
        monkeypatch.setattr(f"dlsteps.data.scenes.{name}.sheet", watched)
    for part in PARTS:
        drawn.clear()
        plan = sketch(np.arange(300), part, 0, STYLE)
        assert set(drawn) == {part}
        assert plan.labels.shape == (300, 6)


def test_same_seed_same_bytes_in_any_batch_and_order():
    numbers = torch.tensor([5, 0, 131, 7, 6, 132, 133, 2**40, 8])
    together = draw_scenes(numbers, seed=3)
    for k, number in enumerate(numbers):
        alone = draw_scenes(number[None], seed=3)
        for mine, theirs in zip(alone, together, strict=True):
            assert mine[0].numpy().tobytes() == theirs[k].numpy().tobytes()
    backward = draw_scenes(numbers.flip(0), seed=3)
    for mine, theirs in zip(backward, together, strict=True):
        assert torch.equal(mine.flip(0), theirs)


def test_seed_part_and_number_each_give_another_scene():
    def first(number=0, **kind):
        return draw_scenes(torch.tensor([number]), **kind).pictures

    pictures = [first(), first(1), first(seed=1), first(part="validation"), first(part="test")]
    for k, picture in enumerate(pictures):
        assert all((picture - other).abs().max() > 0.2 for other in pictures[k + 1 :])


def test_pictures_are_shades_of_a_file():
    scenes = draw_scenes(torch.arange(20))
    assert scenes.pictures.shape == (20, 1, 96, 96)
    assert scenes.pictures.dtype == scenes.boxes.dtype == torch.float32
    shades = scenes.pictures * 255
    assert (shades - shades.round()).abs().max() < 1e-4
    assert scenes.pictures.min() >= 0
    assert 0.9 < scenes.pictures.max() <= 1


def test_digits_stand_out():
    style = SceneStyle(fragments=0)
    plan, scenes = plans(60, "test", style=style), draw_scenes(torch.arange(60), "test", style=style)
    for scene in range(60):
        for k in plan.placed[scene].nonzero()[0]:
            patch = plan.glyphs.patches[scene, k]
            full = patch > 0.8 * patch.max()
            left, top = plan.boxes[scene, k, :2] - plan.glyphs.boxes[scene, k, :2]
            ys, xs = full.nonzero()
            bright = scenes.pictures[scene, 0].numpy()[top + ys, left + xs]
            left, top, right, bottom = plan.boxes[scene, k]
            paper = plan.backgrounds[scene, top:bottom, left:right]
            assert bright.mean() > paper.mean() + 0.15


def test_two_centers_in_a_cell_are_counted_and_rare():
    scenes = draw_scenes(torch.arange(1000))
    real = scenes.labels >= 0
    for S, most in ((6, 0.005), (12, 0)):
        dropped = encode_batch(scenes.boxes, scenes.labels, Grid(S, 2, 10)).dropped
        cells = ((scenes.boxes[..., :2] + scenes.boxes[..., 2:]) / 2 * S).floor()
        names = torch.where(real, cells[..., 1] * S + cells[..., 0], -1)
        distinct = torch.tensor([len(set(row) - {-1}) for row in names.tolist()])
        assert torch.equal(dropped, real.sum(1) - distinct)
        assert dropped.sum() <= most * real.sum()
        assert S == 12 or dropped.sum() > 0


def test_a_bend_moves_ink_and_boxes_follow():
    straight, bent = (plans(20, style=SceneStyle(bend=bend)) for bend in (0.0, 0.8))
    assert np.array_equal(straight.labels, bent.labels)
    moved = np.abs(bent.glyphs.patches - straight.glyphs.patches)
    assert moved[straight.placed & bent.placed].max(axis=(1, 2)).min() > 0.05
    assert 0.01 < moved.mean() / straight.glyphs.patches.mean() < 0.6  # bent, and no other digit


def test_larger_pictures_have_backgrounds_as_large():
    style = SceneStyle(size=160, largest=60)
    scenes = draw_scenes(torch.arange(8), "test", style=style)
    assert scenes.pictures.shape == (8, 1, 160, 160)
    assert scenes.pictures[:, :, -20:, -20:].std() > 0.01
    tall = (scenes.boxes[..., 3] - scenes.boxes[..., 1]).max() * 160
    assert 40 < tall <= style.patch


def test_no_scenes():
    scenes = draw_scenes(torch.empty(0, dtype=torch.long))
    assert [tuple(part.shape) for part in scenes] == [(0, 1, 96, 96), (0, 6, 4), (0, 6)]
    assert scenes.labels.dtype == torch.int64


def test_shares_are_one_sequence_cut_up():
    whole = Shares(1, 2, np.arange(10), 8).values
    assert np.array_equal(Shares(1, 2, np.array([7, 2, 3]), 8).values, whole[[7, 2, 3]])
    key = np.array([1, 2], dtype=np.uint64)
    sequence = np.random.Generator(np.random.Philox(key=key)).random(80)
    assert np.array_equal(whole.ravel(), sequence)
    shares = Shares(1, 2, np.arange(10), 8)
    assert np.array_equal(shares.real(-1, 1, 3), 2 * whole[:, :3] - 1)
    assert np.array_equal(shares.whole(4, 2, 2), (4 * whole[:, 3:7]).astype(int).reshape(10, 2, 2))
    with pytest.raises(AssertionError, match="too few"):
        shares.real(0, 1, 2)


def test_refuses():
    with refuses(ValueError, "no part is called 'tests'; try one of train, validation, test"):
        draw_scenes(torch.arange(2), "tests")
    with refuses(ValueError, "seed=-1 is negative"):
        draw_scenes(torch.arange(2), seed=-1)
    with refuses(ValueError, "scene number -3 is negative"):
        draw_scenes(torch.tensor([2, -3]))
    with refuses(ValueError, "most=0 and fragments=4 leave no digit"):
        SceneStyle(most=0)
    with refuses(ValueError, "smallest=40 to largest=30 pixels cannot be drawn"):
        SceneStyle(smallest=40, largest=30)
    with refuses(ValueError, "stretch=1.5, turn=12.0"):
        SceneStyle(stretch=1.5)
    with refuses(ValueError, "overlap=2 is not a share"):
        SceneStyle(overlap=2)
    with refuses(ValueError, r"size=32 has no room for a digit of up to 5\d pixels; try size=5\d or more"):
        SceneStyle(size=32)
