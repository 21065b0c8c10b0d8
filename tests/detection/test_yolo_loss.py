import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from judge import assert_matches_torch, refuses

from dlsteps.detection import suppress
from dlsteps.detection.yolo import Grid, candidates, decode, encode, responsible_boxes, yolo_loss
from dlsteps.detection.yolo.loss import root

TERMS = ("center", "size", "objectness", "no_objectness", "classification")


def one_box():
    """A grid of one box a cell, and a target with one object."""
    target = torch.zeros(1, 2, 2, 8)
    target[0, 1, 0] = torch.tensor([0.5, 0.25, 0.36, 0.64, 1, 0, 1, 0])
    return Grid(2, 1, 3), target


def test_a_negative_width_has_no_overlap_and_is_led_back_up():
    grid, target = one_box()
    wrong = target.clone()
    wrong[0, 1, 0, 2:4] = -0.25
    wrong.requires_grad_()
    loss = yolo_loss(wrong, target, grid)
    assert loss.overlap[0, 1, 0, 0] == 0
    assert loss.size.item() == pytest.approx(5 * ((0.6 + 0.5) ** 2 + (0.8 + 0.5) ** 2))
    loss.size.backward()
    assert (wrong.grad[0, 1, 0, 2:4] < 0).all()  # descent makes them larger


ANY = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(arrays(np.float32, (1, 2, 2, 8), elements=ANY))
def test_nothing_that_a_network_can_say_is_refused_or_becomes_nan(numbers):
    grid, target = one_box()
    prediction = torch.from_numpy(numbers).requires_grad_()
    for choice in ({}, {"root_sizes": False}, {"confidence_target": "one"}):
        loss = yolo_loss(prediction, target, grid, **choice)
        assert not loss.total.isnan()
        assert not torch.autograd.grad(loss.total, prediction)[0].isnan().any()
    kept = candidates(decode(prediction.detach()[0], grid), 0.0).detections
    suppress(kept.boxes, kept.scores, 0.5, kept.labels)


def test_worked_by_hand_on_7_7_30():
    # One object of class 11 in row 2, column 4: x = 0.5, y = 0.25, w = 0.36, h = 0.25.
    target, prediction = torch.zeros(2, 1, 7, 7, 30, dtype=torch.float64)
    target[0, 2, 4, :10] = torch.tensor([0.5, 0.25, 0.36, 0.25, 1] * 2).double()
    target[0, 2, 4, 10 + 11] = 1
    # Box 0 lies inside the object: IoU = 0.16/0.36 = 4/9. Box 1 too: IoU = 0.09/0.25 = 0.36. So box 0
    # is responsible.
    prediction[0, 2, 4, :5] = torch.tensor([0.6, 0.25, 0.16, 0.25, 0.7])
    prediction[0, 2, 4, 5:10] = torch.tensor([0.5, 0.25, 0.36, 0.09, 0.6])
    prediction[0, 2, 4, 10 + 11], prediction[0, 2, 4, 10 + 2] = 0.7, 0.3
    # A cell without an object: its confidence counts, its box and its classes do not.
    prediction[0, 6, 0, :5] = torch.tensor([0.9, 0.9, 0.5, 0.5, 0.2])
    prediction[0, 6, 0, 10] = 1
    loss = yolo_loss(prediction, target, Grid())
    assert loss.responsible.nonzero().tolist() == [[0, 2, 4, 0]]
    assert loss.overlap[0, 2, 4].tolist() == pytest.approx([4 / 9, 0.36], abs=1e-7)
    assert loss.overlap.sum().item() == pytest.approx(4 / 9 + 0.36, abs=1e-7)
    assert loss.center.item() == pytest.approx(5 * 0.1**2, abs=1e-7)
    assert loss.size.item() == pytest.approx(5 * (0.6 - 0.4) ** 2, abs=1e-7)
    assert loss.objectness.item() == pytest.approx((0.7 - 4 / 9) ** 2, abs=1e-7)
    assert loss.no_objectness.item() == pytest.approx(0.5 * (0.6**2 + 0.2**2), abs=1e-7)
    assert loss.classification.item() == pytest.approx(0.3**2 + 0.3**2, abs=1e-7)
    assert loss.total.item() == pytest.approx(0.05 + 0.2 + (0.7 - 4 / 9) ** 2 + 0.2 + 0.18, abs=1e-7)


