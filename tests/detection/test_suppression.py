import random
from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.detection import ranking, suppress, suppression

THRESHOLDS = (0.0, 0.25, 0.5, 1.0)


def drawn(n, seed, classes=2):
    """Draw boxes on a small raster, so that equal scores and overlaps of exactly 1/2 happen often."""
    rng = random.Random(seed)
    corners = [(rng.randint(0, 3), rng.randint(0, 3)) for _ in range(n)]
    boxes = [[x, y, x + rng.randint(0, 3), y + rng.randint(1, 3)] for x, y in corners]
    scores = [rng.randint(1, 4) / 4 for _ in range(n)]
    labels = [rng.randrange(classes) for _ in range(n)]
    return torch.tensor(boxes).double().view(n, 4), torch.tensor(scores).double(), torch.tensor(labels).long()


def ratio(a, b):
    """Return the IoU of two boxes of whole numbers by counting squares."""
    A = {(x, y) for x in range(int(a[0]), int(a[2])) for y in range(int(a[1]), int(a[3]))}
    B = {(x, y) for x in range(int(b[0]), int(b[2])) for y in range(int(b[1]), int(b[3]))}
    return len(A & B) / len(A | B) if A | B else 0.0


def brute_force(boxes, scores, labels, threshold):
    """Try every subset: the survivors bear no pair in conflict, and everyone else lost to a better one."""
    boxes, scores = boxes.tolist(), scores.tolist()
    n = len(boxes)
    rank = sorted(range(n), key=lambda k: (-scores[k], boxes[k]))  # equal boxes: the first in the list
    conflict = {
        (i, j)
        for i, j in combinations(rank, 2)  # i is ranked before j
        if ratio(boxes[i], boxes[j]) > threshold and (labels is None or labels[i] == labels[j])
    }
    found = []
    for size in range(n + 1):
        for kept in map(set, combinations(range(n), size)):
            at_peace = not any(i in kept and j in kept for i, j in conflict)
            if at_peace and all(any((i, j) in conflict for i in kept) for j in set(range(n)) - kept):
                found.append([k for k in rank if k in kept])
    assert len(found) == 1
    return found[0]


def test_against_brute_force_on_1000_sets():
    for seed in range(1000):
        boxes, scores, labels = drawn(seed % 7, seed)
        threshold = THRESHOLDS[seed % 4]
        labels = labels if seed % 3 else None
        kept = suppress(boxes, scores, threshold, labels).kept.tolist()
        assert kept == brute_force(boxes, scores, labels, threshold), seed


@given(st.integers(0, 30), st.integers(0, 10_000), st.sampled_from(THRESHOLDS), st.booleans())
def test_idempotent_and_independent_of_order(n, seed, threshold, aware):
    boxes, scores, labels = drawn(n, seed)
    arguments = (boxes, scores, labels)
    kept = suppress(boxes, scores, threshold, labels if aware else None).kept
    b, s, c = (t[kept] for t in arguments)
    assert suppress(b, s, threshold, c if aware else None).kept.tolist() == list(range(len(kept)))
    mixed = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    b2, s2, c2 = (t[mixed] for t in arguments)
    kept2 = suppress(b2, s2, threshold, c2 if aware else None).kept
    if aware:  # equal boxes with equal scores and different classes may change places
        survivors = lambda *ts: sorted(zip(*(t.tolist() for t in ts), strict=True))  # noqa: E731
        assert survivors(b2[kept2], s2[kept2]) == survivors(b, s)
    else:
        assert torch.equal(b2[kept2], b)
        assert torch.equal(s2[kept2], s)


@given(st.integers(0, 30), st.integers(0, 10_000), st.sampled_from(THRESHOLDS))
def test_says_who_removed_whom(n, seed, threshold):
    boxes, scores, labels = drawn(n, seed)
    kept, by = suppress(boxes, scores, threshold, labels)
    rank = {k: place for place, k in enumerate(ranking(boxes, scores).tolist())}
    assert set(kept.tolist()) == {k for k in range(n) if by[k] == -1}
    for k in range(n):
        rivals = [
            i
            for i in kept.tolist()
            if rank[i] < rank[k] and labels[i] == labels[k] and ratio(boxes[i], boxes[k]) > threshold
        ]
        assert by[k] == min(rivals, key=rank.get, default=-1)


