"""A run that was stopped anywhere and resumed is the run that was never stopped, bit for bit."""

import random
import time

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
    """A run that was left alone, and how long it took."""
    folder = tmp_path_factory.mktemp("unbroken")
    assert forked.status(children.go_on, str(tmp_path_factory.mktemp("first"))) == 0  # imports take time once
    start = time.monotonic()
    assert forked.status(children.go_on, str(folder)) == 0
    return folder, time.monotonic() - start


def test_killed_at_50_moments_it_ends_in_the_same_weights(unbroken, tmp_path):
    reference, seconds = unbroken
    moments = random.Random(0)
    kills = runs = halves = 0
    steps = set()
    while kills < KILLS:
        folder = tmp_path / str(runs := runs + 1)
        while True:
            child = forked.start(children.go_on, str(folder))
            # About ten kills in a run: at its start, in a step, in the middle of a checkpoint.
            child.join(moments.uniform(0, seconds / 5) if kills < KILLS else 60)
            if child.exitcode is not None:
                assert child.exitcode == 0
                break
            child.kill()
            child.join()
            kills += 1
            halves += len(list(folder.glob(".step*.half")))
            for path in checkpoint.paths(folder):
                steps.add((runs, checkpoint.read(path).step))  # which holds it against its digest
        assert same(end(folder), end(reference)) == []
        assert course(folder) == course(reference)
    assert kills == KILLS
    assert len(steps) > KILLS  # the moments were spread over the runs
    assert halves > 0  # and some came in the middle of a checkpoint