def iou_of_centered(x1, y1, w1, h1, x2, y2, w2, h2):
    width = min(x1 + w1 / 2, x2 + w2 / 2) - max(x1 - w1 / 2, x2 - w2 / 2)
    height = min(y1 + h1 / 2, y2 + h2 / 2) - max(y1 - h1 / 2, y2 - h2 / 2)
    shared = max(width, 0) * max(height, 0)
    return shared / (w1 * h1 + w2 * h2 - shared)


def by_loops(prediction, target, S, B, C, coord, noobj):
    """Write the loss out, number by number, as the indices of the paper's equation say."""
    center = size = objectness = no_objectness = classification = 0 * prediction.sum()
    for n in range(len(prediction)):
        for i in range(S):
            for j in range(S):
                p, t = prediction[n, i, j], target[n, i, j]
                chosen, best = None, None
                for b in range(B):
                    x, y, w, h = p[5 * b : 5 * b + 4].tolist()
                    u, v, W, H = t[:4].tolist()
                    if t[4] == 1:
                        fit = iou_of_centered((j + x) / S, (i + y) / S, w, h, (j + u) / S, (i + v) / S, W, H)
                        if best is None or fit > best:
                            chosen, best = b, fit
                for b in range(B):
                    x, y, w, h, confidence = p[5 * b : 5 * b + 5]
                    if b == chosen:
                        center = center + coord * ((x - t[0]) ** 2 + (y - t[1]) ** 2)
                        size = size + coord * ((w**0.5 - t[2] ** 0.5) ** 2 + (h**0.5 - t[3] ** 0.5) ** 2)
                        objectness = objectness + (confidence - best) ** 2
                    else:
                        no_objectness = no_objectness + noobj * confidence**2
                if chosen is not None:
                    for c in range(C):
                        classification = classification + (p[5 * B + c] - t[5 * B + c]) ** 2
    return tuple(t / len(prediction) for t in (center, size, objectness, no_objectness, classification))


def drawn_targets(N, grid, seed):
    generator = torch.Generator().manual_seed(seed)
    targets = []
    for n in range(N):
        corner = torch.rand(n % 3 + 1, 2, dtype=torch.float64, generator=generator) * 0.6
        size = 0.05 + 0.3 * torch.rand(n % 3 + 1, 2, dtype=torch.float64, generator=generator)
        labels = torch.randint(grid.C, (n % 3 + 1,), generator=generator)
        targets.append(encode(torch.cat([corner, corner + size], 1), labels, grid).target)
    return torch.stack(targets)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_each_term_and_its_gradient_match_the_loops(dtype, N, S, B, C, seed):
    grid = Grid(S, B, C)
    target = drawn_targets(N, grid, seed).to(dtype)
    generator = torch.Generator().manual_seed(seed)
    prediction = 0.02 + 0.96 * torch.rand(target.shape, dtype=torch.float64, generator=generator)
    weights = (2.0, 0.25) if seed % 2 else (5.0, 0.5)
    assert_matches_torch(
        lambda p: yolo_loss(p, target, grid, *weights)[:5],
        lambda p: by_loops(p, target, S, B, C, *weights),
        prediction,
        dtype=dtype,
    )


def one_object(S=4, B=2, C=3, box=(0.3, 0.3, 0.6, 0.6)):
    grid = Grid(S, B, C)
    target = encode(torch.tensor([box]).double(), torch.tensor([1]), grid).target[None]
    return grid, target, target.clone()


