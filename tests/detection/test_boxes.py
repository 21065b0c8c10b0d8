import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses

from dlsteps.detection import FORMATS, area, convert, giou, iou, overlap, pairwise_giou, pairwise_iou

DTYPES = [torch.float64, torch.float32]
side = st.integers(0, 6)


def drawn(*shape, seed=0):
    """Draw boxes in the format xyxy, of which about half overlap."""
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(*shape, 2, dtype=torch.float64, generator=generator)
    size = torch.rand(*shape, 2, dtype=torch.float64, generator=generator) + 0.05
    return torch.cat([corner, corner + size], -1)


@st.composite
def pixel_boxes(draw):
    x1, x2 = sorted((draw(side), draw(side)))
    y1, y2 = sorted((draw(side), draw(side)))
    return [x1, y1, x2, y2]


def pixels(box):
    return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}


def frame(a, b):
    return [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]


@given(pixel_boxes(), pixel_boxes())
def test_areas_are_counts_of_pixels(a, b):
    both, either, around = pixels(a) & pixels(b), pixels(a) | pixels(b), pixels(frame(a, b))
    A, B = torch.tensor([a, b]).double()
    assert [t.item() for t in overlap(A, B)] == [len(both), len(either), len(around)]
    assert area(A) == len(pixels(a))
    expected = len(both) / len(either) if either else 0.0
    assert iou(A, B).item() == expected
    empty = (len(around) - len(either)) / len(around) if around else 0.0
    assert giou(A, B).item() == pytest.approx(expected - empty, abs=1e-15)


def iou_of_two(a, b):
    """Write the IoU of one pair with torch's scalars and Python's branches."""
    width = torch.min(a[2], b[2]) - torch.max(a[0], b[0])
    height = torch.min(a[3], b[3]) - torch.max(a[1], b[1])
    shared = width * height if width > 0 and height > 0 else 0 * a[0]
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def giou_of_two(a, b):
    width = torch.max(a[2], b[2]) - torch.min(a[0], b[0])
    height = torch.max(a[3], b[3]) - torch.min(a[1], b[1])
    ratio = iou_of_two(a, b)
    union = ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])) / (1 + ratio)
    return ratio - (width * height - union) / (width * height)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("ours", "of_two"), [(pairwise_iou, iou_of_two), (pairwise_giou, giou_of_two)])
@given(n=st.integers(1, 5), m=st.integers(1, 5), seed=st.integers(0, 50))
def test_table_and_gradients_match_a_loop(dtype, ours, of_two, n, m, seed):
    loop = lambda a, b: torch.stack([torch.stack([of_two(x, y) for y in b]) for x in a])  # noqa: E731
    assert_matches_torch(ours, loop, drawn(n, seed=seed), drawn(m, seed=seed + 100), dtype=dtype)


