import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.detection.yolo import Grid, candidates, decode, encode, encode_batch


def drawn(n, seed, C=4):
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(n, 2, dtype=torch.float64, generator=generator) * 0.7
    size = 0.02 + torch.rand(n, 2, dtype=torch.float64, generator=generator) * 0.28
    labels = torch.randint(C, (n,), generator=generator)
    return torch.cat([corner, corner + size], 1), labels


def test_a_negative_size_is_read_as_a_box_without_area():
    grid = Grid(2, 1, 3)
    boxes = decode(torch.full((2, 2, 8), -1.0), grid).boxes
    assert torch.equal(boxes[..., :2], boxes[..., 2:])


def test_a_target_worked_by_hand():
    # On 448×448 pixels: left 160, top 96, right 224, bottom 320. The center (192, 208) lies 3 cells of 64
    # from the left and 3.25 from the top: row 3, column 3, and there x = 0, y = 0.25.
    box = torch.tensor([[160.0, 96, 224, 320]]) / 448
    target, cells, dropped = encode(box, torch.tensor([11]), Grid())
    assert target.shape == (7, 7, 30)
    assert cells.tolist() == [[3, 3]]
    assert dropped.shape == (0,)
    proposal = [0, 0.25, 64 / 448, 224 / 448, 1]
    assert torch.allclose(target[3, 3, :10], torch.tensor(proposal * 2))
    assert target[3, 3, 10:].nonzero().tolist() == [[11]]
    assert target[3, 3, 21] == 1
    target[3, 3] = 0
    assert not target.any()


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8, torch.int16, torch.int32])
def test_narrow_integers_are_class_numbers(dtype):
    boxes, _ = drawn(3, 0)
    labels, grid = torch.tensor([0, 5, 120]), Grid(7, 30, 200)  # 5·30 + 120 does not fit a byte
    assert torch.equal(encode(boxes, labels.to(dtype), grid).target, encode(boxes, labels, grid).target)


def test_row_is_y_and_column_is_x():
    box = torch.tensor([[0.7, 0.1, 0.9, 0.2]])  # center (0.8, 0.15)
    encoded = encode(box, torch.tensor([0]), Grid(4, 1, 1))
    assert encoded.cells.tolist() == [[0, 3]]
    assert torch.allclose(encoded.target[0, 3], torch.tensor([0.2, 0.6, 0.2, 0.1, 1, 1]))


@given(st.integers(0, 6), st.integers(1, 9), st.integers(1, 3), st.integers(0, 1000))
def test_decode_undoes_encode(n, S, B, seed):
    boxes, labels = drawn(n, seed)
    grid = Grid(S, B, 4)
    target, cells, dropped = encode(boxes, labels, grid)
    kept = [k for k in range(n) if k not in dropped.tolist()]
    first = {}
    for k, cell in enumerate(map(tuple, cells.tolist())):
        first.setdefault(cell, k)
    assert kept == sorted(first.values())  # of two centers in one cell the first stays
    decoded = decode(target, grid)
    found, index = candidates(decoded, 0.5)
    assert len(found.boxes) == B * len(kept)
    assert torch.equal(found.scores, torch.ones(B * len(kept)).double())
    for box, label, (i, j, _) in zip(found.boxes, found.labels, index.tolist(), strict=True):
        k = first[i, j]
        assert torch.allclose(box, boxes[k], rtol=0, atol=1e-14)
        assert label == labels[k]
    assert decoded.boxes.shape == (S, S, B, 4)
    assert decoded.scores.shape == (S, S, B, 4)


def test_two_centers_in_one_cell_are_counted():
    boxes = torch.tensor(
        [[0.1, 0.1, 0.3, 0.3], [0.6, 0.6, 0.8, 0.8], [0.0, 0.0, 0.3, 0.3], [0.1, 0.1, 0.4, 0.4]]
    )
    target, cells, dropped = encode(boxes, torch.tensor([2, 0, 1, 0]), Grid(2, 1, 3))
    assert dropped.tolist() == [2, 3]
    assert dropped.dtype == torch.int64
    assert cells.tolist() == [[0, 0], [1, 1], [0, 0], [0, 0]]
    assert target[0, 0, 5:].tolist() == [0, 0, 1]


