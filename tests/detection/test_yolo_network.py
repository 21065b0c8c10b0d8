import pytest
import torch
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.detection import Objects, mean_average_precision, suppress
from dlsteps.detection.yolo import Grid, YoloNet, candidates, decode, detect, encode, yolo_loss


def scenes(N, size, seed):
    """Draw a bright block and a checkered block on a dark picture, in two halves."""
    generator = torch.Generator().manual_seed(seed)
    pictures, truths = torch.zeros(N, 1, size, size), []
    checkers = torch.arange(size)[:, None].add(torch.arange(size)).remainder(2).float()
    for picture in pictures[:, 0]:
        boxes = []
        for left in (0, size // 2):
            w, h = torch.randint(5, size // 2 - 1, (2,), generator=generator).tolist()
            x = left + int(torch.randint(size // 2 - w, (), generator=generator))
            y = int(torch.randint(size - h, (), generator=generator))
            fill = checkers if left else torch.ones(size, size)
            picture[y : y + h, x : x + w] = fill[y : y + h, x : x + w]
            boxes.append([x, y, x + w, y + h])
        truths.append(Objects(torch.tensor(boxes) / size, torch.tensor([0, 1])))
    return pictures, truths


def test_learns_to_detect():
    grid, size = Grid(S=4, B=2, C=2), 32
    pictures, truths = scenes(8, size, seed=0)
    target = torch.stack([encode(*truth, grid).target for truth in truths])
    torch.manual_seed(0)
    network = YoloNet(grid, size, width=8)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(200):
        optimizer.zero_grad()
        yolo_loss(network(pictures), target, grid).total.backward()
        optimizer.step()
    detections = detect(network, pictures)
    assert mean_average_precision(detections, truths).at(0.5) > 0.95


def test_detections_are_the_candidates_that_suppression_leaves():
    grid = Grid(S=4, B=2, C=3)
    network = YoloNet(grid, 32, width=4)
    pictures = torch.rand(3, 1, 32, 32)
    for found, tensor in zip(detect(network, pictures, 0.1, 0.3), network(pictures), strict=True):
        every = candidates(decode(tensor.detach(), grid), 0.1).detections
        kept = suppress(every.boxes, every.scores, 0.3, every.labels).kept
        assert 0 < len(kept) < len(every.boxes)
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(found, every.select(kept), strict=True))
        assert not found.boxes.requires_grad
    everything = detect(network, pictures, score_threshold=0.0, iou_threshold=1.0)
    assert [len(found.boxes) for found in everything] == [4 * 4 * 2] * 3
    assert detect(network, torch.empty(0, 1, 32, 32)) == []


def test_thresholds_by_default():
    network, pictures = YoloNet(Grid(S=4, B=2, C=3), 32, width=4), torch.rand(2, 1, 32, 32)
    for found, same in zip(detect(network, pictures), detect(network, pictures, 0.2, 0.5), strict=True):
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(found, same, strict=True))


@pytest.mark.parametrize(("S", "size", "channels"), [(7, 56, 3), (3, 6, 1), (1, 8, 2)])
def test_numbers_are_shares(S, size, channels):
    grid = Grid(S, 2, 3)
    tensor = YoloNet(grid, size, channels, width=4)(torch.randn(2, channels, size, size))
    assert tensor.shape == (2, S, S, 13)
    assert ((tensor > 0) & (tensor < 1)).all()
    assert torch.allclose(grid.split(tensor).classes.sum(-1), torch.ones(2, S, S))


def test_width_doubles_at_each_halving():
    network = YoloNet(Grid(2, 1, 1), 16, in_channels=3, width=8)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert [(m.in_channels, m.out_channels, m.stride[0]) for m in convolutions] == [
        (3, 8, 2),
        (8, 16, 2),
        (16, 32, 2),
        (32, 32, 1),
        (32, 6, 1),
    ]
    with torch.no_grad():
        network.features[0][1].weight.fill_(1).mul_(torch.randn(8))
    slopes = [m.negative_slope for m in network.modules() if isinstance(m, nn.LeakyReLU)]
    assert slopes == [0.1] * 4


def test_depth_adds_convolutions_at_the_grid():
    for depth in (0, 3):
        network = YoloNet(Grid(4, 1, 1), 16, width=4, depth=depth)
        convolutions = [m for m in network.features.modules() if isinstance(m, nn.Conv2d)]
        assert [(m.in_channels, m.stride[0]) for m in convolutions] == [(1, 2), (4, 2), *[(8, 1)] * depth]
        assert network(torch.randn(1, 1, 16, 16)).shape == (1, 4, 4, 6)


def test_torch_s_norm_is_the_same_network():
    grid = Grid(4, 2, 3)
    ours, theirs = YoloNet(grid, 32, width=8), YoloNet(grid, 32, width=8, norm=nn.GroupNorm)
    for network in (ours, theirs):
        with torch.no_grad():
            for k, parameter in enumerate(network.parameters()):
                parameter.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(k)) / 4)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    assert_matches_torch(ours, theirs, torch.randn(2, 1, 32, 32), share_state=False)


def test_a_cell_sees_its_place():
    # At the start of training, and with one halving, a pixel reaches the cells around it and no other.
    network = YoloNet(Grid(8, 1, 1), 16, width=4)
    network.features[0][1], network.features[1][1] = nn.Identity(), nn.Identity()  # the norm sees everything
    x = torch.zeros(1, 1, 16, 16)
    before = network(x)
    x[0, 0, 3, 12] = 1
    changed = (network(x) != before).any(-1)[0].nonzero()
    assert changed[:, 0].unique().tolist() == [0, 1, 2, 3]
    assert changed[:, 1].unique().tolist() == [5, 6, 7]


def test_refuses():
    with refuses(ValueError, "^image_size=30 is not S=4 times 2, 4, 8, …; try 32, or pad the pictures$"):
        YoloNet(Grid(4, 1, 1), 30)
    with refuses(ValueError, "image_size=24 is not S=4 times"):
        YoloNet(Grid(4, 1, 1), 24)
    with refuses(ValueError, "image_size=4 is not S=4 times"):
        YoloNet(Grid(4, 1, 1), 4)
    with refuses(ValueError, "width=6 is not a multiple of 4"):
        YoloNet(Grid(4, 1, 1), 32, width=6)
    with refuses(ValueError, "width=0 is not a multiple of 4"):
        YoloNet(Grid(4, 1, 1), 32, width=0)
    with refuses(ValueError, "depth=-1 is negative; try 1"):
        YoloNet(Grid(4, 1, 1), 32, depth=-1)
    with refuses(ValueError, "in_channels=0 is below 1"):
        YoloNet(Grid(4, 1, 1), 32, in_channels=0)
    network = YoloNet(Grid(4, 1, 1), 8)
    with refuses(ValueError, r"x of shape \(1, 3, 8, 8\) does not hold pictures \(C, H, W\) = \(1, 8, 8\)"):
        network(torch.zeros(1, 3, 8, 8))
    with refuses(ValueError, r"x of shape \(1, 1, 8, 9\) does not hold pictures"):
        network(torch.zeros(1, 1, 8, 9))
    with refuses(TypeError, "x must be floating point"):
        network(torch.zeros(1, 1, 8, 8).long())