def test_a_perfect_answer_costs_the_second_boxes_confidence():
    grid, target, prediction = one_object()
    assert yolo_loss(prediction, target, grid).total.item() == pytest.approx(0.5)  # both boxes say 1
    prediction[..., 9] = 0
    assert yolo_loss(prediction, target, grid).total.item() == pytest.approx(0, abs=1e-15)


def test_the_confidence_to_learn_is_the_iou_and_not_1():
    grid, target, prediction = one_object(B=1)
    where = (0, 1, 1)  # the cell of the center (0.45, 0.45)
    prediction[(*where, 2)] *= 0.5  # half as wide: the IoU is 1/2
    prediction[(*where, 4)] = 0.5
    assert yolo_loss(prediction, target, grid).objectness.item() == pytest.approx(0, abs=1e-15)
    prediction[(*where, 4)] = 1
    assert yolo_loss(prediction, target, grid).objectness.item() == pytest.approx(0.25)


def test_empty_cells_cost_their_confidence_alone():
    grid, target, prediction = one_object()
    prediction[..., 9] = 0
    prediction[0, 3, 3, :4], prediction[0, 3, 3, 10:] = 0.7, 0.9
    assert yolo_loss(prediction, target, grid).total.item() == pytest.approx(0, abs=1e-15)
    prediction[0, 3, 3, 4] = 0.8
    loss = yolo_loss(prediction, target, grid)
    assert loss.no_objectness.item() == loss.total.item() == pytest.approx(0.5 * 0.8**2)


def test_cells_are_summed_and_images_averaged():
    errors = []
    for S in (2, 5):
        grid, target, prediction = one_object(S=S, B=1)
        errors.append(yolo_loss(prediction.clone().add_(target[..., 4:5] * 0.1), target, grid))
    for term in ("center", "classification"):
        assert getattr(errors[0], term).item() == pytest.approx(getattr(errors[1], term).item())
        assert getattr(errors[0], term).item() > 0.01
    p, t = torch.full((1, 5, 5, 8), 0.5).double(), target
    once, twice = yolo_loss(p, t, grid), yolo_loss(p.repeat(2, 1, 1, 1), t.repeat(2, 1, 1, 1), grid)
    for name in TERMS:
        assert getattr(once, name).item() == pytest.approx(getattr(twice, name).item())
    assert once.no_objectness.item() == pytest.approx(0.5 * 24 * 0.25)


def test_the_same_error_costs_more_in_a_small_box():
    costs = []
    for box in ((0.4, 0.4, 0.5, 0.5), (0.1, 0.1, 0.9, 0.9)):
        grid, target, prediction = one_object(B=1, box=box)
        prediction[..., 2] += 0.05 * target[..., 4]
        costs.append(yolo_loss(prediction, target, grid).size.item())
    assert costs[0] > 4 * costs[1] > 0


def test_the_iou_is_a_constant_in_the_backward_pass():
    grid, target, prediction = one_object()
    prediction = (prediction * 0.9).requires_grad_()
    yolo_loss(prediction, target, grid).objectness.backward()
    assert prediction.grad[..., [4, 9]].any()
    prediction.grad[..., [4, 9]] = 0
    assert not prediction.grad.any()


def test_one_number_an_image_with_the_paper_s_sum_as_its_mean():
    grid = Grid(4, 2, 3)
    target = drawn_targets(3, grid, seed=5)
    prediction = torch.rand(target.shape, dtype=torch.float64)
    terms = yolo_loss(prediction, target, grid, per_image=True)
    whole = yolo_loss(prediction, target, grid)
    assert terms.total.shape == (3,)
    for n in range(3):
        alone = yolo_loss(prediction[n : n + 1], target[n : n + 1], grid)
        for name in TERMS:
            assert getattr(terms, name)[n].item() == pytest.approx(getattr(alone, name).item())
    for name in TERMS:
        assert getattr(terms, name).mean().item() == pytest.approx(getattr(whole, name).item())
    assert torch.equal(terms.responsible, whole.responsible)


