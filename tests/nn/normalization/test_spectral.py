import copy
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm as torchs

from dlsteps.nn.normalization import (
    SpectralNorm,
    as_matrix,
    power_iteration,
    spectral_norm,
    with_spectral_norm,
)

LAYERS = {
    "linear": (lambda: nn.Linear(5, 7), (3, 5)),
    "conv": (lambda: nn.Conv2d(3, 4, 3), (2, 3, 6, 6)),
    "grouped": (lambda: nn.Conv2d(4, 6, 3, groups=2), (2, 4, 6, 6)),
    "transposed": (lambda: nn.ConvTranspose2d(3, 4, 2), (2, 3, 5, 5)),
}


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def largest_singular_value(W):
    return torch.linalg.svdvals(W)[0].item()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_matches_torch(dtype, training, name):
    make, shape = LAYERS[name]
    layer = make()
    ours, theirs = with_spectral_norm(copy.deepcopy(layer)), torchs(copy.deepcopy(layer))
    ours.train(training), theirs.train(training)
    assert_matches_torch(ours, theirs, drawn(shape), dtype=dtype)


def test_matches_torch_over_20_steps():
    layer = nn.Linear(5, 7)
    ours, theirs = (f(copy.deepcopy(layer), n_power_iterations=2) for f in (with_spectral_norm, torchs))
    for step in range(20):
        ours.train(step % 4 != 3), theirs.train(step % 4 != 3)
        assert_matches_torch(ours, theirs, drawn((3, 5), step), share_state=step == 0, seed=step)
        for module in (ours, theirs):
            with torch.no_grad():
                module.parametrizations.weight.original += 0.1 * drawn((7, 5), step)


def test_state_goes_both_ways():
    ours, theirs = with_spectral_norm(nn.Linear(5, 7)), torchs(nn.Linear(5, 7))
    theirs.load_state_dict(ours.state_dict())
    assert_matches_torch(ours, theirs, drawn((3, 5)), share_state=False)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 5))
def test_power_iteration_finds_the_largest_singular_value(h, w, seed):
    W, (u, v) = drawn((h, w), seed), (drawn(h, 10), drawn(w, 11))
    singular = torch.linalg.svdvals(W)
    ratio = (singular[1] / singular[0]).item() if len(singular) > 1 else 0.0
    steps = 5 if ratio == 0 else math.ceil(math.log(1e-9) / math.log(ratio**2)) + 20
    u, v = power_iteration(W, u, v, min(steps, 5000))
    assert abs(u.norm().item() - 1) < 1e-12
    assert abs(v.norm().item() - 1) < 1e-12
    assert abs((u @ W @ v).item() / singular[0].item() - 1) < 1e-6


def test_the_error_shrinks_as_the_docstring_says():
    W = torch.diag(torch.tensor([2.0, 1.0]).double())
    start = torch.tensor([1.0, 1.0]).double()
    for steps in (1, 2, 5):
        _, v = power_iteration(W, start, start, steps)
        assert abs(v[1] / v[0] - 0.25**steps) < 1e-12


def settled(weight, dim=0):
    parametrization = SpectralNorm(weight, n_power_iterations=2000, dim=dim)
    return parametrization(weight)


@pytest.mark.parametrize(("shape", "dim"), [((6, 4), 0), ((3, 2, 3, 3), 0), ((2, 5, 3, 3), 1)])
def test_against_svd(shape, dim):
    weight = drawn(shape)
    normalized = settled(weight, dim)
    assert abs(largest_singular_value(as_matrix(normalized, dim)) - 1) < 1e-9
    assert torch.allclose(normalized / weight, (normalized / weight).mean(), rtol=1e-12)


@given(st.integers(0, 20))
def test_a_linear_layer_stretches_nothing(seed):
    W = settled(drawn((6, 4), seed))
    x, y = drawn((50, 4), seed + 1), drawn((50, 4), seed + 2)
    stretch = ((x - y) @ W.T).norm(dim=1) / (x - y).norm(dim=1)
    assert stretch.max() <= 1 + 1e-6
    v = torch.linalg.svd(W).Vh[0]
    assert abs((W @ v).norm().item() - 1) < 1e-6  # and the bound is met


