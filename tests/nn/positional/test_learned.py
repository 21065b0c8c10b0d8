import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.positional import LearnedEncoding


class Theirs(nn.Embedding):
    offset = 0

    def forward(self, x):
        return x + super().forward(torch.arange(self.offset, self.offset + x.shape[1]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@given(st.integers(1, 3), st.integers(0, 4), st.integers(1, 3), st.integers(0, 2))
def test_is_torchs_embedding_of_the_position(dtype, B, T, d, offset):
    class Ours(LearnedEncoding):
        def forward(self, x):
            return super().forward(x, offset)

    ours, theirs = Ours(d, 6), Theirs(6, d)
    theirs.offset = offset
    assert_matches_torch(ours, theirs, torch.linspace(-1, 1, B * T * d).view(B, T, d), dtype=dtype)


def test_starts_small_and_repeats():
    a, b = (LearnedEncoding(50, 40, generator=torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(a.weight, b.weight)
    assert abs(a.weight.std() / 0.02 - 1) < 0.05


def test_the_last_position_is_the_last_row():
    layer = LearnedEncoding(3, 4)
    assert torch.equal(layer(torch.zeros(1, 3), offset=3), layer.weight[3:])


def test_refuses():
    layer = LearnedEncoding(3, 4)
    with refuses(
        ValueError, "x reaches to position 4, but the table has max_length=4 positions; try a longer"
    ):
        layer(torch.zeros(5, 3))
    with refuses(ValueError, "x reaches to position 4, but"):
        layer(torch.zeros(2, 3), offset=3)
    with refuses(ValueError, "offset=-1 is negative"):
        layer(torch.zeros(2, 3), offset=-1)
    with refuses(ValueError, r"x has shape \(2, 4\), but the encoding expects \(..., T, d=3\)"):
        layer(torch.zeros(2, 4))
    with refuses(TypeError, "x has dtype torch.float64, but weight has torch.float32"):
        layer(torch.zeros(2, 3).double())
    with refuses(ValueError, "max_length=0 leaves no position; try the longest sequence's length"):
        LearnedEncoding(3, 0)
    with refuses(ValueError, "d_model=0 is below 1"):
        LearnedEncoding(0, 4)


def test_repr():
    assert repr(LearnedEncoding(3, 4)) == "LearnedEncoding(d_model=3, max_length=4)"
