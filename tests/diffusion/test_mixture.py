import pytest
import torch
from judge import refuses

from dlsteps.diffusion import Mixture, linear_schedule, simple_loss

SCHEDULE = linear_schedule(40, 1e-3, 0.3)


def f64(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


MIXTURE = Mixture(f64(0.3, 0.7), f64([-1.0], [1.5]), f64(0.2, 0.5))


@pytest.mark.parametrize("t", [0, 10, 39])
@pytest.mark.parametrize("x", [-2.0, 0.1, 1.4])
def test_best_prediction_by_bayes_rule(t, x):
    # Try every picture x_0 on a fine grid: the noise that it would need, weighted by how likely the two are.
    a, b = SCHEDULE.signal[t], SCHEDULE.noise[t]
    grid = torch.linspace(-6, 6, 200_001, dtype=torch.float64)
    eps = (x - a * grid) / b
    prior = sum(
        w * torch.exp(-((grid - m) ** 2) / (2 * s**2)) / s
        for w, m, s in zip((0.3, 0.7), (-1.0, 1.5), (0.2, 0.5), strict=True)
    )
    weight = torch.softmax(prior.log() - eps**2 / 2, 0)
    ours = MIXTURE.best_eps(SCHEDULE, f64([x]), torch.tensor([t]))
    assert ours.item() == pytest.approx((weight * eps).sum().item(), abs=1e-8)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_one_center_in_closed_form(d):
    center = torch.randn(1, d, dtype=torch.float64)
    data, x, t = (
        Mixture(f64(1.0), center, f64(0.4)),
        torch.randn(5, d, dtype=torch.float64),
        torch.arange(5) * 9,
    )
    a_bar = SCHEDULE.alpha_bar[t].view(-1, 1)
    expected = (1 - a_bar) ** 0.5 * (x - a_bar**0.5 * center) / (a_bar * 0.16 + 1 - a_bar)
    assert torch.allclose(data.best_eps(SCHEDULE, x, t), expected, rtol=1e-12)


def test_two_dimensions_weigh_the_centers_by_distance():
    # Two centers of unequal width in the plane; the weights by torch's own densities.
    data = Mixture(f64(0.4, 0.6), f64([0.0, 1.0], [2.0, -1.0]), f64(0.1, 0.9))
    x, t = torch.randn(6, 2, dtype=torch.float64), torch.full((6,), 15)
    a_bar = SCHEDULE.alpha_bar[15]
    a, b = a_bar**0.5, (1 - a_bar) ** 0.5
    scales = (a_bar * data.stds**2 + 1 - a_bar) ** 0.5
    parts = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(data.weights),
        torch.distributions.Independent(
            torch.distributions.Normal(a * data.centers, scales[:, None].expand(2, 2)), 1
        ),
    )
    x.requires_grad_()
    (score,) = torch.autograd.grad(parts.log_prob(x).sum(), x)
    assert torch.allclose(data.best_eps(SCHEDULE, x, t), -b * score, rtol=1e-9)


def test_no_other_prediction_is_better():
    generator = torch.Generator().manual_seed(0)
    x_0, t = MIXTURE.sample(20_000, generator), torch.randint(40, (20_000,), generator=generator)
    eps = torch.randn(20_000, 1, dtype=torch.float64, generator=generator)
    best = lambda x, t: MIXTURE.best_eps(SCHEDULE, x, t)  # noqa: E731
    least = simple_loss(SCHEDULE, best, x_0, t, eps)
    for other in (
        lambda x, t: 0.9 * best(x, t),
        lambda x, t: best(x, t) + 0.1,
        lambda x, t: best(x + 0.2, t),
    ):
        assert simple_loss(SCHEDULE, other, x_0, t, eps) > least
    half = MIXTURE.best_eps(SCHEDULE, x_0[:3].float(), t[:3])
    assert half.dtype == torch.float32


def test_samples():
    x = Mixture(f64(0.25, 0.75), f64([0.0, 0], [10, 20]), f64(0.0, 1.0)).sample(
        40_000, torch.Generator().manual_seed(0)
    )
    first = (x == 0).all(1)
    assert first.double().mean().item() == pytest.approx(0.25, abs=0.01)
    assert x[~first].mean(0).tolist() == pytest.approx([10, 20], abs=0.03)
    assert x[~first].std(0).tolist() == pytest.approx([1, 1], abs=0.03)
    assert MIXTURE.sample(0).shape == (0, 1)


def test_refuses():
    with refuses(ValueError, r"have shapes \(2,\), \(1, 1\) and \(2,\); try \(K,\), \(K, d\) and \(K,\)"):
        Mixture(f64(0.5, 0.5), f64([0.0]), f64(1.0, 1.0))
    with refuses(ValueError, r"have shapes \(1,\), \(1,\) and \(1,\)"):
        Mixture(f64(1.0), f64(0.0), f64(1.0))
    with refuses(ValueError, r"have shapes \(1,\), \(1, 1\) and \(2,\)"):
        Mixture(f64(1.0), f64([0.0]), f64(1.0, 1.0))
    for k, name in enumerate(("weights", "centers", "stds")):
        parts = [f64(1.0), f64([0.0]), f64(1.0)]
        parts[k] = parts[k].float()
        with refuses(TypeError, rf"{name} have dtype torch.float32, not float64; try {name}.double\(\)"):
            Mixture(*parts)
    with refuses(ValueError, "centers are not all finite"):
        Mixture(f64(1.0), f64([torch.nan]), f64(1.0))
    with refuses(ValueError, "n=-1 is no number of points; try 0 or more"):
        MIXTURE.sample(-1)
    for weights in ((0.5, 0.4), (1.5, -0.5), (0.5, torch.nan)):
        with refuses(ValueError, "are not positive shares of 1; try weights / weights.sum"):
            Mixture(f64(*weights), f64([0.0], [1.0]), f64(1.0, 1.0))
    with refuses(ValueError, r"stds=\[-1.0\] has a negative number"):
        Mixture(f64(1.0), f64([0.0]), f64(-1.0))
    with refuses(ValueError, r"x_t of shape \(1, 2\) does not hold points of d=1 numbers"):
        MIXTURE.best_eps(SCHEDULE, f64([0.0, 1.0]), torch.tensor([0]))
    with refuses(ValueError, r"x_t of shape \(1,\) does not hold points"):
        MIXTURE.best_eps(SCHEDULE, f64(0.0), torch.tensor([0]))
    with refuses(TypeError, "t must be whole numbers"):
        MIXTURE.best_eps(SCHEDULE, f64([0.0]), f64(1.0))
    with refuses(ValueError, "t=40 is outside 0…39"):
        MIXTURE.best_eps(SCHEDULE, f64([0.0]), torch.tensor([40]))
