import math

import pytest
import torch
import torch.nn.functional as F
from drawn import shapes
from hypothesis import given
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.normalization import BatchNorm, BatchNorm1d, BatchNorm2d, batch_norm

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 1


def torchs(ndim):
    return {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}[ndim]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("training", [True, False])
@given(shape=shapes(min_values=2))
def test_matches_torch(dtype, training, shape):
    ours, theirs = BatchNorm(shape[1]), torchs(len(shape))(shape[1])
    theirs.running_mean.uniform_(-1, 1)
    theirs.running_var.uniform_(0.5, 2)
    assert_matches_torch(ours.train(training), theirs.train(training), drawn(shape), dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("momentum", [0.1, 0.75, None])
@pytest.mark.parametrize(
    ("ours", "theirs", "shape"),
    [(BatchNorm1d, nn.BatchNorm1d, (8, 5)), (BatchNorm2d, nn.BatchNorm2d, (4, 5, 3, 2))],
)
def test_matches_torch_over_20_steps(dtype, momentum, ours, theirs, shape):
    ours, theirs = ours(5, momentum=momentum, eps=1e-3), theirs(5, momentum=momentum, eps=1e-3)
    for step in range(20):
        training = step % 5 != 4
        ours.train(training), theirs.train(training)
        assert_matches_torch(
            ours, theirs, drawn(shape, step) * step, dtype=dtype, share_state=step == 0, seed=step
        )
    assert ours.num_batches_tracked == 16
    assert ours.running_var.min() > 1.5


def test_state_goes_both_ways():
    ours, theirs = BatchNorm2d(3), nn.BatchNorm2d(3)
    ours(drawn((4, 3, 2, 2)).float()), theirs(drawn((4, 3, 2, 2), 1).float())
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    assert_matches_torch(ours, theirs, drawn((4, 3, 2, 2)), share_state=False)
    fresh = BatchNorm2d(3).double()
    fresh.load_state_dict(theirs.state_dict())
    assert_matches_torch(fresh, theirs, drawn((4, 3, 2, 2)), share_state=False)
    assert fresh.num_batches_tracked.dtype == theirs.num_batches_tracked.dtype


def test_the_functions_momentum_is_torchs():
    x, ours, theirs = drawn((4, 3)), torch.zeros(3).double(), torch.zeros(3).double()
    batch_norm(x, ours, torch.ones(3).double(), training=True)
    F.batch_norm(x, theirs, torch.ones(3).double(), training=True)
    assert torch.allclose(ours, theirs, rtol=1e-12)


def test_without_affine():
    assert_matches_torch(BatchNorm1d(3, affine=False), nn.BatchNorm1d(3, affine=False), drawn((4, 3)))


def test_function_matches_torchs():
    mean, var = torch.zeros(3).double(), torch.ones(3).double()
    ours = lambda x, g, b: batch_norm(x, mean, var, g, b, training=False)  # noqa: E731
    theirs = lambda x, g, b: F.batch_norm(x, mean, var, g, b, training=False)  # noqa: E731
    assert_matches_torch(ours, theirs, drawn((4, 3)), drawn(3), drawn(3))
    ours = lambda x: batch_norm(x, training=True)  # noqa: E731
    assert_matches_torch(ours, lambda x: F.batch_norm(x, None, None, training=True), drawn((4, 3)))


@pytest.mark.parametrize("training", [True, False])
def test_gradient(training):
    x, gamma, beta = drawn((3, 2, 2)), drawn(2, 1), drawn(2, 2)
    mean, var = drawn(2, 3), drawn(2, 4).abs() + 0.5
    f = lambda *a: batch_norm(a[0], mean.clone(), var.clone(), *a[1:], training=training)  # noqa: E731
    assert torch.autograd.gradcheck(f, [t.requires_grad_() for t in (x, gamma, beta)])


def test_the_mode_is_explicit():
    bn, x = BatchNorm1d(3), drawn((5, 3)).float()
    with torch.no_grad():
        bn(x)
    assert bn.num_batches_tracked == 1
    assert bn.running_mean.abs().min() > 0
    before = bn.running_mean.clone()
    bn.eval()(x.requires_grad_())
    assert torch.equal(bn.running_mean, before)
    assert bn.num_batches_tracked == 1


def test_running_statistics_have_no_gradient():
    bn = BatchNorm1d(3)
    bn(drawn((5, 3)).float().requires_grad_())
    assert not bn.running_mean.requires_grad
    assert not bn.running_var.requires_grad


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_offset(dtype):
    x = (1e4 + 1e-3 * drawn((16, 4, 8, 8))).to(dtype)
    exact = x.double() - 1e4  # no digit is lost here
    expected = (exact - exact.mean((0, 2, 3), keepdim=True)) / torch.sqrt(
        exact.var((0, 2, 3), correction=0, keepdim=True) + 1e-9
    )
    y = batch_norm(x, training=True, eps=1e-9).double()
    assert (y - expected).abs().max() < (1e-5 if dtype == torch.float32 else 1e-9)


def test_running_variance_at_a_large_offset():
    bn = BatchNorm1d(1, momentum=1.0).double()
    x = 1e4 + 1e-3 * drawn((50, 1))
    bn(x)
    assert abs(bn.running_var.item() / (x - 1e4).var().item() - 1) < 1e-6


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(0, 3), (0, 3, 2, 2), (2, 3, 0)])
def test_empty_batch(training, shape):
    ours, theirs = BatchNorm(3).train(training), torchs(len(shape))(3).train(training)
    theirs.running_mean.fill_(2.0)
    assert_matches_torch(ours, theirs, torch.empty(shape))
    assert torch.equal(ours.running_mean, torch.full((3,), 2.0).double())


