import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.normalization import LayerNorm, RMSNorm, rms_norm


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 1


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@given(
    leading=st.lists(st.integers(1, 4), max_size=3),
    normalized=st.lists(st.integers(1, 5), min_size=1, max_size=3),
)
def test_matches_torch(dtype, leading, normalized):
    shape = tuple(leading + normalized)
    assert_matches_torch(RMSNorm(normalized), nn.RMSNorm(normalized), drawn(shape), dtype=dtype)


@pytest.mark.parametrize("options", [{"elementwise_affine": False}, {"eps": 0.1}, {"eps": 1e-6}])
def test_options_match_torch(options):
    assert_matches_torch(RMSNorm(4, **options), nn.RMSNorm(4, **options), drawn((2, 3, 4)))


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-3, 1e18])
def test_small_and_large_numbers_match_torch(scale):
    x = (drawn((3, 8)) * scale).float()
    assert_matches_torch(lambda x: rms_norm(x, (8,)), lambda x: F.rms_norm(x, (8,)), x, dtype=torch.float32)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    x = (drawn((4, 512)) * 100).to(dtype)  # the squares leave float16's range
    assert torch.equal(rms_norm(x, (512,)), rms_norm(x.float(), (512,)).to(dtype))


def test_gradient():
    x, gamma = drawn((2, 3, 2)).requires_grad_(), drawn((3, 2), 1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, g: rms_norm(x, (3, 2), g), [x, gamma])


def test_it_leaves_the_mean_in_and_layer_norm_is_it_after_the_mean_is_out():
    x = drawn((5, 16)) + 3
    assert rms_norm(x, (16,)).mean(dim=1).min() > 0.5
    centered = x - x.mean(dim=1, keepdim=True)
    ours = rms_norm(centered, (16,), eps=1e-5)
    assert torch.allclose(ours, LayerNorm(16).double()(x), rtol=0, atol=1e-12)


def test_refuses():
    x = torch.ones(2, 3, 4)
    with refuses(ValueError, r"x of shape \(2, 3, 4\) does not end in normalized_shape=\(3,\); try \(4,\)"):
        RMSNorm(3)(x)
    with refuses(ValueError, r"normalized_shape=\(\) names no axis"):
        rms_norm(x, ())
    with refuses(ValueError, r"gamma has shape \(3,\), but normalized_shape is \(4,\)"):
        rms_norm(x, (4,), torch.ones(3))
    with refuses(TypeError, "but has dtype torch.int64"):
        RMSNorm(4)(x.long())
    with refuses(TypeError, "x has dtype torch.float64, but gamma has torch.float32"):
        RMSNorm(4)(x.double())
    with refuses(ValueError, "eps=0 is not positive"):
        RMSNorm(4, eps=0)(x)
