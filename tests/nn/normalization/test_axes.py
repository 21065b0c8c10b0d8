import numpy as np
import pytest
import torch
from drawn import shapes, shapes_with_groups
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.nn.normalization import KINDS, normalize, statistics
from dlsteps.nn.normalization.axes import scale_shift

SHAPE = (2, 6, 3, 5)
N, C, H, W = SHAPE
EXPECTED = {  # kind: reduced, shape, count, number, needs_batch, key of cell (n, c, h, w)
    "batch": ((0, 2, 3), (1, C, 1, 1), N * H * W, C, True, lambda n, c, h, w: c),
    "layer": ((1, 2, 3), (N, 1, 1, 1), C * H * W, N, False, lambda n, c, h, w: n),
    "instance": ((2, 3), (N, C, 1, 1), H * W, N * C, False, lambda n, c, h, w: n * C + c),
    "group": ((2, 3, 4), (N, 3, 1, 1), 2 * H * W, N * 3, False, lambda n, c, h, w: n * 3 + c // 2),
    "token": ((1,), (N, 1, H, W), C, N * H * W, False, lambda n, c, h, w: (n * H + h) * W + w),
}


def mean_over_equal_keys(x, key):
    """Average the cells of each key one key at a time: the definition, with no axis in it."""
    mean = np.empty(x.shape)
    for k in np.unique(key):
        mean[key == k] = x[key == k].mean()
    return mean


def groups_for(kind):
    return 3 if kind == "group" else None


@pytest.mark.parametrize("kind", KINDS)
def test_images(kind):
    reduced, shape, count, number, needs_batch, key = EXPECTED[kind]
    s = statistics(SHAPE, kind, groups_for(kind))
    assert (s.kind, s.input_shape) == (kind, SHAPE)
    assert (s.reduced, s.shape, s.count, s.number) == (reduced, shape, count, number)
    assert s.needs_batch is needs_batch
    assert s.view == ((N, 3, 2, H, W) if kind == "group" else SHAPE)
    assert np.array_equal(s.key, key(*np.indices(SHAPE)))


@pytest.mark.parametrize(
    ("shape", "kind", "axis", "expected"),
    [
        ((4, 3), "batch", 1, (1, 3)),
        ((4, 3), "layer", 1, (4, 1)),
        ((4, 3), "instance", 1, (4, 3)),
        ((4, 3, 7), "batch", 1, (1, 3, 1)),
        ((4, 7, 3), "batch", -1, (1, 1, 3)),
        ((4, 7, 3), "token", -1, (4, 7, 1)),
        ((4, 7, 3), "instance", 2, (4, 1, 3)),
        ((4, 7, 6), "group", -1, (4, 1, 2)),
        ((4, 3, 2, 5, 6), "instance", 1, (4, 3, 1, 1, 1)),
    ],
)
def test_other_shapes(shape, kind, axis, expected):
    s = statistics(shape, kind, 2 if kind == "group" else None, channel_axis=axis)
    assert s.shape == expected
    assert s.key.shape == shape


def test_key_of_channels_last_is_the_key_of_channels_first_transposed():
    for kind in KINDS:
        first = statistics((2, 6, 5), kind, groups_for(kind)).key
        last = statistics((2, 5, 6), kind, groups_for(kind), channel_axis=-1).key
        same_sets = mean_over_equal_keys(np.moveaxis(last, -1, 1).astype(float), first)
        assert np.array_equal(same_sets, np.moveaxis(last, -1, 1)), kind


@given(shapes_with_groups(), st.sampled_from(KINDS))
def test_keys_number_the_statistics(shape_and_groups, kind):
    shape, groups = shape_and_groups
    s = statistics(shape, kind, groups if kind == "group" else None)
    numbers, counts = np.unique(s.key, return_counts=True)
    assert np.array_equal(numbers, np.arange(s.number))
    assert set(counts.tolist()) == {s.count}
    assert s.needs_batch == any(len(set(np.argwhere(s.key == k)[:, 0])) > 1 for k in numbers) or shape[0] == 1


@given(shapes_with_groups(), st.sampled_from(KINDS))
def test_normalize_takes_the_mean_over_equal_keys(shape_and_groups, kind):
    shape, groups = shape_and_groups
    s = statistics(shape, kind, groups if kind == "group" else None)
    x = torch.from_numpy(np.random.default_rng(1).normal(3, 2, shape))
    _, mean, var = normalize(x.reshape(s.view), s.reduced)
    by_key = mean_over_equal_keys(x.numpy(), s.key)
    spread = mean_over_equal_keys((x.numpy() - by_key) ** 2, s.key)
    assert np.allclose(mean.expand(s.view).reshape(shape), by_key, rtol=0, atol=1e-13)
    assert np.allclose(var.expand(s.view).reshape(shape), spread, rtol=0, atol=1e-13)
    assert mean.numel() == s.number
    assert np.allclose(mean.flatten().numpy(), [by_key[s.key == k][0] for k in range(s.number)], atol=1e-13)


@given(shapes(min_values=3), st.sampled_from([1e-5, 0.3]))
def test_normalized_to_mean_0_and_variance_1(shape, eps):
    x = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3)) * 4 + 7
    x_hat, _, var = normalize(x, (0,), eps)
    assert x_hat.mean(0).abs().max() < 1e-12
    expected = var / (var + eps)
    assert torch.allclose(x_hat.square().mean(0, keepdim=True), expected, rtol=1e-12, atol=0)