def test_non_contiguous_input():
    x = drawn((4, 5, 6, 3)).permute(0, 3, 1, 2)
    assert not x.is_contiguous()
    assert_matches_torch(
        lambda x: batch_norm(x.permute(0, 3, 1, 2), training=True),
        lambda x: F.batch_norm(x.permute(0, 3, 1, 2), None, None, training=True),
        drawn((4, 5, 6, 3)),
    )


def test_half_precision():
    bn = BatchNorm1d(3).to(torch.bfloat16)
    y = bn(drawn((6, 3)).to(torch.bfloat16))
    assert y.dtype == bn.running_mean.dtype == torch.bfloat16
    assert bn.running_mean.abs().min() > 0


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1, 1)])
def test_refuses_one_value_per_channel_in_training(shape):
    bn = BatchNorm(3)
    with refuses(ValueError, "has 1 value per channel, and training needs more than 1"):
        bn(torch.ones(shape))
    assert bn.num_batches_tracked == 0
    assert torch.isfinite(bn.eval()(torch.ones(shape))).all()


def test_a_refusal_loses_nothing():
    bn = BatchNorm2d(3)
    before = {name: value.clone() for name, value in bn.state_dict().items()}
    with refuses(ValueError, "C=4"):
        bn(torch.ones(2, 4, 2, 2))
    assert all(torch.equal(before[name], value) for name, value in bn.state_dict().items())


def test_refuses():
    x = torch.ones(4, 3)
    with refuses(ValueError, "BatchNorm1d expects 2-D or 3-D input, but x has shape"):
        BatchNorm1d(3)(torch.ones(2, 3, 2, 2))
    with refuses(ValueError, "BatchNorm2d expects 4-D input"):
        BatchNorm2d(3)(x)
    with refuses(ValueError, r"x of shape \(3,\) has fewer than the two axes"):
        BatchNorm(3)(torch.ones(3))
    with refuses(ValueError, r"C=3 channels on axis 1, but gamma has shape \(2,\)"):
        batch_norm(x, gamma=torch.ones(2), training=True)
    with refuses(ValueError, r"but beta has shape \(3, 1\)"):
        batch_norm(x, beta=torch.ones(3, 1), training=True)
    with refuses(ValueError, r"but running_var has shape \(1,\)"):
        batch_norm(x, torch.zeros(3), torch.ones(1), training=True)
    with refuses(TypeError, "x must be floating point, but has dtype torch.int32"):
        BatchNorm(3)(x.int())
    with refuses(TypeError, "x has dtype torch.float64, but running_mean has torch.float32"):
        BatchNorm(3)(x.double())
    for state in [(None, torch.ones(3)), (torch.zeros(3), None)]:
        with refuses(ValueError, "running_mean or running_var is None, but training=False needs both"):
            batch_norm(x, *state, training=False)
    for training in (True, False):
        with refuses(ValueError, "eps=0 is not positive"):
            batch_norm(x, torch.zeros(3), torch.ones(3), training=training, eps=0)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, math.nan])
def test_refuses_momentum(momentum):
    x = torch.ones(4, 3)
    with refuses(ValueError, f"momentum={momentum} is not a share from 0 to 1; try 0.1"):
        BatchNorm(3, momentum=momentum)(x)


def test_repr():
    assert repr(BatchNorm2d(3)) == "BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True)"
