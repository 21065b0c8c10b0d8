import math

import pytest
import torch
from torch.optim import lr_scheduler

from dlsteps.train.schedule import rate_at


@pytest.mark.parametrize(("steps", "warmup"), [(40, 10), (40, 1), (41, 20), (40, 2)])
def test_is_torchs_warm_up_then_cosine(steps, warmup):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.3)
    up = lr_scheduler.LinearLR(optimizer, start_factor=1 / warmup, total_iters=max(1, warmup - 1))
    down = lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps - warmup)
    theirs = lr_scheduler.SequentialLR(optimizer, [up, down], milestones=[warmup])
    for step in range(steps):
        expected = optimizer.param_groups[0]["lr"]
        assert math.isclose(rate_at(step, steps, warmup, 0.3), expected, rel_tol=1e-9)
        optimizer.step()
        theirs.step()


def test_without_warm_up_it_begins_at_the_highest():
    assert rate_at(0, 10, 0, 0.5) == 0.5
    assert math.isclose(rate_at(5, 10, 0, 0.5), 0.25)


def test_a_short_run_warms_up_for_half_of_it():
    assert [rate_at(step, 10, 100, 1.0) for step in range(6)] == [0.2, 0.4, 0.6, 0.8, 1.0, 1.0]
    assert 0 < rate_at(9, 10, 100, 1.0) < 0.1
    assert rate_at(0, 1, 100, 1.0) == 1.0
