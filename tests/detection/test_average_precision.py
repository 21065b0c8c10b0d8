import contextlib
import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from dlsteps.detection import (
    IOU_THRESHOLDS,
    Detections,
    Objects,
    average_precision,
    match,
    mean_average_precision,
    precision_recall,
)


def drawn(images, seed, classes=3):
    """Draw truths, and detections that shift them, double them, or see what is not there."""
    rng = np.random.default_rng(seed)
    truths, detections = [], []
    for _ in range(images):
        n = rng.integers(0, 5)
        corner, size = rng.integers(0, 30, (n, 2)), rng.integers(2, 20, (n, 2))
        boxes = np.concatenate([corner, corner + size], 1)
        labels = rng.integers(0, classes, n)
        seen = rng.integers(0, n, rng.integers(0, 9)) if n else np.zeros(0, int)
        found = boxes[seen] + rng.integers(-1, 2, (len(seen), 4))
        found[:, 2:] = np.maximum(found[:, 2:], found[:, :2] + 1)
        kinds = np.where(rng.random(len(seen)) < 0.2, rng.integers(0, classes + 1, len(seen)), labels[seen])
        scores = rng.integers(1, 9, len(seen)) / 8  # many are equal
        truths.append(Objects(torch.tensor(boxes).double().view(-1, 4), torch.tensor(labels).long()))
        detections.append(
            Detections(
                torch.tensor(found).double().view(-1, 4),
                torch.tensor(scores).double(),
                torch.tensor(kinds).long(),
            )
        )
    return detections, truths


def as_coco(boxes, labels, image):
    corners = zip(boxes.tolist(), labels.tolist(), strict=True)
    for (x1, y1, x2, y2), label in corners:
        box = [x1, y1, x2 - x1, y2 - y1]
        yield {"image_id": image, "category_id": label, "bbox": box, "area": box[2] * box[3], "iscrowd": 0}


def by_pycocotools(detections, truths, classes):
    """Return the table (thresholds, classes) of COCO's own program, -1 for a class without objects."""
    everything = [a for k, t in enumerate(truths) for a in as_coco(t.boxes, t.labels, k)]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": k} for k in range(len(truths))],
            "categories": [{"id": c} for c in range(classes)],
            "annotations": [{"id": k + 1, **a} for k, a in enumerate(everything)],
        }
        coco.createIndex()
        results = [
            {**a, "score": score}
            for k, d in enumerate(detections)
            for a, score in zip(as_coco(d.boxes, d.labels, k), d.scores.tolist(), strict=True)
        ]
        judge = COCOeval(coco, coco.loadRes(results), "bbox")
        judge.evaluate()
        judge.accumulate()
    return judge.eval["precision"][:, :, :, 0, -1].mean(1), judge


@pytest.mark.parametrize("seed", range(40))
def test_against_pycocotools(seed):
    detections, truths = drawn(1 + seed % 12, seed)
    if not sum(len(d.boxes) for d in detections):
        detections[0] = Detections(torch.ones(1, 4).double(), torch.ones(1).double(), torch.tensor([3]))
    ours = mean_average_precision(detections, truths)
    theirs, judge = by_pycocotools(detections, truths, classes=4)
    present = theirs[0] >= 0
    assert ours.classes.tolist() == np.flatnonzero(present).tolist()
    assert np.abs(ours.table.numpy() - theirs[:, present]).max(initial=0) < 1e-12
    if present.any():
        with contextlib.redirect_stdout(io.StringIO()):
            judge.summarize()
        assert ours.mean == pytest.approx(judge.stats[0], abs=1e-12)
        assert ours.at(0.5) == pytest.approx(judge.stats[1], abs=1e-12)
        assert ours.at(0.75) == pytest.approx(judge.stats[2], abs=1e-12)


def test_thresholds_are_cocos():
    assert np.array_equal(IOU_THRESHOLDS, COCOeval().params.iouThrs)


SQUARES = torch.tensor([[0.0, 0, 2, 2], [4, 4, 6, 6]])


def test_matching_worked_by_hand():
    truth = Objects(SQUARES, torch.tensor([0, 0]))
    boxes = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 1], [4, 4, 6, 6], [4, 4, 6, 6]])
    found = Detections(boxes, torch.tensor([0.5, 0.9, 0.5, 0.5]), torch.tensor([0, 0, 0, 1]))
    # The second is the most certain and takes the first square, though the first fits it better.
    assert match(found, truth).tolist() == [-1, 0, 1, -1]
    assert match(found, truth, 0.51).tolist() == [0, -1, 1, -1]


def test_equal_overlaps_take_the_last_true_box():
    truth = Objects(torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 2], [0, 0, 2, 3]]), torch.tensor([0, 0, 0]))
    found = Detections(torch.tensor([[0.0, 0, 2, 2]] * 2), torch.tensor([0.5, 0.5]), torch.tensor([0, 0]))
    assert match(found, truth).tolist() == [1, 0]


