import pytest
import torch
import torch.nn.functional as F
from drawn import shapes
from hypothesis import assume, given
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.normalization import InstanceNorm, instance_norm

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("affine", [True, False])
@given(shape=shapes(min_axes=3))
def test_matches_torch(dtype, affine, shape):
    assume(torch.Size(shape[2:]).numel() > 1)
    theirs = {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d, 5: nn.InstanceNorm3d}[len(shape)]
    tolerance = 1e-3 if dtype == torch.float32 else 1e-9
    ours, theirs = InstanceNorm(shape[1], 1e-3, affine), theirs(shape[1], eps=1e-3, affine=affine)
    assert_matches_torch(ours, theirs, drawn(shape), dtype=dtype, tolerance=tolerance)


def test_learns_nothing_by_default_as_in_torch():
    assert list(InstanceNorm(3).parameters()) == list(nn.InstanceNorm2d(3).parameters()) == []


def test_a_page_is_normalized_by_itself_after_training_too():
    layer, x = InstanceNorm(3), drawn((2, 3, 4, 4)).float()
    assert torch.equal(layer.train()(x), layer.eval()(x))


def test_state_goes_both_ways():
    ours, theirs = InstanceNorm(3, affine=True), nn.InstanceNorm2d(3, affine=True)
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    assert_matches_torch(ours, theirs, drawn((4, 3, 2, 2)), share_state=False)


def test_gradient():
    x, gamma, beta = drawn((2, 3, 3)), drawn(3, 1), drawn(3, 2)
    assert torch.autograd.gradcheck(instance_norm, [t.requires_grad_() for t in (x, gamma, beta)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_offset(dtype):
    x = (1e4 + 1e-3 * drawn((4, 3, 16, 16))).to(dtype)
    expected = F.instance_norm(x.double() - 1e4, eps=1e-9)
    assert (instance_norm(x, eps=1e-9).double() - expected).abs().max() < (
        1e-5 if dtype == torch.float32 else 1e-9
    )


def test_empty_batch():
    assert_matches_torch(
        InstanceNorm(3, affine=True), nn.InstanceNorm2d(3, affine=True), torch.empty(0, 3, 2, 2)
    )


def test_non_contiguous_input():
    assert_matches_torch(
        lambda x: instance_norm(x.permute(0, 3, 1, 2)),
        lambda x: F.instance_norm(x.permute(0, 3, 1, 2)),
        drawn((4, 5, 6, 3)),
    )


def test_refuses():
    x = torch.ones(2, 3, 4)
    with refuses(ValueError, "has 1 value per sample and channel"):
        instance_norm(x[:, :, :1])
    with refuses(ValueError, "has 1 value per sample and channel"):
        InstanceNorm(3)(x[:, :, 0])
    with refuses(ValueError, "has 3 channels on axis 1, but the layer was made for 4; try a layer with 3"):
        InstanceNorm(4)(x)
    with refuses(ValueError, r"but gamma has shape \(4,\)"):
        instance_norm(x, torch.ones(4))
    with refuses(TypeError, "but has dtype torch.int64"):
        InstanceNorm(3)(x.long())
    with refuses(TypeError, "but gamma has torch.float32"):
        InstanceNorm(3, affine=True)(x.double())
    with refuses(ValueError, "eps=0 is not positive"):
        InstanceNorm(3, eps=0)(x)


def test_repr():
    assert repr(InstanceNorm(3)) == "InstanceNorm(3, eps=1e-05, affine=False)"
