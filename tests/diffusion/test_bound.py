import math

import pytest
import torch
from judge import refuses
from scipy.special import logsumexp
from torch.distributions import MultivariateNormal, Normal

from dlsteps.data import load_digits
from dlsteps.diffusion import Gaussian, Mixture, Schedule, linear_schedule, q_sample, variational_bound
from dlsteps.diffusion.bound import kl_divergence, log_likelihood


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def gaussian(seed):
    return Gaussian(drawn(5, 3, seed=seed), drawn(5, 1, seed=seed + 1).exp())


def test_divergence_is_torchs():
    q, p = gaussian(0), gaussian(2)
    theirs = torch.distributions.kl_divergence(
        Normal(q.mean, q.variance.sqrt().expand(5, 3)), Normal(p.mean, p.variance.sqrt().expand(5, 3))
    )
    assert torch.allclose(kl_divergence(q, p), theirs, rtol=1e-12)


def test_density_is_torchs():
    p, x = gaussian(0), drawn(5, 3, seed=9)
    theirs = Normal(p.mean, p.variance.sqrt()).log_prob(x)
    assert torch.allclose(log_likelihood(x, p), theirs, rtol=1e-12)


@pytest.mark.parametrize("levels", [2, 17, 256])
@pytest.mark.parametrize(("mean", "variance"), [(0.1, 0.04), (-0.9, 1e-4), (3.0, 0.01)])
def test_probabilities_of_the_levels_sum_to_1(levels, mean, variance):
    x = torch.linspace(-1, 1, levels, dtype=torch.float64).view(-1, 1)
    p = Gaussian(torch.full_like(x, mean), torch.full((levels, 1), variance).double())
    assert log_likelihood(x, p, levels).exp().sum().item() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("mean", [-2.0, 0.13, 2.0])
def test_a_bin_by_integration_even_far_out(mean):
    # At mean 2 and standard deviation 0.05 the bin of -0.5 lies 50 standard deviations away.
    x, half = torch.tensor([[-0.5]]).double(), 1 / 16
    grid = torch.linspace(-0.5 - half, -0.5 + half, 200_002, dtype=torch.float64)
    middles, width = (grid[1:] + grid[:-1]) / 2, grid.diff().log()
    expected = logsumexp((Normal(mean, 0.05).log_prob(middles) + width).numpy())
    p = Gaussian(torch.full_like(x, mean), torch.full_like(x, 0.05**2))
    assert log_likelihood(x, p, 17).item() == pytest.approx(expected, rel=1e-6)


def chain(mean, variance, steps):
    """Return the joint distribution of a chain of scalars, x' = a x + c + noise of variance v."""
    means, cov = [mean], torch.tensor([[variance]]).double()
    for a, c, v in steps:
        means.append(a * means[-1] + c)
        row = a * cov[-1]
        cov = torch.cat([torch.cat([cov, row[:, None]], 1), torch.cat([row, (a * row[-1] + v)[None]])[None]])
    return MultivariateNormal(torch.tensor(means).double(), cov)


def backward(joint):
    return MultivariateNormal(joint.loc.flip(0), joint.covariance_matrix.flip(0, 1))


@pytest.mark.parametrize("variance", ["posterior", "beta"])
def test_against_the_joint_distributions(variance):
    # With a linear predictor both chains are normal: data → noise and noise → data. So the expected bound is
    # the divergence of the two joint distributions plus the entropy of the data, in closed form.
    schedule = Schedule(torch.tensor([0.1, 0.2, 0.3, 0.5]).double())
    m, s = 0.8, 0.6
    predict = lambda x, t: 0.9 * x - 0.1  # noqa: E731 - not the best, so that every term counts
    q = chain(m, s**2, [((1 - b) ** 0.5, 0.0, torch.tensor(b).double()) for b in schedule.beta.tolist()])
    steps = []
    for t in reversed(range(4)):
        beta, a_bar = schedule.beta[t].item(), schedule.alpha_bar[t].item()
        share = beta / (1 - a_bar) ** 0.5
        before = schedule.alpha_bar[max(t, 1) - 1].item()
        fixed = beta if variance == "beta" else None
        at = max(t, 1)  # the posterior's variance at t = 0 is replaced by the next
        tilde = schedule.beta[at].item() * (1 - before) / (1 - schedule.alpha_bar[at].item())
        v = torch.tensor(fixed or tilde).double()
        steps.append(((1 - 0.9 * share) / (1 - beta) ** 0.5, 0.1 * share / (1 - beta) ** 0.5, v))
    p = backward(chain(0.0, 1.0, steps))
    entropy = 0.5 * math.log(2 * math.pi * math.e * s**2)
    expected = (torch.distributions.kl_divergence(q, p).item() + entropy) / math.log(2)
    x_0 = m + s * drawn(200_000, 1)
    bound = variational_bound(schedule, predict, x_0, torch.Generator().manual_seed(1), variance=variance)
    assert bound.steps.shape == (200_000, 3)
    error = bound.total.std().item() / 200_000**0.5
    assert error < 0.01
    assert abs(bound.total.mean().item() - expected) < 4 * error


