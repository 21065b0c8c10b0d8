import pytest
import torch
from convolutions import drawn
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.convolution import Conv2d, Residual, projection, residual_block
from dlsteps.nn.normalization import BatchNorm2d, GroupNorm

DTYPES = [torch.float64, torch.float32]


class Torchs(nn.Sequential):
    """The same block by PyTorch, with the same names, and its sum written out."""

    def __init__(self, C, D, stride):
        body = nn.Sequential(
            nn.Conv2d(C, D, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(D),
            nn.ReLU(),
            nn.Conv2d(D, D, 3, padding=1, bias=False),
            nn.BatchNorm2d(D),
        )
        around = nn.Identity()
        if (C, stride) != (D, 1):
            around = nn.Sequential(nn.Conv2d(C, D, 1, stride=stride, bias=False), nn.BatchNorm2d(D))
        super().__init__(nn.ModuleDict({"body": body, "shortcut": around}))

    def forward(self, x):
        return torch.relu(self[0]["body"](x) + self[0]["shortcut"](x))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("C", "D", "stride"), [(4, 4, 1), (4, 6, 1), (4, 4, 2), (4, 8, 2)])
def test_block_matches_torch(dtype, training, C, D, stride):
    ours, theirs = residual_block(C, D, stride), Torchs(C, D, stride)
    tolerance = 2e-4 if dtype == torch.float32 else None  # two norms of a batch in a row
    x = drawn(3, C, 5, 6)
    assert_matches_torch(ours.train(training), theirs.train(training), x, dtype=dtype, tolerance=tolerance)


def test_the_shortcut_is_the_identity_where_the_shape_stays():
    assert isinstance(projection(4, 4), nn.Identity)
    assert isinstance(projection(4, 4, 2), nn.Sequential)
    assert isinstance(projection(4, 6), nn.Sequential)
    assert isinstance(projection(4, 6)[1], BatchNorm2d)
    block = residual_block(4, 8, 2, norm=lambda C: GroupNorm(2, C))
    assert sum(isinstance(module, GroupNorm) for module in block.modules()) == 3
    assert not any(isinstance(module, BatchNorm2d) for module in block.modules())


def test_a_body_that_gives_zero_leaves_the_input():
    body = Conv2d(3, 3, 3, padding=1)
    for parameter in body.parameters():
        nn.init.zeros_(parameter)
    x = drawn(2, 3, 4, 4).float().requires_grad_()
    y = Residual(body)(x)
    assert torch.equal(y, x)
    upstream = drawn(2, 3, 4, 4, seed=1).float()
    assert torch.equal(torch.autograd.grad(y, x, upstream)[0], upstream)


def test_a_deep_stack_keeps_its_gradient_and_a_plain_one_does_not():
    def gradient(wrap):
        torch.manual_seed(0)
        net = nn.Sequential(*(wrap(nn.Sequential(Conv2d(2, 2, 3, padding=1), nn.Tanh())) for _ in range(24)))
        x = drawn(1, 2, 6, 6).float().requires_grad_()
        net(x).sum().backward()
        return x.grad.norm()

    assert gradient(nn.Sequential) < 1e-4
    assert gradient(Residual) > 1e-2


def test_refuses():
    x = torch.ones(2, 4, 5, 5)
    with refuses(
        ValueError, r"the body gives shape \(2, 6, 5, 5\), but the shortcut \(2, 4, 5, 5\); try shortcut=proj"
    ):
        Residual(Conv2d(4, 6, 1))(x)
    with refuses(ValueError, r"the body gives shape \(2, 1, 5, 5\)"):
        Residual(Conv2d(4, 1, 1))(x)  # would broadcast
    with refuses(ValueError, "reads 3 in each group"):
        residual_block(3, 3)(x)