def test_constant_becomes_zero():
    x_hat, mean, var = normalize(torch.full((3, 4), 7.3), (1,))
    assert x_hat.abs().max() == 0
    assert var.abs().max() == 0
    assert torch.allclose(mean, torch.full((3, 1), 7.3))


def test_normalize_gradient():
    x = torch.randn(3, 4, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: tuple(normalize(x, (0, 2))), x)
    assert torch.autograd.gradgradcheck(lambda x: tuple(normalize(x, (0, 2))), x)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype):
    x = (torch.randn(64, 9, generator=torch.Generator().manual_seed(0)) * 300).to(dtype)  # 300² > 65,504
    x_hat, mean, var = normalize(x, (0,))
    exact, exact_mean, exact_var = normalize(x.double(), (0,))
    assert x_hat.dtype == dtype
    assert mean.dtype == var.dtype == torch.float32
    assert torch.equal(x_hat, exact.float().to(dtype))
    assert torch.allclose(mean.double(), exact_mean, rtol=1e-6, atol=1e-5)
    assert torch.allclose(var.double(), exact_var, rtol=1e-6)


@pytest.mark.parametrize("axis", [1, 2, -1])
def test_scale_shift_goes_to_the_channels(axis):
    x = torch.randn(2, 3, 3)
    gamma, beta = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, -1.0, 4.0])
    expected = (x.movedim(axis, -1) * gamma + beta).movedim(-1, axis)
    assert torch.equal(scale_shift(x, gamma, beta, channel_axis=axis), expected)
    assert torch.equal(scale_shift(x, None, None), x)


def test_statistics_refuses():
    with refuses(ValueError, r"unknown kind 'bacth'; try one of batch, layer, instance, group, token"):
        statistics(SHAPE, "bacth")
    with refuses(ValueError, r"shape \(3,\) has fewer than the two axes \(N, C\)"):
        statistics((3,), "batch")
    for axis in (0, 4, -4):
        with refuses(ValueError, rf"channel_axis={axis} is not an axis after the samples.*try 1 to 3"):
            statistics(SHAPE, "batch", channel_axis=axis)
    with refuses(ValueError, r"groups=2 has no meaning for kind 'batch'"):
        statistics(SHAPE, "batch", 2)


@pytest.mark.parametrize(
    ("groups", "C", "choices"),
    [
        (3, 8, "try 1, 2, 4 or 8"),
        (2, 3, "try 1 or 3"),
        (2, 1, "try 1"),
        (0, 6, "try 1, 2, 3 or 6"),
        (-2, 6, "try 1, 2, 3 or 6"),
        (2.0, 4, "try 1, 2 or 4"),
        (None, 4, "try 1, 2 or 4"),
    ],
)
def test_groups_that_do_not_divide(groups, C, choices):
    with refuses(ValueError, rf"^num_groups={groups} does not divide C={C}; {choices}$"):
        statistics((2, C, 3), "group", groups)


@pytest.mark.parametrize("eps", [0, -1e-5, float("nan")])
def test_normalize_refuses_eps(eps):
    with refuses(ValueError, rf"eps={eps} is not positive"):
        normalize(torch.ones(2, 3), (0,), eps)


def test_normalize_refuses_integers():
    with refuses(TypeError, r"x must be floating point, but has dtype torch.int64; try x.float\(\)"):
        normalize(torch.ones(2, 3, dtype=torch.int64), (0,))