def test_with_the_best_predictor_it_comes_near_the_entropy():
    s, schedule = 0.5, linear_schedule(200, 5e-4, 0.1)
    data = Mixture(torch.ones(1).double(), torch.zeros(1, 1).double(), torch.full((1,), s).double())
    x_0 = data.sample(10_000, torch.Generator().manual_seed(0))
    predict = lambda x, t: data.best_eps(schedule, x, t)  # noqa: E731
    bound = variational_bound(schedule, predict, x_0, torch.Generator().manual_seed(1), variance="beta")
    entropy = 0.5 * math.log2(2 * math.pi * math.e * s**2)
    error = bound.total.std().item() / 10_000**0.5
    assert error < 0.03
    assert entropy - 2 * error < bound.total.mean().item() < entropy + 0.15
    assert 0 < bound.prior.mean() < 1e-3


def test_digits_in_bits():
    x_0 = 2 * load_digits().images[:20] - 1  # (20, 1, 8, 8), 17 levels
    schedule = linear_schedule(50, 2e-3, 0.4)
    unknowing = lambda x, t: torch.zeros_like(x)  # noqa: E731
    bound = variational_bound(schedule, unknowing, x_0, torch.Generator().manual_seed(0), clip=1, levels=17)
    assert bound.prior.shape == bound.decoder.shape == bound.total.shape == (20,)
    assert (bound.steps > 0).all()
    assert torch.allclose(bound.total, bound.prior + bound.steps.sum(1) + bound.decoder)

    def knowing(x, t):
        a_bar = schedule.alpha_bar[t].view(-1, 1, 1, 1)
        return (x - a_bar**0.5 * x_0) / (1 - a_bar) ** 0.5

    known = variational_bound(schedule, knowing, x_0, torch.Generator().manual_seed(0), levels=17)
    assert known.steps.abs().max() < 1e-9  # whoever knows the picture pays for no step
    assert known.decoder.max() < 0.2 < bound.decoder.min()
    assert not known.total.requires_grad


def test_one_step_and_no_samples():
    bound = variational_bound(linear_schedule(1), lambda x, t: x, drawn(3, 2))
    assert bound.steps.shape == (3, 0)
    assert torch.allclose(bound.total, bound.prior + bound.decoder)
    assert variational_bound(linear_schedule(2), lambda x, t: x, drawn(0, 2)).total.shape == (0,)
    assert variational_bound(linear_schedule(2), lambda x, t: x, drawn(4)).total.shape == (4,)


def test_the_generator_decides_the_noise():
    schedule, x = linear_schedule(5, 0.1, 0.5), drawn(3, 2)
    a, b, c = (
        variational_bound(schedule, lambda x, t: 0 * x, x, torch.Generator().manual_seed(seed)).total
        for seed in (1, 1, 2)
    )
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    q = q_sample(schedule, x, torch.full((3,), 4), torch.zeros(3, 2).double())
    prior = Normal(q, (1 - schedule.alpha_bar[4]).sqrt())
    theirs = torch.distributions.kl_divergence(prior, Normal(torch.zeros(3, 2).double(), 1.0)).mean(1)
    bound = variational_bound(schedule, lambda x, t: 0 * x, x)
    assert torch.allclose(bound.prior, theirs / math.log(2))


def test_refuses():
    schedule, x = linear_schedule(2), torch.zeros(1, 3)
    predict = lambda x, t: x  # noqa: E731
    with refuses(ValueError, "levels=1 leaves nothing to tell apart; try 256 for bytes"):
        variational_bound(schedule, predict, x, levels=1)
    with refuses(ValueError, r"not among the levels=256 values from -1 to 1; try 2 \* k / 255 - 1"):
        variational_bound(schedule, predict, x, levels=256)
    with refuses(ValueError, "not among the levels=3 values"):
        variational_bound(schedule, predict, x + 2, levels=3)
    with refuses(ValueError, "unknown variance"):
        variational_bound(schedule, predict, x, variance="large")
    with refuses(ValueError, "unknown kind"):
        variational_bound(schedule, predict, x, kind="noise")
    with refuses(TypeError, "must be floating point"):
        variational_bound(schedule, predict, x.long())
