from math import inf

import pytest
import torch
from judge import assert_matches_torch
from torch import nn

from dlsteps.experiments import long_memory
from dlsteps.experiments.long_memory import first_below
from dlsteps.train.recipes import lstm


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn", "irnn"])
def test_the_network_with_torchs_kernel_is_the_recipes(cell):
    settings = long_memory.Settings(cell=cell, width=5, T=20)
    torch.manual_seed(0)
    quick = long_memory.build(settings)
    torch.manual_seed(0)
    slow = lstm.build(settings)
    assert isinstance(quick.layer, nn.LSTM) == (cell == "lstm")
    assert all(torch.equal(a, b) for a, b in zip(quick.parameters(), slow.parameters(), strict=True))
    assert_matches_torch(slow, quick, long_memory.data(settings)(torch.arange(3)).x, share_state=False)


@pytest.mark.parametrize(
    ("losses", "steps"),
    [
        ([9, 1, 9, 1, 1, 1], 4),  # the means of three: 6.3, 3.67, 3.67, 1
        ([1, 1, 1], 3),
        ([1, 1], inf),
        ([9, 9, 9, 9], inf),
        ([], inf),
    ],
)
def test_first_below(losses, steps):
    assert first_below([float(x) for x in losses], enough=3.7, window=3) == steps
