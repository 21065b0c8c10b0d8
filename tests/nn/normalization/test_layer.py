import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.normalization import LayerNorm, layer_norm, normalize, statistics, token_norm

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 1


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    leading=st.lists(st.integers(1, 4), max_size=3),
    normalized=st.lists(st.integers(1, 5), min_size=1, max_size=3),
)
def test_matches_torch(dtype, leading, normalized):
    normalized[-1] += 1
    tolerance = 1e-3 if dtype == torch.float32 else 1e-9
    shape = tuple(leading + normalized)
    ours, theirs = LayerNorm(normalized, eps=1e-3), nn.LayerNorm(normalized, eps=1e-3)
    assert_matches_torch(ours, theirs, drawn(shape), dtype=dtype, tolerance=tolerance)


@pytest.mark.parametrize("options", [{"bias": False}, {"elementwise_affine": False}, {"eps": 0.1}])
def test_options_match_torch(options):
    assert_matches_torch(LayerNorm(4, **options), nn.LayerNorm(4, **options), drawn((2, 3, 4)))


def test_state_goes_both_ways():
    ours, theirs = LayerNorm((3, 2)), nn.LayerNorm((3, 2))
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    assert_matches_torch(ours, theirs, drawn((4, 3, 2)), share_state=False)


def test_gradient():
    x, gamma, beta = drawn((2, 3, 2)), drawn((3, 2), 1), drawn((3, 2), 2)
    f = lambda x, g, b: layer_norm(x, (3, 2), g, b)  # noqa: E731
    assert torch.autograd.gradcheck(f, [t.requires_grad_() for t in (x, gamma, beta)])


@pytest.mark.parametrize(
    ("shape", "normalized", "kind", "axis"),
    [((2, 3, 4, 5), (3, 4, 5), "layer", 1), ((2, 4, 3), (3,), "token", -1), ((5, 3), (3,), "layer", 1)],
)
def test_the_key_says_which_cells(shape, normalized, kind, axis):
    x, s = drawn(shape), statistics(shape, kind, channel_axis=axis)
    assert torch.allclose(layer_norm(x, normalized), normalize(x, s.reduced).x_hat, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_token_norm_is_layer_norm_with_the_channels_last(dtype):
    assert_matches_torch(
        token_norm,
        lambda x, g, b: F.layer_norm(x, (6,), g, b),
        drawn((2, 5, 6)),
        drawn(6),
        drawn(6, 1),
        dtype=dtype,
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_token_norm_on_images_is_convnexts(dtype):
    def convnext(x, g, b):
        return F.layer_norm(x.permute(0, 2, 3, 1), (6,), g, b, eps=1e-6).permute(0, 3, 1, 2)

    ours = lambda x, g, b: token_norm(x, g, b, eps=1e-6, channel_axis=1)  # noqa: E731
    assert_matches_torch(ours, convnext, drawn((2, 6, 3, 4)), drawn(6), drawn(6, 1), dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_offset(dtype):
    x = (1e4 + 1e-3 * drawn((16, 256))).to(dtype)
    exact = x.double() - 1e4
    expected = F.layer_norm(exact, (256,), eps=1e-9)
    assert (layer_norm(x, (256,), eps=1e-9).double() - expected).abs().max() < (
        1e-5 if dtype == torch.float32 else 1e-9
    )


@pytest.mark.parametrize("shape", [(0, 3), (2, 0, 3)])
def test_empty_batch(shape):
    assert_matches_torch(LayerNorm(3), nn.LayerNorm(3), torch.empty(shape))


def test_non_contiguous_input():
    x = drawn((3, 4, 5))
    assert_matches_torch(lambda x: layer_norm(x.mT, (4,)), lambda x: F.layer_norm(x.mT, (4,)), x)


def test_refuses():
    x = torch.ones(2, 3, 4)
    with refuses(ValueError, r"x of shape \(2, 3, 4\) does not end in normalized_shape=\(3,\); try \(4,\)"):
        LayerNorm(3)(x)
    with refuses(ValueError, r"does not end in normalized_shape=\(1, 2, 3, 4\)"):
        LayerNorm((1, 2, 3, 4))(x)
    with refuses(ValueError, r"normalized_shape=\(\) names no axis"):
        layer_norm(x, ())
    with refuses(ValueError, r"beta has shape \(3,\), but normalized_shape is \(4,\)"):
        layer_norm(x, (4,), beta=torch.ones(3))
    with refuses(TypeError, "but has dtype torch.int64"):
        LayerNorm(4)(x.long())
    with refuses(TypeError, "x has dtype torch.float64, but gamma has torch.float32"):
        LayerNorm(4)(x.double())
    with refuses(ValueError, "eps=0 is not positive"):
        LayerNorm(4, eps=0)(x)
    with refuses(ValueError, r"C=4 channels on axis -1, but gamma has shape \(3,\)"):
        token_norm(x, torch.ones(3))
    with refuses(ValueError, "channel_axis=0 is not an axis after the samples"):
        token_norm(x, channel_axis=0)
    with refuses(TypeError, "but has dtype torch.int64"):
        token_norm(x.long())


def test_repr():
    assert repr(LayerNorm((3, 4))) == "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True)"
