import dataclasses
from types import SimpleNamespace

import pytest
import torch
from judge import refuses
from small import digits

from dlsteps.train import budget
from dlsteps.train.engine import Alone
from dlsteps.train.run import Run

SETTINGS = digits.Settings(steps=7)


@pytest.fixture
def clock(monkeypatch):
    """A clock that a step moves by half a second, and nothing else."""
    now = SimpleNamespace(seconds=0.0, steps=0)
    advance = Run.advance

    def timed(run):
        now.seconds += 0.5
        now.steps += 1
        return advance(run)

    monkeypatch.setattr(Run, "advance", timed)
    monkeypatch.setattr(budget, "time", SimpleNamespace(perf_counter=lambda: now.seconds))
    return now


def test_steps_fill_what_measuring_leaves_of_the_time(clock):
    settings = budget.with_steps_for(10, digits, SETTINGS, Alone())
    assert clock.steps == 5 + 60  # 30 s, a twentieth of the time, are measured
    assert settings == dataclasses.replace(SETTINGS, steps=(600 - 65 // 2) * 2 - 1)


def test_a_short_time_still_measures_a_few_steps(clock):
    assert budget.with_steps_for(0.5, digits, SETTINGS, Alone()).steps == 60 - 25
    assert clock.steps == 25


def test_at_least_one_step_is_taken(clock):
    assert budget.with_steps_for(0.001, digits, SETTINGS, Alone()).steps == 1


def test_measuring_leaves_no_trace():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    budget.with_steps_for(0.001, digits, SETTINGS, Alone())
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("minutes", [0.0, -1.0, float("nan")])
def test_no_time_is_refused(minutes):
    with refuses(ValueError, match=r"minutes=.* is not above 0; try --minutes 1"):
        budget.with_steps_for(minutes, digits, SETTINGS, Alone())


@pytest.mark.parametrize("minutes", [float("inf"), 1e300])
def test_a_time_without_end_is_refused(minutes):
    """It was measured for ever."""
    with refuses(ValueError, match=r"minutes=.* is more than a year; try --minutes 527040, or --steps"):
        budget.with_steps_for(minutes, digits, SETTINGS, Alone())


def test_measuring_ends_after_five_minutes(clock):
    budget.with_steps_for(10_000, digits, SETTINGS, Alone())
    assert clock.steps == 5 + 600
