import math

import pytest
import torch
from judge import refuses

from dlsteps.diffusion import Schedule, cosine_schedule, linear_schedule
from dlsteps.diffusion.schedule import pick

SCHEDULES = {"linear": linear_schedule(), "cosine": cosine_schedule(), "short": linear_schedule(7, 0.1, 0.6)}
ALL = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES)


def test_linear():
    schedule = linear_schedule()
    assert schedule.T == 1000
    assert schedule.beta.dtype == torch.float64
    assert schedule.beta[[0, 999]].tolist() == pytest.approx([1e-4, 0.02], rel=1e-12)
    assert torch.allclose(
        schedule.beta.diff(), torch.tensor((0.02 - 1e-4) / 999, dtype=torch.float64), rtol=1e-9, atol=0
    )
    assert linear_schedule(3, 0.1, 0.5).beta.tolist() == pytest.approx([0.1, 0.3, 0.5])
    # The paper's figure for what is left at the end: about 4e-5 of the variance.
    assert schedule.alpha_bar[-1].item() == pytest.approx(4.04e-5, rel=1e-2)


@pytest.mark.parametrize(("T", "s"), [(1000, 0.008), (10, 0.1)])
def test_cosine(T, s):
    schedule = cosine_schedule(T, s)
    f = lambda t: math.cos((t / T + s) / (1 + s) * math.pi / 2) ** 2  # noqa: E731
    expected = [f(t) / f(0) for t in range(1, T)]
    assert schedule.alpha_bar[:-1].tolist() == pytest.approx(expected, rel=1e-9)
    assert schedule.beta[-1] == 0.999
    assert cosine_schedule(T, s, beta_max=0.5).beta.max() == 0.5
    assert torch.equal(cosine_schedule(1000).beta, cosine_schedule(1000, 0.008, 0.999).beta)


@ALL
def test_tables_by_loops(schedule):
    product, before = 1.0, 1.0
    for t, beta in enumerate(schedule.beta.tolist()):
        before, product = product, product * (1 - beta)
        assert schedule.alpha[t].item() == 1 - beta
        assert schedule.alpha_bar[t].item() == pytest.approx(product, rel=1e-12)
        assert schedule.alpha_bar_before[t].item() == pytest.approx(before, rel=1e-12)
        assert schedule.signal[t].item() == pytest.approx(product**0.5, rel=1e-12)
        assert schedule.noise[t].item() == pytest.approx((1 - product) ** 0.5, rel=1e-9)
        assert schedule.log_snr[t].item() == pytest.approx(math.log(product / (1 - product)), rel=1e-9)
        assert schedule.posterior_variance[t].item() == pytest.approx(
            (1 - before) / (1 - product) * beta, rel=1e-9, abs=1e-15
        )
    assert schedule.posterior_variance[0] == 0


@ALL
def test_the_picture_fades(schedule):
    assert (schedule.alpha_bar.diff() < 0).all()
    assert (schedule.alpha_bar > 0).all()
    assert (schedule.posterior_variance < schedule.beta).all()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16])
def test_pick(dtype):
    schedule = linear_schedule(10)
    x, t = torch.zeros(3, 2, 5, dtype=dtype), torch.tensor([9, 0, 4])
    picked = pick(schedule.beta, t, x)
    assert picked.shape == (3, 1, 1)
    assert picked.dtype == dtype
    assert torch.equal(picked.flatten(), schedule.beta[[9, 0, 4]].to(dtype))
    assert pick(schedule.beta, t[:0], x[:0]).shape == (0, 1, 1)
    assert pick(schedule.beta, t, x[:, 0, 0]).shape == (3,)
    assert torch.equal(pick(schedule.beta, t.int(), x), picked)


def test_one_step():
    assert linear_schedule(1).beta.tolist() == [1e-4]
    assert cosine_schedule(1).beta.tolist() == [0.999]


def test_refuses():
    table, x = linear_schedule(1000).beta, torch.zeros(1, 2)
    with refuses(ValueError, r"^t=-1 is outside 0…999; steps are counted from 0, try t - 1"):
        pick(table, torch.tensor([-1]), x)
    with refuses(ValueError, "t=1000 is outside 0…999"):
        pick(table, torch.tensor([1000]), x)
    for t in (torch.tensor([1.0]), torch.tensor([True]), torch.tensor([1], dtype=torch.uint8)):
        with refuses(
            TypeError, f"t must be whole numbers in int32 or int64, but has dtype {t.dtype}; try t.long"
        ):
            pick(table, t, x)
    with refuses(ValueError, r"t has shape \(\), but there are 1 samples; try torch.full\(\(1,\), t\)"):
        pick(table, torch.tensor(1), x)
    with refuses(TypeError, "x must be floating point"):
        pick(table, torch.tensor([1]), x.long())
    with refuses(ValueError, "x has no axis of samples"):
        pick(table, torch.tensor([1]), torch.tensor(0.0))
    for make in (linear_schedule, cosine_schedule):
        with refuses(ValueError, "^T=0 is no number of steps; try 1000$"):
            make(0)
    with refuses(ValueError, "s=-0.1 is negative"):
        cosine_schedule(10, -0.1)
    with refuses(ValueError, r"beta\[9\]=1 is not between 0 and 1"):
        cosine_schedule(10, beta_max=1)
    with refuses(ValueError, r"beta\[0\]=0 is not between 0 and 1"):
        linear_schedule(10, 0)
    with refuses(ValueError, r"beta\[1\]=nan is not between"):
        Schedule(torch.tensor([0.5, torch.nan]).double())
    with refuses(
        TypeError, "beta has dtype torch.float32, and a product of 1000 numbers near 1 needs float64"
    ):
        Schedule(torch.tensor([0.5]))
    with refuses(TypeError, "beta must be floating point"):
        Schedule(torch.tensor([1]))
    for beta in (torch.empty(0), torch.ones(2, 2) / 2):
        with refuses(ValueError, "but must be one number a step"):
            Schedule(beta.double())
