import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses

from dlsteps.diffusion import (
    KINDS,
    cosine_schedule,
    in_all_forms,
    linear_schedule,
    p_sample,
    q_posterior,
    q_sample,
    q_step,
    reverse_variance,
    simple_loss,
)

SCHEDULES = {"linear": linear_schedule(60, 1e-3, 0.2), "cosine": cosine_schedule(60)}
ALL = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)
DTYPES = [torch.float64, torch.float32]


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def drawn_t(N, T, seed=0):
    return torch.randint(T, (N,), generator=torch.Generator().manual_seed(seed))


@ALL
def test_steps_one_by_one_equal_the_jump(schedule):
    # Sample 0 is a picture of 1 without noise; sample s + 1 is no picture, with a noise of 1 at step s.
    # The steps are linear, so these are the factors of the picture and of each noise.
    T = schedule.T
    x, noises = torch.eye(1, T + 1).double().view(-1, 1), torch.eye(T + 1, T).double().roll(1, 0)
    for t in range(T):
        x = q_step(schedule, x, torch.full((T + 1,), t), noises[:, t : t + 1])
        jump = q_sample(schedule, torch.ones(1), torch.tensor([t]), torch.zeros(1))
        assert x[0].item() == pytest.approx(jump.item(), abs=1e-6)
        assert x[0].item() == pytest.approx(schedule.alpha_bar[t].item() ** 0.5, rel=1e-12)
        noise = q_sample(schedule, torch.zeros(1).double(), torch.tensor([t]), torch.ones(1).double())
        assert x[1:].square().sum().item() == pytest.approx(noise.item() ** 2, rel=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@given(st.lists(st.integers(1, 4), max_size=3), st.integers(0, 4), st.integers(0, 99))
def test_jump_and_its_gradient(dtype, shape, N, seed):
    schedule, t = SCHEDULES["cosine"], drawn_t(N, 60, seed)
    a = schedule.alpha_bar[t].view(-1, *[1] * len(shape))
    assert_matches_torch(
        lambda x, e: q_sample(schedule, x, t, e),
        lambda x, e: x * a.to(dtype) ** 0.5 + e * (1 - a).to(dtype) ** 0.5,
        drawn(N, *shape, seed=seed),
        drawn(N, *shape, seed=seed + 1),
        dtype=dtype,
    )


def log_density(x, mean, variance):
    return -((x - mean) ** 2) / (2 * variance)  # up to a constant


@ALL
@pytest.mark.parametrize("t", [1, 2, 30, 58, 59])
@pytest.mark.parametrize(("x_0", "x_t"), [(0.7, -0.4), (-1.5, 1.0)])
def test_posterior_equals_bayes_rule(schedule, t, x_0, x_t):
    before, beta = schedule.alpha_bar[t - 1], schedule.beta[t]
    grid = torch.linspace(-8, 8, 400_001, dtype=torch.float64)
    likelihood = log_density(x_t, (1 - beta) ** 0.5 * grid, beta)
    weight = torch.softmax(likelihood + log_density(grid, before**0.5 * x_0, 1 - before), 0)
    mean = (weight * grid).sum()
    ours = q_posterior(
        schedule, torch.tensor([x_0]).double(), torch.tensor([x_t]).double(), torch.tensor([t])
    )
    assert ours.mean.item() == pytest.approx(mean.item(), abs=1e-7)
    assert ours.variance.item() == pytest.approx((weight * (grid - mean) ** 2).sum().item(), rel=1e-6)


@ALL
def test_posterior_at_the_first_step_is_the_picture(schedule):
    mean, variance = q_posterior(schedule, drawn(3, 2), drawn(3, 2, seed=1), torch.zeros(3).long())
    assert torch.allclose(mean, drawn(3, 2), rtol=0, atol=1e-12)
    assert torch.equal(variance, torch.zeros(3, 1).double())


@ALL
@pytest.mark.parametrize("kind", KINDS)
@given(st.integers(0, 4), st.integers(0, 99))
def test_forms_agree(schedule, kind, N, seed):
    t, x_0, eps = drawn_t(N, 60, seed), drawn(N, 3, seed=seed), drawn(N, 3, seed=seed + 1)
    x_t = q_sample(schedule, x_0, t, eps)
    a_bar = schedule.alpha_bar[t].view(-1, 1)
    truth = {"eps": eps, "x_0": x_0, "v": a_bar**0.5 * eps - (1 - a_bar) ** 0.5 * x_0}
    forms = in_all_forms(schedule, x_t, t, truth[kind], kind)
    for name in KINDS:
        assert torch.allclose(getattr(forms, name), truth[name], rtol=0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_forms_have_gradients(kind):
    t = torch.tensor([0, 30, 59])
    f = lambda x, value: tuple(in_all_forms(SCHEDULES["linear"], x, t, value, kind))  # noqa: E731
    inputs = [drawn(3, 2).requires_grad_(), drawn(3, 2, seed=1).requires_grad_()]
    assert torch.autograd.gradcheck(f, inputs)


@ALL
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("variance", ["posterior", "beta"])
def test_step_back_is_equation_11(schedule, dtype, variance):
    t = torch.tensor([0, 1, 5, 58])
    beta, a_bar = schedule.beta[t].view(-1, 1), schedule.alpha_bar[t].view(-1, 1)
    before = torch.where(t == 0, 1, schedule.alpha_bar[t - 1]).view(-1, 1)
    sigma2 = beta if variance == "beta" else beta * (1 - before) / (1 - a_bar)
    sigma2 = torch.where(t.view(-1, 1) == 0, 0, sigma2)
    inverse, share = (1 - beta) ** -0.5, beta / (1 - a_bar) ** 0.5
    assert_matches_torch(
        lambda x, e, z: p_sample(schedule, x, t, e, z, variance=variance).x_before,
        lambda x, e, z: inverse.to(x) * (x - share.to(x) * e) + sigma2.sqrt().to(x) * z,
        drawn(4, 3),
        drawn(4, 3, seed=1),
        drawn(4, 3, seed=2),
        dtype=dtype,
        tolerance=1e-11 if dtype == torch.float64 else 2e-4,
    )


@ALL
@pytest.mark.parametrize("variance", ["posterior", "beta"])
def test_no_noise_at_the_last_step(schedule, variance):
    x, t, eps = drawn(2, 3), torch.zeros(2).long(), drawn(2, 3, seed=1)
    step = p_sample(schedule, x, t, eps, 1e9 * drawn(2, 3, seed=2), variance=variance)
    assert not step.std.any()
    assert torch.allclose(step.x_before, step.x_0, rtol=0, atol=1e-12)
    assert torch.equal(step.x_before, step.mean)


@ALL
def test_the_record_of_a_step(schedule):
    x, t, eps = drawn(3, 2), torch.tensor([3, 20, 59]), drawn(3, 2, seed=1)
    step = p_sample(schedule, x, t, eps, torch.ones(3, 2).double())
    assert torch.equal(step.eps, eps)
    assert torch.allclose(q_sample(schedule, step.x_0, t, eps), x, rtol=0, atol=1e-10)
    assert torch.equal(step.mean, q_posterior(schedule, step.x_0, x, t).mean)
    assert torch.allclose(step.x_before - step.mean, step.std.expand(3, 2), rtol=0, atol=1e-9)
    assert torch.allclose(step.std.flatten() ** 2, schedule.posterior_variance[t], rtol=1e-12)


@ALL
def test_clipping_bounds_the_picture_and_moves_the_noise(schedule):
    x, t = 3 * drawn(50, 2), torch.full((50,), 30)
    step = p_sample(schedule, x, t, drawn(50, 2, seed=1), drawn(50, 2, seed=2), clip=0.5)
    assert step.x_0.abs().max() == 0.5
    assert torch.allclose(q_sample(schedule, step.x_0, t, step.eps), x, rtol=0, atol=1e-12)
    assert torch.equal(step.mean, q_posterior(schedule, step.x_0, x, t).mean)


@ALL
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_takes_the_same_step(schedule, kind):
    x, t, eps, z = drawn(3, 2), torch.tensor([0, 20, 50]), drawn(3, 2, seed=1), drawn(3, 2, seed=2)
    value = getattr(in_all_forms(schedule, x, t, eps), kind)
    ours = p_sample(schedule, x, t, value, z, kind=kind).x_before
    assert torch.allclose(ours, p_sample(schedule, x, t, eps, z).x_before, rtol=0, atol=1e-10)


@ALL
def test_variance_tables(schedule):
    assert torch.equal(reverse_variance(schedule, "beta"), schedule.beta)
    table = reverse_variance(schedule)
    assert torch.equal(table[1:], schedule.posterior_variance[1:])
    assert table[0] == schedule.posterior_variance[1] > 0
    assert reverse_variance(linear_schedule(1)).tolist() == [1e-4]


@ALL
def test_simple_loss(schedule):
    t, x_0, eps = drawn_t(6, 60), drawn(6, 2), drawn(6, 2, seed=1)
    a_bar = schedule.alpha_bar[t].view(-1, 1)
    truth = {"eps": eps, "x_0": x_0, "v": a_bar**0.5 * eps - (1 - a_bar) ** 0.5 * x_0}
    x_t = a_bar**0.5 * x_0 + (1 - a_bar) ** 0.5 * eps
    for kind, expected in truth.items():
        seen = []

        def predict(x, time, seen=seen):
            seen.append((x, time))
            return 0.5 * x

        ours = simple_loss(schedule, predict, x_0, t, eps, kind)
        assert ours.item() == pytest.approx((0.5 * x_t - expected).square().mean().item(), rel=1e-12)
        assert torch.allclose(seen[0][0], x_t, rtol=0, atol=1e-12)
        assert torch.equal(seen[0][1], t)


def test_refuses():
    schedule, x, t = SCHEDULES["linear"], torch.zeros(2, 3), torch.tensor([0, 1])
    with refuses(ValueError, r"noise has shape \(1, 3\), but x has \(2, 3\); try torch.randn_like\(x\)"):
        q_sample(schedule, x, t, torch.zeros(1, 3))
    with refuses(ValueError, r"noise has shape \(3,\)"):
        q_step(schedule, x, t, torch.zeros(3))
    with refuses(ValueError, r"noise has shape \(2, 1\)"):
        p_sample(schedule, x, t, x, torch.zeros(2, 1))
    with refuses(ValueError, r"value has shape \(2, 1\), but x has \(2, 3\); they must be equal"):
        p_sample(schedule, x, t, torch.zeros(2, 1), x)
    with refuses(ValueError, r"x_0 has shape \(2, 1\), but x has \(2, 3\); they must be equal"):
        q_posterior(schedule, torch.zeros(2, 1), x, t)
    with refuses(TypeError, "but noise has torch.float64"):
        q_sample(schedule, x, t, x.double())
    ours = {
        "noise": [q_sample, q_step, lambda s, x, t, z: p_sample(s, x, t, x, z)],
        "x_0": [lambda s, x, t, z: q_posterior(s, z, x, t)],
        "value": [in_all_forms, lambda s, x, t, z: p_sample(s, x, t, z, x)],
        "prediction": [lambda s, x, t, z: simple_loss(s, lambda x, t: z, x, t, x)],
    }
    for name, functions in ours.items():
        for f in functions:
            with refuses(TypeError, f"x has dtype torch.float32, but {name} has torch.float64"):
                f(schedule, x, t, x.double())
            with refuses(TypeError, "t must be whole numbers"):
                f(schedule, x, t.float(), x)
    with refuses(ValueError, "t=-1 is outside 0…59"):
        q_sample(schedule, x, -t, x)
    with refuses(ValueError, "t=60 is outside 0…59"):
        p_sample(schedule, x, t + 59, x, x)
    with refuses(ValueError, "^unknown kind 'noise'; try one of eps, x_0, v$"):
        in_all_forms(schedule, x, t, x, "noise")
    with refuses(ValueError, "unknown kind 'noise'"):
        simple_loss(schedule, lambda x, t: x, x, t, x, "noise")
    with refuses(ValueError, r"prediction has shape \(2, 1\), but x has \(2, 3\)"):
        simple_loss(schedule, lambda x, t: x[:, :1], x, t, x)
    with refuses(ValueError, "^unknown variance 'small'; try one of posterior, beta$"):
        reverse_variance(schedule, "small")
    for clip in (0, -1, float("nan")):
        with refuses(ValueError, f"clip={clip} leaves no picture; try 1"):
            p_sample(schedule, x, t, x, x, clip=clip)
