"""A run that was stopped anywhere and resumed is the run that was never stopped, bit for bit."""

import random

import children
import forked
import pytest
import torch

from dlsteps.train import checkpoint, log

KILLS = 50


def end(folder):
    """All that a run ended in: model, average, optimizer, random states."""
    found, problems = checkpoint.newest(folder, "small.digits")
    assert found.step == children.SETTINGS.steps
    assert problems == []
    return found.tensors


def same(ours, theirs):
    assert ours.keys() == theirs.keys()
    return [name for name in ours if not torch.equal(ours[name], theirs[name])]


def course(folder):
    return [(line["step"], line["loss"], line["learning_rate"]) for line in log.read(folder)]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A run that was left alone."""
    folder = tmp_path_factory.mktemp("unbroken")
    assert forked.status(children.go_on, str(folder)) == 0
    return folder


def killed(folder, step, place):
    """Let a run go on to a moment that is told by what it does, and kill it there."""
    reached = folder.parent / f"{folder.name} stands at {step} {place}"
    child = forked.start(children.stand_still, str(folder), step, place, str(reached))
    while not reached.exists():
        child.join(0.01)
        assert child.exitcode is None, f"it ended before step {step}"
    child.kill()
    child.join()


def test_killed_at_50_moments_it_ends_in_the_same_weights(unbroken, tmp_path):
    moments = random.Random(0)
    steps = [sorted(moments.sample(range(2, children.SETTINGS.steps), 10)) for _ in range(KILLS // 10)]
    for run, kills in enumerate(steps):
        folder = tmp_path / str(run)
        for step in kills:
            place = moments.choice(children.PLACES)
            killed(folder, step, place)
            assert bool(list(folder.glob(".step*.half"))) == (place == "half")
            newest = max(checkpoint.read(path).step for path in checkpoint.paths(folder))
            assert newest == (step if place == "after" else step - 1)  # each was held against its digest
        assert forked.status(children.go_on, str(folder)) == 0
        assert same(end(folder), end(unbroken)) == []
        assert course(folder) == course(unbroken)