def test_without_roots_an_error_costs_the_same_in_any_box():
    costs = []
    for box in ((0.4, 0.4, 0.5, 0.5), (0.1, 0.1, 0.9, 0.9)):
        grid, target, prediction = one_object(B=1, box=box)
        prediction[..., 2] += 0.05 * target[..., 4]
        prediction[..., 3] -= 0.02 * target[..., 4]
        costs.append(yolo_loss(prediction, target, grid, root_sizes=False).size.item())
    assert costs == pytest.approx([5 * (0.05**2 + 0.02**2)] * 2)


def test_the_confidence_can_be_asked_to_be_1():
    grid, target, prediction = one_object(B=1)
    where = (0, 1, 1)
    prediction[(*where, 2)] *= 0.5  # the IoU is 1/2
    prediction[(*where, 4)] = 0.8
    assert yolo_loss(prediction, target, grid).objectness.item() == pytest.approx(0.3**2)
    one = yolo_loss(prediction, target, grid, confidence_target="one")
    assert one.objectness.item() == pytest.approx(0.2**2)
    assert one.no_objectness.item() == 0
    assert one.overlap[where].item() == pytest.approx(0.5)


def test_of_equal_boxes_the_first_is_responsible():
    grid, target, prediction = one_object(B=3)
    responsible, overlap = responsible_boxes(prediction, target, grid)
    assert responsible.nonzero().tolist() == [[0, 1, 1, 0]]
    prediction[..., [2, 7, 12]] = 0  # no box has an area, and no IoU is above 0
    responsible, overlap = responsible_boxes(prediction, target, grid)
    assert responsible.nonzero().tolist() == [[0, 1, 1, 0]]
    assert not overlap.any()


def test_a_box_of_width_0_gives_no_nan():
    grid, target, prediction = one_object(B=1)
    prediction[..., 2:4] = 0
    prediction = prediction.requires_grad_()
    loss = yolo_loss(prediction, target, grid)
    assert loss.size.item() == pytest.approx(5 * (0.3 + 0.3))
    loss.total.backward()
    assert prediction.grad.isfinite().all()
    assert root(torch.tensor([0.0, 4.0])).tolist() == [0, 2]


def test_no_images_cost_nothing():
    loss = yolo_loss(torch.empty(0, 4, 4, 13), torch.empty(0, 4, 4, 13), Grid(4, 2, 3))
    assert loss.total == 0
    assert loss.responsible.shape == (0, 4, 4, 2)
    each = yolo_loss(torch.empty(0, 4, 4, 13), torch.empty(0, 4, 4, 13), Grid(4, 2, 3), per_image=True)
    assert each.total.shape == (0,)


def test_refuses():
    grid, target, prediction = one_object()
    with refuses(ValueError, r"prediction of shape \(4, 4, 13\) is not \(N, S, S, 13\).*unsqueeze\(0\)"):
        yolo_loss(prediction[0], target, grid)
    with refuses(ValueError, r"target of shape \(4, 4, 13\) is not"):
        yolo_loss(prediction, target[0], grid)
    for compare in (yolo_loss, responsible_boxes):
        with refuses(ValueError, "prediction has 1 images, but target has 2"):
            compare(prediction, target.repeat(2, 1, 1, 1), grid)
    with refuses(ValueError, r"target of shape \(1, 4, 4, 12\) does not end in"):
        yolo_loss(prediction, target[..., :12], grid)
    for compare in (yolo_loss, responsible_boxes):
        with refuses(TypeError, "but target has torch.float64"):
            compare(prediction.float(), target, grid)
    with refuses(ValueError, "prediction has NaN or infinite numbers; try a lower learning rate"):
        yolo_loss(prediction * torch.nan, target, grid)
    with refuses(ValueError, "target has a box whose width or height is negative"):
        yolo_loss(prediction, -target, grid)
    with refuses(ValueError, "no confidence target is called 'giou'; try 'iou' or 'one'"):
        yolo_loss(prediction, target, grid, confidence_target="giou")
