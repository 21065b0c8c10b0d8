"""What passes save: counted by hand on the steps that run, and nothing is lost by it."""

import pytest

from dlsteps.chapters.computation_graphs.savings import one_by_one, training_step, unplanned
from dlsteps.graphs import static


def test_each_pass_saves_or_leaves_and_the_loss_stays():
    found = one_by_one()
    assert [saving.name for saving in found][:2] == ["as defined", "constant folding"]
    counts = [saving.operations for saving in found]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] < 0.75 * counts[0]
    assert all(saving.loss == pytest.approx(found[0].loss, abs=1e-12) for saving in found)


def test_the_memory_is_that_of_the_buffers_the_run_has():
    fetches, _ = training_step()
    plan = static.Session(fetches[0].graph, ()).executable(fetches).plan
    first = one_by_one()[0]
    assert (first.buffers, first.nbytes) == (len(plan.sizes), sum(plan.sizes))
    assert unplanned() > 2 * first.nbytes