def test_blocks_do_not_show(monkeypatch):
    for seed in range(20):
        boxes, scores, labels = drawn(40, seed)
        whole = suppress(boxes, scores, 0.25, labels)
        monkeypatch.setattr(suppression, "BLOCK", 1 + seed % 7)
        kept, by = suppress(boxes, scores, 0.25, labels)
        monkeypatch.undo()
        assert torch.equal(kept, whole.kept)
        assert torch.equal(by, whole.by)


def test_a_box_removed_removes_nobody():
    # Each overlaps the next by 1/2; the first removes the second, and so the third stays.
    boxes = torch.tensor([[0.0, 0, 3, 1], [1, 0, 4, 1], [2, 0, 5, 1]])
    kept, by = suppress(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.4)
    assert kept.tolist() == [0, 2]
    assert by.tolist() == [-1, 0, -1]


def test_an_overlap_equal_to_the_threshold_stays():
    boxes = torch.tensor([[0.0, 0, 2, 1], [0, 0, 1, 1]])  # IoU 1/2
    scores = torch.tensor([0.9, 0.8])
    assert suppress(boxes, scores).kept.tolist() == [0, 1]
    assert suppress(boxes, scores, 0.49).kept.tolist() == [0]


def test_classes_leave_each_other_alone():
    boxes = torch.tensor([[0.0, 0, 1, 1], [0, 0, 1, 1]])
    scores = torch.tensor([0.8, 0.9])
    assert suppress(boxes, scores).kept.tolist() == [1]
    assert suppress(boxes, scores, labels=torch.tensor([0, 1])).kept.tolist() == [1, 0]


def test_equal_scores_go_by_coordinates():
    boxes = torch.tensor([[1.0, 1, 3, 3], [1, 0, 3, 3], [0, 5, 9, 9], [0, 5, 9, 8], [0, 5, 8, 9]])
    assert ranking(boxes, torch.ones(5)).tolist() == [4, 3, 2, 1, 0]
    assert ranking(boxes, torch.tensor([1.0, 1, 2, 1, 1])).tolist() == [2, 4, 3, 1, 0]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_precisions(dtype):
    boxes = torch.tensor([[0, 0, 512, 512], [16, 0, 528, 512], [600, 600, 900, 900]], dtype=dtype)
    scores = torch.tensor([0.5, 0.75, 0.25], dtype=dtype, requires_grad=True)
    assert suppress(boxes, scores).kept.tolist() == [1, 2]


def test_no_boxes():
    kept, by = suppress(torch.empty(0, 4), torch.empty(0))
    assert kept.shape == by.shape == (0,)
    assert kept.dtype == torch.int64


def test_refuses():
    box, score = torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([0.5])
    with refuses(ValueError, r"^iou_threshold=1.5 is not a share from 0 to 1; try 0.5$"):
        suppress(box, score, 1.5)
    with refuses(ValueError, "iou_threshold=nan"):
        suppress(box, score, float("nan"))
    with refuses(ValueError, r"scores has shape \(2,\), but there are 1 boxes; try one for each"):
        suppress(box, torch.ones(2))
    with refuses(ValueError, r"scores has NaN, which has no place in an order; try scores.nan_to_num\(0\)"):
        suppress(box, torch.tensor([torch.nan]))
    with refuses(ValueError, r"labels has shape \(2,\), but there are 1 boxes"):
        suppress(box, score, labels=torch.tensor([0, 1]))
    with refuses(TypeError, r"labels must be whole numbers, but has dtype torch.float32; try labels.long"):
        suppress(box, score, labels=torch.tensor([0.0]))
    with refuses(ValueError, "labels has -1, but a class id is 0 or more"):
        suppress(box, score, labels=torch.tensor([-1]))
    with refuses(TypeError, "scores must be floating point"):
        suppress(box, score.long())
    for order in (suppress, ranking):
        with refuses(ValueError, r"is not a list \(n, 4\)"):
            order(box[0], score)
        with refuses(ValueError, r"scores has shape \(2,\), but there are 1 boxes"):
            order(box, torch.ones(2))
        with refuses(ValueError, "scores has NaN, which has no place in an order"):
            order(box, torch.tensor([torch.nan]))
    with refuses(ValueError, "whose width or height is negative"):
        suppress(torch.tensor([[1.0, 0, 0, 1]]), score)