def test_gradient_norm_through_a_chain_is_bounded():
    chain = nn.Sequential(*(m for _ in range(4) for m in (nn.Linear(8, 8), nn.LeakyReLU(0.2)))).double()
    for layer in chain[::2]:
        with torch.no_grad():
            layer.weight.mul_(20)
    x = drawn((10, 8)).requires_grad_()
    wild = torch.autograd.grad(chain(x).sum(0)[0], x)[0].norm(dim=1).max()
    for layer in chain[::2]:
        with_spectral_norm(layer, n_power_iterations=500)
    tame = torch.autograd.grad(chain(x).sum(0)[0], x)[0].norm(dim=1).max()
    assert tame <= 1 + 1e-6
    assert wild > 100


def conv_operator(weight, size):
    """Write the convolution out as the matrix that it is on images of this size, zero padding."""
    C = weight.shape[1]
    basis = torch.eye(C * size * size, dtype=weight.dtype).view(-1, C, size, size)
    return F.conv2d(basis, weight, padding=weight.shape[-1] // 2).flatten(1).T


def test_a_convolution_may_stretch_by_the_root_of_its_kernel():
    flat = settled(torch.ones(1, 1, 3, 3).double())
    assert torch.allclose(flat, torch.full_like(flat, 1 / 3))  # the reshaped matrix has norm 1
    stretch = largest_singular_value(conv_operator(flat, 12))
    assert 2.5 < stretch <= 3
    for seed in range(5):
        weight = settled(drawn((4, 2, 3, 3), seed))
        assert largest_singular_value(conv_operator(weight, 6)) <= 3 + 1e-6


def test_gradient_takes_u_and_v_for_constants():
    W, u, v = drawn((4, 3)), F.normalize(drawn(4, 1), dim=0), F.normalize(drawn(3, 2), dim=0)
    assert torch.autograd.gradcheck(lambda W: spectral_norm(W, u, v), W.requires_grad_())


def test_two_calls_before_one_backward_pass():
    layer = with_spectral_norm(nn.Linear(4, 1)).double()
    (layer(drawn((3, 4))) - layer(drawn((3, 4), 1))).sum().backward()
    assert torch.isfinite(layer.parametrizations.weight.original.grad).all()


def test_vectors_turn_in_training_alone():
    layer = with_spectral_norm(nn.Linear(6, 6))
    vectors = layer.parametrizations.weight[0]
    with torch.no_grad():
        layer.parametrizations.weight.original.copy_(drawn((6, 6)))
    before = vectors._u.clone()
    layer.eval()(torch.ones(1, 6))
    assert torch.equal(vectors._u, before)
    layer.train()(torch.ones(1, 6))
    assert (vectors._u - before).abs().max() > 1e-3
    assert not vectors._u.requires_grad


def test_the_generator_decides_the_first_vectors():
    weight = torch.diag(torch.tensor([1.0, 0.999, 0.998]))
    a, b, c = (SpectralNorm(weight, generator=torch.Generator().manual_seed(seed))._u for seed in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.allclose(a, c, atol=1e-3)


def test_first_vectors_have_taken_15_steps():
    weight = torch.diag(torch.tensor([1.0, 0.9]).double())
    v = SpectralNorm(weight, generator=torch.Generator().manual_seed(0))._v
    generator = torch.Generator().manual_seed(0)
    _, start = torch.randn(2, generator=generator), torch.randn(2, generator=generator)
    assert abs((v[1] / v[0]) / (start[1] / start[0]) - 0.9**30) < 1e-6


def test_eps_is_the_least_length():
    tiny = torch.full((2, 2), 1e-9).double()
    u, _ = power_iteration(tiny, torch.ones(2).double(), torch.ones(2).double(), 1, eps=1.0)
    assert torch.allclose(u, torch.full((2,), 2e-9).double())


def test_refuses():
    with refuses(ValueError, r"weight of shape \(3,\) is no matrix"):
        SpectralNorm(torch.ones(3))
    with refuses(ValueError, "weight is all zeros"):
        SpectralNorm(torch.zeros(2, 3))
    with refuses(ValueError, "n_power_iterations=0 never turns u and v; try 1"):
        with_spectral_norm(nn.Linear(2, 2), n_power_iterations=0)
    with refuses(TypeError, "weight must be floating point, but has dtype torch.int64"):
        SpectralNorm(torch.ones(2, 3, dtype=torch.int64))
