import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from torch import nn

from dlsteps.nn.attention import causal_mask, combine_masks, padding_mask, token_mask


@given(st.integers(0, 6), st.integers(0, 4))
def test_a_query_attends_to_itself_and_to_what_came_before(T, past):
    mask = causal_mask(T, past + T)
    assert mask.tolist() == [[s <= past + t for s in range(past + T)] for t in range(T)]


@given(st.integers(1, 6))
def test_causal_mask_is_the_opposite_of_torchs(T):
    assert torch.equal(~causal_mask(T), nn.Transformer.generate_square_subsequent_mask(T).isinf())


@given(st.lists(st.integers(0, 5), max_size=4))
def test_padding_mask_lets_the_first_keys_through(lengths):
    mask = padding_mask(torch.tensor(lengths, dtype=torch.long), 5)
    assert mask.shape == (len(lengths), 1, 1, 5)
    assert mask[:, 0, 0].tolist() == [[s < length for s in range(5)] for length in lengths]


def test_token_mask_finds_padding_wherever_it_stands():
    tokens = torch.tensor([[7, 0, 3], [0, 7, 0]])
    assert token_mask(tokens, pad=0)[:, 0, 0].tolist() == [[True, False, True], [False, True, False]]
    assert token_mask(tokens, pad=7)[:, 0, 0].tolist() == [[False, True, True], [True, False, True]]


def test_combined_masks_let_through_what_all_do():
    causal, padding = causal_mask(3), padding_mask(torch.tensor([2, 3]), 3)
    both = combine_masks(causal, None, padding)
    assert both.shape == (2, 1, 3, 3)
    assert both[0, 0].int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 0]]
    assert both[1, 0].int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert torch.equal(combine_masks(None, causal), causal)
    assert combine_masks(None, None) is None


def test_masks_are_made_where_they_are_needed():
    assert causal_mask(2, device=torch.device("meta")).device.type == "meta"


def test_refuses():
    with refuses(ValueError, "T=4 queries cannot be the last of S=3 positions; try S=4 or more"):
        causal_mask(4, 3)
    with refuses(ValueError, "T=-1 queries cannot be the last of S=3 positions; try S=0 or more"):
        causal_mask(-1, 3)
    with refuses(TypeError, r"lengths must be integers, but have dtype torch.float32; try lengths.long\(\)"):
        padding_mask(torch.tensor([1.0]), 3)
    with refuses(TypeError, "lengths must be integers, but have dtype torch.bool"):
        padding_mask(torch.tensor([True]), 3)
    with refuses(TypeError, "lengths must be integers, but have dtype torch.complex64"):
        padding_mask(torch.tensor([1j]), 3)
    with refuses(ValueError, r"lengths of shape \(1, 1\) are not one for each sequence; try \(B,\)"):
        padding_mask(torch.tensor([[1]]), 3)
    with refuses(ValueError, "^length 4 is not from 0 to S=3; count real keys alone$"):
        padding_mask(torch.tensor([2, 4]), 3)
    with refuses(ValueError, "length -1 is not from 0 to S=3"):
        padding_mask(torch.tensor([2, -1]), 3)
    with refuses(ValueError, r"tokens of shape \(2,\) does not have the axes \(B, S\); try tokens.unsqueeze"):
        token_mask(torch.tensor([1, 0]), pad=0)
    with refuses(ValueError, r"masks of shapes \(3, 3\) and \(2, 1, 1, 4\) do not broadcast; each axis must"):
        combine_masks(causal_mask(3), padding_mask(torch.tensor([2, 3]), 4))


def test_lengths_of_a_narrow_type_do_not_wrap():
    mask = padding_mask(torch.tensor([100, 7], dtype=torch.int8), 300)
    assert mask[:, 0, 0].sum(-1).tolist() == [100, 7]


@pytest.mark.parametrize("mask", [torch.zeros(2, 2), torch.ones(2, 2).long()])
def test_refuses_masks_of_numbers(mask):
    with refuses(TypeError, "must be boolean, True = may attend; try mask.bool.., or bias=mask for numbers"):
        combine_masks(causal_mask(2), mask)
