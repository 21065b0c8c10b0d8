import math

import pytest
import scipy.stats
import torch
import torch.nn.functional as F
from drawn import shapes
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch.distributions import Categorical
from torch.distributions import kl_divergence as torchs_kl

from dlsteps.nn.likelihood import cross_entropy, entropy, kl_divergence

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2


def distribution(shape, seed=0):
    return drawn(shape, seed).softmax(-1)


@pytest.mark.parametrize("dtype", DTYPES)
@given(shape=shapes(min_axes=1), seed=st.integers(0, 20))
def test_match_torch(dtype, shape, seed):
    p, q = drawn(shape, seed), drawn(shape, seed + 1)
    of = lambda f: lambda *z: f(*(x.softmax(-1) for x in z))  # noqa: E731  (gradients go to the logits)
    assert_matches_torch(of(entropy), of(lambda p: torch.special.entr(p).sum(-1)), p, dtype=dtype)
    theirs = lambda p, q: F.kl_div(q.log(), p, reduction="none").sum(-1)  # noqa: E731
    assert_matches_torch(
        of(kl_divergence), of(theirs), p, q, dtype=dtype, tolerance=1e-5 if dtype == torch.float32 else 1e-13
    )

    # torch's cross_entropy takes probabilities as targets, and a logarithm of q is a logit of q
    def theirs(p, q):
        logits, targets = (x.reshape(-1, shape[-1]) for x in (q.log(), p))
        return F.cross_entropy(logits, targets, reduction="none").view(shape[:-1])

    assert_matches_torch(
        cross_entropy_of(-1), lambda p, q: theirs(p.softmax(-1), q.softmax(-1)), p, q, dtype=dtype
    )


def cross_entropy_of(dim):
    return lambda p, q: cross_entropy(p.softmax(dim), q.softmax(dim), dim)


@given(shape=shapes(min_axes=1, max_axes=3), seed=st.integers(0, 20))
def test_match_scipy_and_torchs_distributions(shape, seed):
    p, q = distribution(shape, seed), distribution(shape, seed + 1)
    close = {"rtol": 0, "atol": 1e-13}
    assert torch.allclose(entropy(p), torch.as_tensor(scipy.stats.entropy(p, axis=-1)), **close)
    assert torch.allclose(kl_divergence(p, q), torch.as_tensor(scipy.stats.entropy(p, q, axis=-1)), **close)
    assert torch.allclose(kl_divergence(p, q), torchs_kl(Categorical(p), Categorical(q)), **close)


@given(classes=st.integers(1, 6), seed=st.integers(0, 100))
def test_cross_entropy_is_entropy_plus_divergence_and_least_where_q_is_p(classes, seed):
    p, q = distribution((5, classes), seed), distribution((5, classes), seed + 1)
    assert torch.allclose(cross_entropy(p, q), entropy(p) + kl_divergence(p, q), rtol=1e-13, atol=1e-13)
    assert (kl_divergence(p, q) >= -1e-15).all()
    assert (kl_divergence(p, q) > 1e-6).all() or classes == 1
    assert kl_divergence(p, p.clone()).abs().max() < 1e-15
    assert torch.allclose(cross_entropy(p, p.clone()), entropy(p), rtol=0, atol=1e-14)


def test_where_the_divergence_is_least_so_are_the_others():
    p = torch.tensor([0.3, 0.7], dtype=torch.float64)
    q_1 = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
    q = torch.stack([q_1, 1 - q_1], -1)
    for f in (kl_divergence, cross_entropy):
        assert q_1[f(p.expand_as(q), q).argmin()] == pytest.approx(0.3)


def test_values_known_by_heart():
    assert entropy(torch.full((8,), 1 / 8)).item() == pytest.approx(math.log(8), rel=1e-6)
    sure = entropy(torch.tensor([0.0, 1.0, 0.0]))
    assert sure == 0
    assert not sure.signbit()
    p, q = torch.tensor([0.5, 0.5]), torch.tensor([0.25, 0.75])
    assert kl_divergence(p, q).item() == pytest.approx(0.5 * math.log(4 / 3), rel=1e-6)
    assert kl_divergence(q, p).item() == pytest.approx(
        math.log(2) - (math.log(4) - 0.75 * math.log(3)), rel=1e-6
    )
    assert kl_divergence(p, q) != kl_divergence(q, p)


def test_zeros():
    p = torch.tensor([0.0, 0.4, 0.6], dtype=torch.float64)
    q = torch.tensor([0.0, 0.5, 0.5], dtype=torch.float64)
    r = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64)
    assert entropy(p).item() == pytest.approx(scipy.stats.entropy([0.4, 0.6]), rel=1e-14)
    assert kl_divergence(p, q).item() == pytest.approx(scipy.stats.entropy([0.4, 0.6], [0.5, 0.5]), rel=1e-14)
    assert cross_entropy(p, r) == kl_divergence(p, r) == math.inf
    assert cross_entropy(q, p).isfinite()
    for f in (kl_divergence, cross_entropy):
        for x in (p, q):
            x.requires_grad_()
        by_p, by_q = torch.autograd.grad(f(p, q), (p, q))
        assert by_p.isfinite().all()
        assert by_q.tolist() == pytest.approx([0, -0.4 / 0.5, -0.6 / 0.5])
        assert by_q[0] == 0
    r_p = r.clone().requires_grad_()
    (by_p,) = torch.autograd.grad(cross_entropy(r_p, torch.tensor([0.2, 0.2, 0.6]).double()), r_p)
    assert by_p.tolist() == pytest.approx([-math.log(0.2), -math.log(0.2), -math.log(0.6)])


def test_another_axis_and_an_empty_batch():
    p, q = distribution((3, 4)).mT, distribution((3, 4), 1).mT
    for dim in (0, -2):
        assert torch.allclose(entropy(p, dim), entropy(p.mT), rtol=1e-14)
        assert torch.allclose(kl_divergence(p, q, dim), kl_divergence(p.mT, q.mT), rtol=1e-13)
        assert torch.allclose(cross_entropy(p, q, dim), cross_entropy(p.mT, q.mT), rtol=1e-14)
    assert entropy(torch.empty(0, 3)).shape == (0,)


def test_refuses():
    p = torch.tensor([[0.5, 0.5]])
    with refuses(ValueError, "p has -0.5 in it, and a probability is 0 or more"):
        entropy(torch.tensor([-0.5, 1.5]))
    with refuses(ValueError, "p has nan in it"):
        entropy(torch.tensor([math.nan, 1.0]))
    with refuses(ValueError, r"p sums to 1 along dim=-1 only up to 0.5; try p / p.sum\(-1, keepdim=True\)"):
        entropy(torch.tensor([0.5, 1.0]))
    with refuses(ValueError, "p sums to 1 along dim=0 only up to 0.5"):
        entropy(p, 0)
    with refuses(ValueError, "q sums to 1"):
        kl_divergence(p, p * 1.01)
    with refuses(ValueError, r"p has shape \(1, 2\), but q has \(2,\); try q.expand_as\(p\)"):
        cross_entropy(p, p[0])
    for dim in (2, -3):
        with refuses(ValueError, rf"dim={dim} is not an axis of p with shape \(1, 2\)"):
            entropy(p, dim)
    with refuses(TypeError, "p must be floating point"):
        entropy(torch.tensor([0, 1]))
    with refuses(TypeError, "x has dtype torch.float32, but q has torch.float64"):
        kl_divergence(p, p.double())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_what_a_softmax_gives_is_a_distribution_in_every_precision(dtype):
    p = (drawn((50, 1000)) * 2).to(dtype).softmax(-1)
    assert entropy(p).isfinite().all()
