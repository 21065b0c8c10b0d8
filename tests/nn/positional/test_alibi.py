import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.nn.attention import attention_steps, causal_mask
from dlsteps.nn.positional import alibi_bias, alibi_slopes


def test_slopes_are_the_papers():
    assert alibi_slopes(8).tolist() == [1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]
    assert alibi_slopes(1).tolist() == [1 / 256]
    assert torch.allclose(alibi_slopes(16) ** 2, torch.tensor([2.0**-i for i in range(1, 17)]).double())


def test_slopes_between_the_powers():
    assert torch.allclose(
        alibi_slopes(12),
        torch.cat([alibi_slopes(8), torch.tensor([2**-0.5, 2**-1.5, 2**-2.5, 2**-3.5]).double()]),
    )
    assert alibi_slopes(3).tolist() == [2**-4, 2**-8, 2**-2]


@given(st.integers(1, 40))
def test_slopes_are_different_shares(h):
    slopes = alibi_slopes(h)
    assert slopes.shape == (h,)
    assert slopes.unique().numel() == h
    assert slopes.max() < 1
    assert slopes.min() == 2**-8


@given(st.integers(1, 4), st.integers(0, 5), st.integers(0, 3))
def test_the_penalty_grows_with_the_distance(h, T, past):
    bias, slopes = alibi_bias(h, T, past + T), alibi_slopes(h)
    assert bias.shape == (1, h, T, past + T)
    for head in range(h):
        expected = [[-slopes[head].item() * abs(past + t - s) for s in range(past + T)] for t in range(T)]
        assert bias[0, head].tolist() == expected


def test_as_many_keys_as_queries_by_default():
    assert torch.equal(alibi_bias(2, 3), alibi_bias(2, 3, 3))


def test_a_steep_head_looks_at_its_neighbors():
    q = torch.zeros(1, 4, 6, 2, dtype=torch.float64)
    weights = attention_steps(q, q, q, causal_mask(6), bias=alibi_bias(4, 6)).weights[0, :, -1]
    assert (weights.diff(dim=-1) > 0).all()  # nearer is heavier
    assert (weights[:, -1].diff() < 0).all()  # and most so in the first head


@pytest.mark.parametrize("h", [0, -1])
def test_refuses(h):
    with refuses(ValueError, f"num_heads={h} leaves no head; try 1 or more"):
        alibi_slopes(h)
    with refuses(ValueError, "T=4 queries cannot be the last of S=3 positions"):
        alibi_bias(2, 4, 3)
