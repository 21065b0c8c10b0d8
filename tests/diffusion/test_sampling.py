from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.diffusion import (
    KINDS,
    Mixture,
    ancestral,
    cosine_schedule,
    ddim,
    ddim_step,
    ddim_times,
    drop_labels,
    guided,
    in_all_forms,
    linear_schedule,
    p_sample,
)

SHORT = cosine_schedule(12)
SEEDS, N = 5, 4000


def f64(*numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def noise(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=seeded(seed))


DATA = {
    "normal": Mixture(f64(1.0), f64([0.8]), f64(0.5)),
    "mixture": Mixture(f64(0.3, 0.7), f64([-1.0], [1.5]), f64(0.2, 0.5)),
}


def wasserstein(samples, data):
    """Return the area between the step function of the samples and the true distribution function."""
    grid = torch.linspace(-6, 6, 24_001, dtype=torch.float64)
    parts = torch.special.ndtr((grid[:, None] - data.centers[:, 0]) / data.stds)
    truth = (parts * data.weights).sum(1)
    counted = torch.searchsorted(samples.flatten().sort().values, grid, right=True) / len(samples)
    return torch.trapezoid((counted - truth).abs(), grid).item()


@pytest.mark.parametrize("make", [linear_schedule, cosine_schedule])
@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("sampler", ["ancestral", "ddim"])
def test_samplers_recover_the_distribution(make, name, sampler):
    schedule, data = make(500 if make is cosine_schedule else 1000), DATA[name]
    predict = lambda x, t: data.best_eps(schedule, x, t)  # noqa: E731
    x_T = noise(SEEDS * N, 1)
    if sampler == "ancestral":
        x_0 = ancestral(schedule, predict, x_T, seeded(1), progress=False).x_0
    else:
        x_0 = ddim(schedule, predict, x_T, 250, progress=False).x_0
    true = torch.tensor([wasserstein(data.sample(N, seeded(100 + k)), data) for k in range(20 * SEEDS)])
    ours = torch.tensor([wasserstein(part, data) for part in x_0.view(SEEDS, N)])
    # As near as samples of the truth are: none is farther than the farthest of 100 such sets, and the mean of
    # five is within the means of five.
    assert ours.max() < true.max()
    assert ours.mean() < true.view(20, SEEDS).mean(1).max()


@given(st.integers(1, 12), st.integers(0, 99), st.sampled_from([None, 0.5]))
def test_ddim_with_all_noise_is_the_ancestral_sampler(T, seed, clip):
    schedule, x_T = linear_schedule(T, 0.01, 0.4), noise(3, 2, seed=seed)
    predict = lambda x, t: (x * 0.7).sin() + 0.01 * t.view(-1, 1)  # noqa: E731
    a = ancestral(schedule, predict, x_T, seeded(seed), clip=clip, record=True, progress=False)
    b = ddim(schedule, predict, x_T, T, seeded(seed), eta=1, clip=clip, record=True, progress=False)
    assert torch.allclose(a.x_0, b.x_0, rtol=0, atol=1e-9)
    for one, other in zip(a.steps, b.steps, strict=True):
        for field, value in one._asdict().items():
            assert torch.allclose(value, getattr(other, field), rtol=0, atol=1e-9), field


@pytest.mark.parametrize("steps", [1, 2, 5, 12])
def test_ddim_finds_a_single_point_in_any_number_of_steps(steps):
    data = Mixture(f64(1.0), f64([0.3, -0.7]), f64(0.0))
    predict = lambda x, t: data.best_eps(SHORT, x, t)  # noqa: E731
    x_0 = ddim(SHORT, predict, noise(4, 2), steps, progress=False).x_0
    assert torch.allclose(x_0, data.centers.expand(4, 2), rtol=0, atol=1e-9)


def test_ddim_step_worked_by_hand():
    schedule = linear_schedule(2, 0.36, 0.5)  # alpha_bar = 0.64, 0.32
    x, t, s = f64([1.0]), torch.tensor([1]), torch.tensor([0])
    eps, z = f64([0.5]), f64([2.0])
    x_0 = (1 - 0.68**0.5 * 0.5) / 0.32**0.5
    step = ddim_step(schedule, x, t, s, eps)
    assert step.x_before.item() == pytest.approx(0.8 * x_0 + 0.6 * 0.5)
    assert step.std.item() == 0
    variance = 0.25 * 0.36 / 0.68 * (1 - 0.32 / 0.64)
    mean = 0.8 * x_0 + (0.36 - variance) ** 0.5 * 0.5
    step = ddim_step(schedule, x, t, s, eps, z, eta=0.5)
    assert step.mean.item() == pytest.approx(mean)
    assert step.std.item() == pytest.approx(variance**0.5)
    assert step.x_before.item() == pytest.approx(mean + 2 * variance**0.5)
    last = ddim_step(schedule, x, t, None, eps, z, eta=1)
    assert last.x_before.item() == pytest.approx(x_0)
    assert last.std.item() == 0
    assert ddim_step(schedule, x.float(), t, s, eps.float()).x_before.dtype == torch.float32


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("sampler", [ancestral, ddim])
def test_every_kind_samples_alike(kind, sampler):
    eps = lambda x, t: (x * 0.7).sin()  # noqa: E731
    predict = lambda x, t: getattr(in_all_forms(SHORT, x, t, eps(x, t)), kind)  # noqa: E731
    options = {"generator": seeded(0), "progress": False}
    steps = {"steps": 12} if sampler is ddim else {}
    expected = sampler(SHORT, eps, noise(3, 2), **{**options, "generator": seeded(0)}, **steps).x_0
    assert torch.allclose(
        sampler(SHORT, predict, noise(3, 2), kind=kind, **options, **steps).x_0, expected, rtol=0, atol=1e-8
    )


def test_clip_and_variance_are_handed_on():
    predict = lambda x, t: x * 0.3  # noqa: E731
    for sampler, visited in ((ancestral, {}), (ddim, {"steps": 12})):
        steps = sampler(SHORT, predict, noise(30, 2), clip=0.1, record=True, progress=False, **visited).steps
        assert all(step.x_0.abs().max() <= 0.1 for step in steps)
    large, small = (
        ancestral(SHORT, predict, noise(3, 2), variance=v, record=True, progress=False).steps
        for v in ("beta", "posterior")
    )
    assert all((a.std > b.std).all() for a, b in zip(large[:-1], small[:-1], strict=True))


def test_the_record_is_a_chain():
    asked = []

    def predict(x, t):
        asked.append(t.tolist())
        return 0.5 * x

    x_T = noise(2, 3)
    samples = ancestral(SHORT, predict, x_T, seeded(3), record=True, progress=False)
    assert samples.t == list(range(11, -1, -1))
    assert asked == [[t, t] for t in samples.t]
    x, generator = x_T, seeded(3)
    for t, step in zip(samples.t, samples.steps, strict=True):
        z = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        again = p_sample(SHORT, x, torch.full((2,), t), 0.5 * x, z)
        assert torch.equal(step.x_before, again.x_before)
        x = step.x_before
    assert torch.equal(samples.x_0, x)
    assert ddim(SHORT, predict, x_T, 4, record=True, progress=False).t == [11, 7, 4, 0]
    bare = ancestral(SHORT, predict, x_T, seeded(3), progress=False)
    assert bare.t == bare.steps == []
    assert torch.equal(bare.x_0, samples.x_0)


def test_no_gradient_is_kept_and_no_sample_is_needed():
    weight = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    for sampler in (ancestral, ddim):
        options = {"steps": 3} if sampler is ddim else {}
        assert not sampler(
            SHORT, lambda x, t: weight * x, noise(2, 3), progress=False, **options
        ).x_0.requires_grad
        assert sampler(SHORT, lambda x, t: x, noise(0, 3), progress=False, **options).x_0.shape == (0, 3)


def test_a_bar_that_can_be_turned_off(capsys):
    ancestral(SHORT, lambda x, t: x, noise(1, 1), progress=False)
    assert capsys.readouterr().err == ""
    ancestral(SHORT, lambda x, t: x, noise(1, 1))
    assert "12/12" in capsys.readouterr().err


@given(st.integers(1, 200), st.data())
def test_ddim_times(T, data):
    steps = data.draw(st.integers(1, T))
    times = ddim_times(T, steps)
    assert len(times) == steps
    assert times[-1] == T - 1
    assert steps == 1 or times[0] == 0
    gaps = [b - a for a, b in pairwise(times)]
    assert not gaps or (min(gaps) >= 1 and max(gaps) - min(gaps) <= 1)
    assert ddim_times(T, T) == list(range(T))


@pytest.mark.parametrize("w", [-1, 0, 2.5])
def test_guidance(w):
    def network(x, t, labels):
        return x if labels is None else x * labels.view(-1, 1)

    x, labels = noise(3, 2), torch.tensor([0, 1, 2])
    guided_eps = guided(network, labels, w)(x, torch.zeros(3).long())
    expected = (1 + w) * x * labels.view(-1, 1) - w * x
    assert torch.allclose(guided_eps, expected, rtol=1e-12)


def test_guidance_sharpens_a_mixture():
    # Two classes, one at each center. Pushed away from the mixture, samples keep clear of the other class.
    whole = Mixture(f64(0.5, 0.5), f64([-1.0], [1.0]), f64(0.8, 0.8))
    right = Mixture(f64(1.0), f64([1.0]), f64(0.8))
    schedule = linear_schedule(100, 1e-3, 0.2)

    def network(x, t, labels):
        return (whole if labels is None else right).best_eps(schedule, x, t)

    x_T, labels = noise(4000, 1), torch.ones(4000).long()
    shares = []
    for w in (-1.0, 0.0, 3.0):
        x_0 = ddim(schedule, guided(network, labels, w), x_T, 100, progress=False).x_0
        shares.append((x_0 < 0).double().mean().item())
    assert shares[0] == pytest.approx(0.5, abs=0.03)
    assert shares[1] == pytest.approx(torch.special.ndtr(f64(-1 / 0.8)).item(), abs=0.02)
    assert shares[2] < 0.02


def test_drop_labels():
    labels = torch.arange(10).repeat(1000)
    dropped = drop_labels(labels, 10, 0.2, seeded(0))
    assert (dropped == 10).double().mean().item() == pytest.approx(0.2, abs=0.02)
    assert torch.equal(dropped[dropped < 10], labels[dropped < 10])
    assert torch.equal(drop_labels(labels, 10, 0.0), labels)
    assert (drop_labels(labels, 10, 1.0) == 10).all()


def test_refuses():
    x, t = torch.zeros(1, 2), torch.tensor([5])
    with refuses(ValueError, "^steps=0 is not from 1 to T=12; try 12$"):
        ddim(SHORT, lambda x, t: x, x, 0)
    with refuses(ValueError, "steps=101 is not from 1 to T=100; try 50"):
        ddim_times(100, 101)
    for eta in (-0.1, 1.1, float("nan")):
        with refuses(ValueError, f"eta={eta} is not a share from 0 to 1"):
            ddim_step(SHORT, x, t, None, x, x, eta=eta)
    with refuses(ValueError, r"eta=0.5 asks for noise, but noise is None"):
        ddim_step(SHORT, x, t, None, x, eta=0.5)
    with refuses(TypeError, "t must be whole numbers"):
        ddim_step(SHORT, x, t.float(), None, x)
    with refuses(TypeError, "t must be whole numbers"):
        ddim_step(SHORT, x, t, t.float() - 1, x)
    with refuses(TypeError, "x has dtype torch.float32, but value has torch.float64"):
        ddim_step(SHORT, x, t, None, x.double())
    with refuses(ValueError, "t_before is not below t; try ddim_times"):
        ddim_step(SHORT, x, t, t, x)
    with refuses(ValueError, "t=-1 is outside 0…11"):
        ddim_step(SHORT, x, t, torch.tensor([-1]), x)
    with refuses(ValueError, "t=12 is outside 0…11"):
        ddim_step(SHORT, x, torch.tensor([12]), None, x)
    with refuses(ValueError, r"noise has shape \(1, 1\)"):
        ddim_step(SHORT, x, t, None, x, torch.zeros(1, 1))
    with refuses(ValueError, "w=-2 is below -1 and pushes away from the class"):
        guided(lambda x, t, c: x, t, -2)
    with refuses(ValueError, "share=1.5 is not a share from 0 to 1; try 0.1"):
        drop_labels(t, 10, 1.5)
    with refuses(ValueError, "labels have class 12, but there are classes 0 to 9"):
        drop_labels(torch.tensor([0, 12]), 10, 0.5)
    with refuses(TypeError, "labels must be integers, but have dtype torch.float32"):
        drop_labels(torch.tensor([0.0]), 10, 0.5)
    for sampler in (ancestral, ddim):
        with refuses(TypeError, "x_T must be floating point, but has dtype torch.int64"):
            sampler(
                SHORT, lambda x, t: x, x.long(), progress=False, **({"steps": 3} if sampler is ddim else {})
            )
    with refuses(ValueError, "x_T has no axis of samples"):
        ancestral(SHORT, lambda x, t: x, torch.tensor(0.0), progress=False)
    with refuses(ValueError, r"value has shape \(1, 1\), but x has \(1, 2\); they must be equal"):
        ancestral(SHORT, lambda x, t: x[:, :1], x, progress=False)
    with refuses(ValueError, r"untold has shape \(1, 1\), but x has \(1, 2\)"):
        guided(lambda x, t, c: x if c is not None else x[:, :1], t, 1.0)(x, t)
    with refuses(ValueError, "unknown kind"):
        ancestral(SHORT, lambda x, t: x, x, kind="noise", progress=False)
