import pytest
import torch
import torch.nn.functional as F
from drawn import shapes_with_groups
from hypothesis import given
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.normalization import GroupNorm, group_norm

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("affine", [True, False])
@given(shapes_with_groups())
def test_matches_torch(dtype, affine, shape_and_groups):
    shape, G = shape_and_groups
    tolerance = 1e-3 if dtype == torch.float32 else 1e-9
    ours, theirs = GroupNorm(G, shape[1], 1e-3, affine), nn.GroupNorm(G, shape[1], 1e-3, affine)
    assert_matches_torch(ours, theirs, drawn(shape), dtype=dtype, tolerance=tolerance)


def test_one_value_in_a_group_gives_zero():
    # torch 2.13 refuses one value in a group only where N is 1 too; the formula has an answer.
    assert torch.equal(group_norm(torch.ones(2, 3), 3), torch.zeros(2, 3))


def test_state_goes_both_ways():
    ours, theirs = GroupNorm(2, 4), nn.GroupNorm(2, 4)
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    assert_matches_torch(ours, theirs, drawn((4, 4, 2, 2)), share_state=False)


def test_gradient():
    x, gamma, beta = drawn((2, 4, 3)), drawn(4, 1), drawn(4, 2)
    f = lambda x, g, b: group_norm(x, 2, g, b)  # noqa: E731
    assert torch.autograd.gradcheck(f, [t.requires_grad_() for t in (x, gamma, beta)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_offset(dtype):
    x = (1e4 + 1e-3 * drawn((4, 6, 16, 16))).to(dtype)
    expected = F.group_norm(x.double() - 1e4, 3, eps=1e-9)
    assert (group_norm(x, 3, eps=1e-9).double() - expected).abs().max() < (
        1e-5 if dtype == torch.float32 else 1e-9
    )


def test_empty_batch():
    assert_matches_torch(GroupNorm(3, 6), nn.GroupNorm(3, 6), torch.empty(0, 6, 2, 2))


def test_non_contiguous_input():
    assert_matches_torch(
        lambda x: group_norm(x.permute(0, 3, 1, 2), 3),
        lambda x: F.group_norm(x.permute(0, 3, 1, 2), 3),
        drawn((4, 5, 4, 6)),
    )


def test_refuses():
    x = torch.ones(2, 8, 4)
    with refuses(ValueError, "^num_groups=3 does not divide C=8; try 1, 2, 4 or 8$"):
        GroupNorm(3, 8)
    with refuses(ValueError, "^num_groups=3 does not divide C=8; try 1, 2, 4 or 8$"):
        group_norm(x, 3)
    with refuses(ValueError, "has 8 channels on axis 1, but the layer was made for 4; try a layer with 8"):
        GroupNorm(2, 4)(x)
    with refuses(ValueError, r"but beta has shape \(4,\)"):
        group_norm(x, 2, beta=torch.ones(4))
    with refuses(ValueError, r"has fewer than the two axes \(N, C\)"):
        GroupNorm(2, 8)(torch.ones(8))
    with refuses(TypeError, "but has dtype torch.int64"):
        GroupNorm(2, 8)(x.long())
    with refuses(TypeError, "but gamma has torch.float32"):
        GroupNorm(2, 8)(x.double())
    with refuses(ValueError, "eps=0 is not positive"):
        GroupNorm(2, 8, eps=0)(x)


def test_repr():
    assert repr(GroupNorm(2, 8)) == "GroupNorm(2, 8, eps=1e-05, affine=True)"
