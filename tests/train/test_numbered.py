import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.train.numbered import BLOCK, numbered


def draw(rng, n):
    return rng.standard_normal((n, 3))


@given(st.lists(st.integers(0, 500), min_size=1, max_size=20), st.integers(0, 99))
def test_a_row_belongs_to_its_number_alone(numbers, seed):
    together = numbered((seed,), torch.tensor(numbers), draw)
    alone = torch.cat([numbered((seed,), torch.tensor([number]), draw) for number in numbers])
    assert together.shape == (len(numbers), 3)
    assert torch.equal(together, alone)


def test_no_row_comes_twice():
    rows = numbered((0,), torch.arange(5 * BLOCK), draw)
    assert len(rows.unique(dim=0)) == 5 * BLOCK
    assert (
        len({float(numbered(key, torch.tensor([7]), draw)[0, 0]) for key in ((0,), (1,), (0, 1), (0, 2))})
        == 4
    )


def test_rows_are_spread_as_they_were_drawn():
    rows = numbered((3,), torch.arange(20_000), draw)
    assert rows.mean(0).abs().max() < 0.03
    assert (rows.var(0) - 1).abs().max() < 0.05
    lagged = np.corrcoef(rows[:-BLOCK, 0], rows[BLOCK:, 0])[0, 1]
    assert abs(lagged) < 0.03


def test_edges():
    assert numbered((0,), torch.empty(0, dtype=torch.int64), draw).shape == (0, 3)
    large = torch.tensor([2**40])
    assert torch.equal(numbered((0,), large, draw), numbered((0,), large, draw))
    with refuses(ValueError, "number=-1 is negative; samples are counted from 0"):
        numbered((0,), torch.tensor([3, -1]), draw)