def test_average_precision_worked_by_hand():
    # Right, wrong, right, of 4 objects: precision 1, 1/2, 2/3 at recall 1/4, 1/4, 1/2. The envelope is 1 up
    # to recall 1/4 (26 of the 101 levels), 2/3 up to 1/2 (25 levels), and 0 beyond.
    scores, correct = torch.tensor([0.2, 0.9, 0.4]), torch.tensor([True, True, False])
    curve = precision_recall(scores, correct, 4)
    assert curve.precision.tolist() == pytest.approx([1, 1 / 2, 2 / 3])
    assert curve.recall.tolist() == [1 / 4, 1 / 4, 1 / 2]
    assert curve.envelope.tolist() == pytest.approx([1, 2 / 3, 2 / 3])
    assert average_precision(curve) == pytest.approx((26 + 25 * 2 / 3) / 101)


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 5))
def test_swapping_a_wrong_one_upward_never_helps(verdicts, k):
    objects = max(sum(verdicts), 1)
    scores = torch.arange(len(verdicts), 0, -1).double()
    ap = lambda v: average_precision(precision_recall(scores, torch.tensor(v).bool(), objects))  # noqa: E731
    before = ap(verdicts)
    assert 0 <= before <= 1
    if k + 1 < len(verdicts) and verdicts[k] and not verdicts[k + 1]:
        worse = [*verdicts[:k], verdicts[k + 1], verdicts[k], *verdicts[k + 2 :]]
        assert ap(worse) <= before
    assert ap(sorted(verdicts, reverse=True)) == (1 if any(verdicts) else 0)


def test_without_detections_and_without_objects():
    nothing = Detections(torch.empty(0, 4), torch.empty(0), torch.empty(0).long())
    empty = Objects(torch.empty(0, 4), torch.empty(0).long())
    truth = Objects(SQUARES, torch.tensor([0, 2]))
    missed = mean_average_precision([nothing], [truth])
    assert missed.classes.tolist() == [0, 2]
    assert missed.table.shape == (10, 2)
    assert missed.mean == 0
    seen = Detections(SQUARES, torch.ones(2), torch.tensor([0, 2]))
    assert mean_average_precision([seen, nothing], [truth, empty]).mean == 1
    assert mean_average_precision([seen, seen], [truth, empty], [0.5]).at(0.5) == pytest.approx(1)
    assert np.isnan(mean_average_precision([seen], [empty]).mean)
    assert np.isnan(mean_average_precision([], []).mean)
    assert match(nothing, truth).shape == (0,)
    assert match(seen, empty).tolist() == [-1, -1]


def test_select():
    found = Detections(SQUARES, torch.tensor([0.1, 0.2]), torch.tensor([3, 4])).select(torch.tensor([1]))
    assert found.boxes.tolist() == [[4, 4, 6, 6]]
    assert found.scores.item() == pytest.approx(0.2)
    assert found.labels.tolist() == [4]


def test_refuses():
    seen = Detections(SQUARES, torch.ones(2), torch.tensor([0, 0]))
    truth = Objects(SQUARES, torch.tensor([0, 0]))
    with refuses(ValueError, "^iou_threshold=-1 is not a share"):
        match(seen, truth, -1)
    with refuses(ValueError, "iou_threshold=2 is not a share"):
        mean_average_precision([seen], [truth], [0.5, 2])
    with refuses(ValueError, "there are 1 detections for 2 images"):
        mean_average_precision([seen], [truth, truth])
    with refuses(ValueError, r"scores has shape \(1,\), but there are 2 boxes"):
        match(seen._replace(scores=torch.ones(1)), truth)
    with refuses(ValueError, r"labels has shape \(1,\), but there are 2 boxes"):
        mean_average_precision([seen], [truth._replace(labels=torch.tensor([0]))])
    with refuses(ValueError, r"labels has shape \(1,\), but there are 2 boxes"):
        mean_average_precision([seen._replace(labels=torch.tensor([0]))], [truth])
    with refuses(TypeError, "labels must be whole numbers"):
        match(seen, truth._replace(labels=torch.ones(2)))
    with refuses(ValueError, r"boxes has the box \(nan, .*which is not finite"):
        match(seen._replace(boxes=SQUARES * torch.nan), truth)
    with refuses(ValueError, r"boxes has the box \(nan, .*which is not finite"):
        match(seen, truth._replace(boxes=SQUARES * torch.nan))
    for judge in (match, lambda found, truth: mean_average_precision([found], [truth])):
        with refuses(TypeError, "but b has torch.float64"):
            judge(seen, truth._replace(boxes=SQUARES.double()))
    with refuses(ValueError, "no threshold is 0.6; try one of"):
        mean_average_precision([seen], [truth], [0.5]).at(0.6)
    with refuses(TypeError, "correct must be boolean, but has dtype torch.float32; try correct > 0"):
        precision_recall(torch.ones(2), torch.ones(2) / 2, 1)
    with refuses(TypeError, "scores must be floating point"):
        precision_recall(torch.ones(2).long(), torch.tensor([True, False]), 1)
    with refuses(ValueError, "scores has NaN"):
        precision_recall(torch.tensor([torch.nan, 1]), torch.tensor([True, False]), 1)
    with refuses(ValueError, "there are 2 scores, but 1 verdicts"):
        precision_recall(torch.ones(2), torch.tensor([True]), 1)
    with refuses(ValueError, "objects=1 is fewer than 1 or than the 2 right detections"):
        precision_recall(torch.ones(2), torch.tensor([True, True]), 1)
    with refuses(ValueError, "objects=0 is fewer than 1"):
        precision_recall(torch.ones(1), torch.tensor([False]), 0)
