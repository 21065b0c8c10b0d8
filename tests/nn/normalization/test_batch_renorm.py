import math

import pytest
import torch
from drawn import shapes
from hypothesis import given
from judge import refuses
from torch import nn

from dlsteps.nn.normalization import BatchNorm, BatchRenorm, ClipSchedule, batch_norm, batch_renorm

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 1


def state(C):
    return drawn(C, 11), drawn(C, 12).abs() + 0.5


def unlimited(_):
    return math.inf, math.inf


@given(shapes(min_values=2))
def test_without_clipping_the_running_statistics_normalize(shape):
    x, (mean, std) = drawn(shape), state(shape[1])
    view = (1, -1) + (1,) * (len(shape) - 2)
    expected = (x - mean.view(view)) / std.view(view)
    y = batch_renorm(x, mean, std, training=True, r_max=math.inf, d_max=math.inf)
    assert torch.allclose(y, expected, rtol=1e-10, atol=1e-10)


def test_so_training_and_evaluation_agree():
    layer, x = BatchRenorm(3, schedule=unlimited).double(), drawn((6, 3, 2, 2))
    for step in range(5):
        layer(drawn((6, 3, 2, 2), step))
    evaluated = layer.eval()(x)
    assert torch.allclose(layer.train()(x), evaluated, rtol=0, atol=1e-12)
    assert evaluated.mean().abs() > 0.01


@given(shapes(min_values=2))
def test_without_correction_it_is_batch_norm(shape):
    x, (mean, std) = drawn(shape), state(shape[1])
    gamma, beta = drawn(shape[1], 1), drawn(shape[1], 2)
    y = batch_renorm(x, mean, std, gamma, beta, training=True, r_max=1, d_max=0)
    assert torch.allclose(y, batch_norm(x, None, None, gamma, beta, training=True), rtol=1e-12, atol=1e-12)


def by_hand(x, mean, std, gamma, beta, r_max, d_max, eps):
    """Write algorithm 1 of the paper down for (N, C), with torch's own mean and variance."""
    mu_B, sigma_B = x.mean(0), torch.sqrt(x.var(0, correction=0) + eps)
    r = (sigma_B / std).detach().clamp(1 / r_max, r_max)
    d = ((mu_B - mean) / std).detach().clamp(-d_max, d_max)
    return gamma * ((x - mu_B) / sigma_B * r + d) + beta, mu_B, sigma_B, r, d


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("r_max", "d_max"), [(1.5, 0.4), (3.0, 5.0), (1.0, 0.5), (1.5, 0.0)])
def test_paper_algorithm(dtype, r_max, d_max):
    x = (drawn((7, 40)) * torch.linspace(0.1, 4, 40)).to(dtype)
    mean, std = (t.to(dtype) for t in state(40))
    gamma, beta = drawn(40, 1).to(dtype), drawn(40, 2).to(dtype)
    inputs = [t.clone().requires_grad_() for t in (x, gamma, beta)]
    theirs = [t.clone().requires_grad_() for t in (x, gamma, beta)]
    running_mean, running_std = mean.clone(), std.clone()
    y = batch_renorm(
        inputs[0], running_mean, running_std, *inputs[1:],
        training=True, r_max=r_max, d_max=d_max, momentum=0.2, eps=1e-3,
    )  # fmt: skip
    expected, mu_B, sigma_B, r, d = by_hand(theirs[0], mean, std, *theirs[1:], r_max, d_max, 1e-3)
    tolerance = {"rtol": 1e-10, "atol": 1e-10} if dtype == torch.float64 else {"rtol": 1e-4, "atol": 1e-4}
    assert torch.allclose(y, expected, **tolerance)
    upstream = drawn(y.shape, 5).to(dtype)
    y.backward(upstream), expected.backward(upstream)
    for ours, his in zip(inputs, theirs, strict=True):
        assert torch.allclose(ours.grad, his.grad, **tolerance)
    assert torch.allclose(running_mean, 0.8 * mean + 0.2 * mu_B, **tolerance)
    assert torch.allclose(running_std, 0.8 * std + 0.2 * sigma_B, **tolerance)
    if r_max == 1.5:  # the case reaches both limits, and the space between
        assert {(r == 1 / r_max).any().item(), (r == r_max).any().item()} == {True}
        assert ((r > 1 / r_max) & (r < r_max)).any()
    if d_max == 0.4:
        assert (d == d_max).any()
        assert (d == -d_max).any()


def test_r_and_d_are_constants_in_the_backward_pass():
    # Were they not, the unclipped output (x - mean)/std would have the gradient 1/std.
    x, (mean, std) = drawn((5, 3)).requires_grad_(), state(3)
    y = batch_renorm(x, mean.clone(), std.clone(), training=True, r_max=math.inf, d_max=math.inf)
    y.sum().backward()
    assert x.grad.abs().max() < 1e-12
    assert not mean.requires_grad


def test_20_steps_then_evaluation():
    schedule = ClipSchedule(warmup=4, r_until=16, d_until=10)
    layer = BatchRenorm(3, eps=1e-3, momentum=0.3, schedule=schedule).double()
    nn.init.normal_(layer.weight), nn.init.normal_(layer.bias)
    mean, std = torch.zeros(3).double(), torch.ones(3).double()
    for step in range(20):
        x = drawn((4, 3), step) * (1 + step)
        y, mu_B, sigma_B, *_ = by_hand(x, mean, std, layer.weight, layer.bias, *schedule(step), 1e-3)
        assert torch.allclose(layer(x), y, rtol=1e-10, atol=1e-10)
        mean, std = 0.7 * mean + 0.3 * mu_B, 0.7 * std + 0.3 * sigma_B
    assert layer.num_batches_tracked == 20
    before = layer.running_mean.clone()
    expected = layer.weight * (x - mean) / std + layer.bias
    assert torch.allclose(layer.eval()(x), expected, rtol=1e-10, atol=1e-10)
    assert torch.equal(layer.running_mean, before)
    assert layer.num_batches_tracked == 20