@pytest.mark.parametrize("f", [iou, giou])
def test_gradcheck(f):
    a, b = drawn(6).requires_grad_(), drawn(6, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(f, (a, b))


@given(pixel_boxes(), pixel_boxes(), st.sampled_from([0.5, 3.0]), st.integers(-5, 5))
def test_moving_and_zooming_both_changes_nothing(a, b, zoom, move):
    A, B = torch.tensor([a, b]).double()
    assert iou(A, B) == iou(B, A) == iou(A * zoom + move, B * zoom + move)
    assert torch.allclose(giou(A, B), giou(A * zoom + move, B * zoom + move), rtol=0, atol=1e-14)
    assert -1 <= giou(A, B) <= iou(A, B) <= 1


def test_boxes_without_area():
    point, line, square = torch.tensor([[1.0, 1, 1, 1], [0, 0, 0, 2], [0, 0, 2, 2]], requires_grad=True)
    assert iou(point, point) == iou(line, line) == iou(point, square) == 0
    assert giou(point, point) == giou(line, line) == 0
    assert giou(point, square) == 0  # the square is the hull, and nothing of it is empty
    assert giou(point, point + 1) == -1
    for f in (iou, giou):
        table = torch.stack([f(a, b) for a in (point, line, square) for b in (point, line, square)])
        (gradient,) = torch.autograd.grad(table.sum(), point)
        assert gradient.isfinite().all()


def test_giou_tells_apart_boxes_from_far_boxes():
    box = torch.tensor([0.0, 0, 1, 1])
    near, far = torch.tensor([2.0, 0, 3, 1]).requires_grad_(), torch.tensor([9.0, 0, 10, 1])
    assert iou(box, near) == iou(box, far) == 0
    assert giou(box, near).item() == pytest.approx(2 / 3 - 1)
    assert giou(box, far).item() == pytest.approx(2 / 10 - 1)
    assert torch.autograd.grad(giou(box, near), near)[0][0] < 0  # to the left, toward the box


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_at_the_size_of_a_picture(dtype):
    a, b = torch.tensor([[0, 0, 512, 512], [256, 0, 768, 512]], dtype=dtype)
    assert iou(a, b).dtype == dtype
    assert iou(a, b).item() == pytest.approx(1 / 3, abs=2e-3)
    assert giou(a, a).item() == 1


KNOWN = {"xyxy": [1.0, 2, 4, 8], "xywh": [1.0, 2, 3, 6], "cxcywh": [2.5, 5, 3, 6]}


@pytest.mark.parametrize("source", FORMATS)
@pytest.mark.parametrize("target", FORMATS)
def test_formats(source, target):
    assert convert(torch.tensor(KNOWN[source]), source, target).tolist() == KNOWN[target]


@pytest.mark.parametrize("dtype", DTYPES)
@given(st.sampled_from(FORMATS), st.sampled_from(FORMATS), st.integers(0, 30))
def test_there_and_back(dtype, source, target, seed):
    boxes = convert(drawn(2, 3, seed=seed).to(dtype), "xyxy", source)
    back = convert(convert(boxes, source, target), target, source)
    assert back.dtype == dtype
    assert torch.allclose(back, boxes, rtol=0, atol=4 * torch.finfo(dtype).eps)


def test_no_boxes():
    none, some = torch.empty(0, 4), drawn(3).float()
    assert pairwise_iou(none, some).shape == (0, 3)
    assert pairwise_giou(some, none).shape == (3, 0)
    assert convert(none, "xywh", "cxcywh").shape == (0, 4)


def test_non_contiguous():
    boxes = drawn(3)
    spread = boxes.T.contiguous().T
    assert not spread.is_contiguous()
    assert torch.equal(pairwise_iou(spread, boxes), pairwise_iou(boxes, boxes))
    assert torch.equal(pairwise_iou(boxes, boxes).diagonal(), torch.ones(3).double())


def test_refuses():
    box = torch.tensor([[0.0, 0, 1, 1]])
    with refuses(ValueError, "^unknown format 'yxyx'; try one of xyxy, xywh, cxcywh$"):
        convert(box, "yxyx", "xyxy")
    with refuses(ValueError, "unknown format 'voc'"):
        convert(box, "xyxy", "voc")
    with refuses(TypeError, "boxes must be floating point"):
        convert(box.long(), "xyxy", "xywh")
    with refuses(TypeError, "boxes must be floating point"):
        area(box.long())
    for f in (iou, giou, pairwise_iou, pairwise_giou):
        with refuses(TypeError, "a must be floating point, but has dtype torch.int64"):
            f(box.long(), box)
    with refuses(TypeError, "but b has torch.float64"):
        iou(box, box.double())
    with refuses(ValueError, r"b of shape \(3,\) does not end in 4 numbers a box"):
        giou(box, torch.ones(3))
    with refuses(ValueError, r"boxes has the box \(nan, 0, 1, 1\), which is not finite"):
        area(torch.tensor([[0.0, 0, 1, 1], [torch.nan, 0, 1, 1]]))
    with refuses(ValueError, r"a has the box \(0, 0, inf, 1\), which is not finite"):
        iou(torch.tensor([[0.0, 0, torch.inf, 1]]), box)
    with refuses(ValueError, r"b has the box \(2, 0, 1, 1\), whose width or height is negative"):
        iou(box, torch.tensor([[2.0, 0, 1, 1]]))
    with refuses(ValueError, r"boxes has the box \(0, 0, 1, -1\), whose width or height is negative"):
        convert(torch.tensor([[0.0, 0, 1, -1]]), "xywh", "xyxy")
    with refuses(ValueError, r"a of shape \(2, 4\) and b of shape \(3, 4\) are not pairs; try pairwise_iou"):
        iou(drawn(2), drawn(3))
    for f in (pairwise_iou, pairwise_giou):
        with refuses(ValueError, r"a of shape \(4,\) is not a list \(n, 4\)"):
            f(box[0], box)
        with refuses(ValueError, r"b of shape \(1, 1, 4\) is not a list \(n, 4\)"):
            f(box, box[None])