@given(st.integers(0, 4), st.integers(1, 6), st.integers(1, 7), st.integers(1, 3), st.integers(0, 1000))
def test_a_batch_is_its_images_encoded_one_by_one(N, K, S, B, seed):
    grid, generator = Grid(S, B, 4), torch.Generator().manual_seed(seed)
    boxes, labels = (part.unflatten(0, (N, K)) for part in drawn(N * K, seed))
    gaps = torch.rand(N, K, generator=generator) < 0.3  # anywhere, with boxes that must not be looked at
    labels[gaps], boxes[gaps] = -1, torch.nan
    target, dropped = encode_batch(boxes, labels, grid)
    assert target.shape == (N, S, S, grid.depth)
    assert dropped.shape == (N,)
    for n in range(N):
        alone = encode(boxes[n, ~gaps[n]], labels[n, ~gaps[n]], grid)
        assert torch.equal(target[n], alone.target)
        assert dropped[n] == len(alone.dropped)


def test_a_center_on_the_last_edge_belongs_to_the_last_cell():
    thin = torch.nextafter(torch.tensor(1.0), torch.tensor(0.0)).item()
    target, cells, _ = encode(torch.tensor([[thin, thin, 1.0, 1.0]]), torch.tensor([0]), Grid(3, 1, 1))
    assert cells.tolist() == [[2, 2]]
    assert target[2, 2, :2].tolist() == [1, 1]


@pytest.mark.parametrize("dtype", [torch.int8, torch.int32])
def test_labels_of_a_narrow_type_do_not_wrap(dtype):
    target = encode(
        torch.tensor([[0.1, 0.1, 0.3, 0.3]]), torch.tensor([125], dtype=dtype), Grid(1, 2, 300)
    ).target
    assert target[0, 0, 10:].nonzero().tolist() == [[125]]


def test_decode_worked_by_hand():
    grid = Grid(2, 2, 2)
    tensor = torch.zeros(1, 2, 2, 12)
    tensor[0, 1, 0] = torch.tensor([0.5, 0.5, 0.5, 0.25, 0.8, 1.0, 0.0, 0.2, 0.4, 0.5, 0.75, 0.25])
    decoded = decode(tensor, grid)
    assert torch.allclose(decoded.boxes[0, 1, 0, 0], torch.tensor([0.0, 0.625, 0.5, 0.875]))
    assert torch.allclose(decoded.boxes[0, 1, 0, 1], torch.tensor([0.4, 0.3, 0.6, 0.7]))
    assert decoded.confidence[0, 1, 0].tolist() == pytest.approx([0.8, 0.5])
    assert decoded.classes[0, 1, 0].tolist() == [0.75, 0.25]
    assert torch.allclose(decoded.scores[0, 1, 0], torch.tensor([[0.6, 0.2], [0.375, 0.125]]))
    one = decode(tensor[0], grid)
    assert candidates(one, 0.375).index.tolist() == [[1, 0, 0], [1, 0, 1]]  # at the threshold it stays
    detections, index = candidates(one, 0.4)
    assert index.tolist() == [[1, 0, 0]]
    assert detections.labels.tolist() == [0]
    assert len(candidates(one).index) == 2


def test_decode_is_differentiable():
    tensor = torch.rand(2, 2, 7, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: decode(t, Grid(2, 1, 2))[::3], tensor)


def test_no_objects():
    encoded = encode(torch.empty(0, 4), torch.empty(0).long(), Grid(3, 2, 1))
    assert encoded.target.shape == (3, 3, 11)
    assert not encoded.target.any()
    assert len(candidates(decode(encoded.target, Grid(3, 2, 1))).index) == 0


def test_grid_knows_its_depth():
    assert Grid() == Grid(7, 2, 20)
    assert Grid().depth == 30
    assert Grid(1, 1, 1).depth == 6