def test_it_learns_what_batch_norm_learns():
    assert {n for n, _ in BatchRenorm(3).named_parameters()} == {
        n for n, _ in BatchNorm(3).named_parameters()
    }
    assert list(BatchRenorm(3, affine=False).parameters()) == []
    assert BatchRenorm(3).momentum == 0.01


def test_schedule_of_the_paper():
    schedule = ClipSchedule()
    assert schedule(0) == schedule(5_000) == (1.0, 0.0)
    assert schedule(15_000) == (1 + 2 * 10 / 35, 2.5)
    assert schedule(25_000) == (1 + 2 * 20 / 35, 5.0)
    assert schedule(40_000) == schedule(10**9) == (3.0, 5.0)


def test_module_follows_its_schedule():
    asked = []
    layer = BatchRenorm(2, schedule=lambda n: asked.append(n) or (1.0, 0.0))
    x = drawn((4, 2)).float()
    layer(x), layer.eval()(x), layer.train()(x)
    assert asked == [0, 1]


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_offset(dtype):
    x = (1e4 + 1e-3 * drawn((256, 3))).to(dtype)
    exact = x.double() - 1e4
    expected = (exact - exact.mean(0)) / torch.sqrt(exact.var(0, correction=0) + 1e-9)
    mean, std = torch.full((3,), 1e4, dtype=dtype), torch.ones(3, dtype=dtype)
    y = batch_renorm(x, mean, std, training=True, r_max=1, d_max=0, eps=1e-9)
    assert (y.double() - expected).abs().max() < (1e-5 if dtype == torch.float32 else 1e-9)


def test_half_precision():
    layer = BatchRenorm(3, schedule=lambda _: (3.0, 5.0)).to(torch.bfloat16)
    assert layer(drawn((6, 3)).to(torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize("shape", [(0, 3), (2, 3, 0)])
def test_empty_batch(shape):
    layer = BatchRenorm(3)
    x = torch.empty(shape, requires_grad=True)
    y = layer(x)
    y.sum().backward()
    assert y.shape == x.grad.shape == shape
    assert torch.equal(layer.weight.grad, torch.zeros(3))
    assert torch.equal(layer.running_mean, torch.zeros(3))
    assert torch.equal(layer.running_std, torch.ones(3))
    assert layer.eval()(x).shape == shape


def test_refuses():
    x, zeros, ones = torch.ones(4, 3), torch.zeros(3), torch.ones(3)
    with refuses(ValueError, "has 1 value per channel, and training needs more than 1"):
        BatchRenorm(3)(x[:1])
    with refuses(ValueError, r"but running_mean has shape \(4,\)"):
        BatchRenorm(4)(x)
    with refuses(ValueError, r"but running_std has shape \(1,\)"):
        batch_renorm(x, zeros, torch.ones(1), training=True)
    with refuses(ValueError, r"but gamma has shape \(2,\)"):
        batch_renorm(x, zeros, ones, torch.ones(2), training=True)
    with refuses(ValueError, r"but beta has shape \(2,\)"):
        batch_renorm(x, zeros, ones, None, torch.ones(2), training=True)
    with refuses(ValueError, r"r_max=0.5 is below 1 and forbids r = 1"):
        batch_renorm(x, zeros, ones, training=True, r_max=0.5)
    with refuses(ValueError, r"d_max=-1 is below 0 and forbids d = 0"):
        batch_renorm(x, zeros, ones, training=True, d_max=-1)
    for training in (True, False):
        with refuses(ValueError, "eps=0 is not positive"):
            batch_renorm(x, zeros, ones, training=training, eps=0)
    with refuses(TypeError, "but has dtype torch.int64"):
        BatchRenorm(3)(x.long())
    with refuses(TypeError, "but running_mean has torch.float32"):
        BatchRenorm(3)(x.double())
    with refuses(ValueError, "r_until=5 is not after warmup=5; try 6 for a jump"):
        ClipSchedule(warmup=5, r_until=5, d_until=6)
    with refuses(ValueError, "d_until=4 is not after warmup=5"):
        ClipSchedule(warmup=5, r_until=6, d_until=4)
    with refuses(ValueError, "r_max=0 is below 1"):
        ClipSchedule(r_max=0)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, math.nan])
def test_refuses_momentum(momentum):
    x = torch.ones(4, 3)
    with refuses(ValueError, f"momentum={momentum} is not a share from 0 to 1; try 0.1"):
        BatchRenorm(3, momentum=momentum)(x)


def test_defaults():
    x, runs = drawn((4, 6)) * 30, [state(6), state(6)]
    y = batch_renorm(x, *runs[0], training=True)
    named = batch_renorm(x, *runs[1], training=True, r_max=3, d_max=5, momentum=0.01, eps=1e-5)
    assert torch.equal(y, named)
    assert torch.equal(runs[0][0], runs[1][0])
    assert torch.equal(runs[0][1], runs[1][1])


def test_repr():
    assert repr(BatchRenorm(3)) == "BatchRenorm(3, eps=1e-05, momentum=0.01, affine=True)"