def test_refuses():
    one, grid = torch.tensor([[0.1, 0.1, 0.5, 0.5]]), Grid(2, 1, 3)
    label = torch.tensor([0])
    with refuses(ValueError, r"boxes has the box \(0.1, 0.1, 1.5, 0.5\), which leaves the image"):
        encode(torch.tensor([[0.1, 0.1, 1.5, 0.5]]), label, grid)
    with refuses(
        ValueError, r"boxes has the box \(-0.1, 0.1, 0.5, 0.5\), which leaves .*boxes.clamp\(0, 1\)"
    ):
        encode(torch.tensor([[-0.1, 0.1, 0.5, 0.5]]), label, grid)
    with refuses(ValueError, r"\(0.1, 0.1, 0.1, 0.5\), which has no area and cannot be learned"):
        encode(torch.tensor([[0.1, 0.1, 0.1, 0.5]]), label, grid)
    with refuses(ValueError, "which is not finite"):
        encode(one * torch.nan, label, grid)
    with refuses(ValueError, "labels has 3, but a class id is from 0 to C-1=2"):
        encode(one, torch.tensor([3]), grid)
    with refuses(ValueError, "labels has -1, but a class id is from 0"):
        encode(one, torch.tensor([-1]), grid)
    with refuses(TypeError, "labels must be whole numbers, but has dtype torch.bool"):
        encode(one, torch.tensor([True]), grid)
    with refuses(ValueError, r"boxes of shape \(4,\) is not a list \(n, 4\)"):
        encode(one[0], label, grid)
    with refuses(ValueError, r"does not end in \(S, S, B·5\+C\) = \(2, 2, 8\); try Grid"):
        decode(torch.zeros(2, 2, 7), grid)
    with refuses(ValueError, r"tensor of shape \(3, 2, 8\) does not end in"):
        decode(torch.zeros(3, 2, 8), grid)
    with refuses(TypeError, "tensor must be floating point"):
        decode(torch.zeros(2, 2, 8).long(), grid)
    with refuses(ValueError, "tensor has NaN or infinite numbers"):
        decode(torch.full((2, 2, 8), torch.inf), grid)
    with refuses(ValueError, r"boxes of shape \(1, 2, 2, 1, 4\) are not those of one image"):
        candidates(decode(torch.zeros(1, 2, 2, 8), grid))
    with refuses(ValueError, "score_threshold=-0.1 is not a share from 0 to 1"):
        candidates(decode(torch.zeros(2, 2, 8), grid), -0.1)
    pair, labels = one.repeat(2, 1)[None], torch.tensor([[0, -1]])
    with refuses(ValueError, "boxes has the box .*, which leaves the image"):
        encode_batch(3 * pair, labels, grid)
    with refuses(ValueError, "labels has 3, but a class id is from 0 to C-1=2"):
        encode_batch(pair, labels + 3, grid)
    with refuses(ValueError, "labels has -2, but a class id"):
        encode_batch(pair, labels - 2, grid)
    with refuses(TypeError, "labels must be whole numbers, but has dtype torch.float32"):
        encode_batch(pair, labels.float(), grid)
    with refuses(ValueError, r"boxes of shape \(1, 4\) and labels of shape \(1,\) are not .*unsqueeze\(0\)"):
        encode_batch(one, label, grid)
    with refuses(ValueError, r"boxes of shape \(1, 2, 4\) and labels of shape \(1, 1\) are not"):
        encode_batch(pair, labels[:, :1], grid)
    with refuses(TypeError, "B=1.5 is not a whole number; try B=1 or more"):
        Grid(2, 1.5, 3)
    with refuses(TypeError, "labels must be whole numbers, but has dtype torch.complex64"):
        encode(one, torch.tensor([0j]), grid)
    for name in ("S", "B", "C"):
        with refuses(ValueError, f"^{name}=0 leaves nothing to predict; try 1 or more$"):
            Grid(**{name: 0})
