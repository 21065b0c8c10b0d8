import math

import pytest
import torch
import torch.nn.functional as F
from convolutions import drawn
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from judge import refuses
from torch import nn

from dlsteps.nn.convolution import (
    Conv2d,
    Field,
    Layer,
    MaxPool2d,
    effective_cells,
    gradient_support,
    receptive_field,
)

layers = st.builds(
    Layer,
    kernel=st.integers(1, 3),
    stride=st.integers(1, 2),
    dilation=st.integers(1, 2),
    padding=st.integers(0, 2),
)


def network(stack, width=1, positive=True):
    """The stack along H; along W nothing happens."""
    net = nn.Sequential()
    for k, s, d, p in stack:
        net.append(Conv2d(width, width, (k, 1), (s, 1), (p, 0), (d, 1), bias=False))
    for weight in net.parameters():
        nn.init.uniform_(weight, 0.5, 1.5)  # positive, so that no path cancels another
    return net.double()


@settings(max_examples=60)
@given(stack=st.lists(layers, min_size=1, max_size=4), n=st.integers(1, 24), data=st.data())
def test_the_formula_is_the_region_where_the_gradient_is_not_zero(stack, n, data):
    try:
        shape = network(stack)(torch.zeros(1, 1, n, 2).double()).shape
    except ValueError:
        assume(False)
    i = data.draw(st.integers(0, shape[2] - 1))
    field = receptive_field(stack)[-1]
    measured = gradient_support(network(stack), drawn(1, 1, n, 2), (i, 1))
    expected = field.cells(i, n)
    reached = measured.rows
    assert measured.gradient.shape == (n, 2)
    assert measured.columns == (range(1, 2) if reached else range(0))
    assert set(reached) <= set(expected)
    dense = all(layer.dilation == 1 for layer in stack) and all(
        layer.kernel >= layer.stride for layer in stack[:-1]
    )
    padded = any(layer.padding for layer in stack)
    if dense and not padded:
        assert reached == expected
        assert len(expected) == field.size


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        ([Layer(3)] * 2, Field(5, 1, 0)),
        ([Layer(3, padding=1)] * 3, Field(7, 1, -3)),
        ([Layer(3, 2, 1, 1), Layer(3, 2, 1, 1)], Field(7, 4, -3)),
        ([Layer(3), Layer(2, 2), Layer(3)], Field(8, 2, 0)),
        ([Layer(3, 1, 4, 4)], Field(9, 1, -4)),
        ([], None),
    ],
)
def test_fields_by_hand(stack, expected):
    fields = receptive_field(stack)
    assert len(fields) == len(stack)
    assert (fields[-1] if fields else None) == expected


def test_each_layer_has_its_field():
    assert receptive_field([(7, 2, 1, 3), (3, 2, 1, 1), (3,)]) == [
        Field(7, 2, -3),
        Field(11, 4, -5),
        Field(19, 4, -5),
    ]


@pytest.mark.parametrize(
    ("i", "cells"), [(0, range(2)), (1, range(1, 6)), (2, range(5, 8)), (9, range(8, 8))]
)
def test_cells_stay_in_the_image(i, cells):
    assert Field(size=5, jump=4, start=-3).cells(i, 8) == cells


def test_a_field_in_the_padding_has_no_cell_of_the_image():
    assert list(Field(size=2, jump=1, start=-5).cells(0, 8)) == []
    assert list(Field(size=2, jump=1, start=-5).cells(3, 8)) == []
    assert list(Field(size=2, jump=1, start=-5).cells(4, 8)) == [0]


def test_dilation_reaches_further_with_as_many_parameters():
    plain, dilated = Conv2d(1, 1, 3), Conv2d(1, 1, 3, dilation=3)
    assert plain.weight.numel() == dilated.weight.numel()
    for layer, side in ((plain, 3), (dilated, 7)):
        measured = gradient_support(layer, torch.ones(1, 1, 9, 9), (0, 1))
        assert (measured.rows, measured.columns) == (range(side), range(1, 1 + side))
        assert measured.gradient.count_nonzero() == 9


def test_the_gradient_is_summed_in_size_over_channels_and_samples():
    x, weight = drawn(2, 3, 4, 4), drawn(2, 3, 2, 2, seed=1)
    measured = gradient_support(lambda x: F.conv2d(x, weight), x, (1, 2))
    expected = torch.zeros(4, 4).double()
    expected[1:3, 2:4] = 2 * weight.sum(0).abs().sum(0)
    assert torch.allclose(measured.gradient, expected)
    assert x.grad is None


def test_max_pooling_hides_those_who_lost():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    measured = gradient_support(MaxPool2d(2), x, (0, 1))
    assert measured.rows == range(1, 2)
    assert measured.columns == range(3, 4)


def test_a_dead_unit_reaches_nothing():
    measured = gradient_support(
        lambda x: torch.relu(-F.conv2d(x.abs(), torch.ones(1, 1, 2, 2))), torch.ones(1, 1, 3, 3), (0, 0)
    )
    assert measured.rows == measured.columns == range(0)
    assert effective_cells(measured.gradient) == 0


def test_a_network_that_does_not_look_reaches_nothing():
    x, weight = torch.ones(1, 1, 3, 3), torch.ones(1).requires_grad_()
    for network in (torch.ones_like, lambda x: torch.ones_like(x) * weight):
        measured = gradient_support(network, x, (0, 0))
        assert measured.rows == measured.columns == range(0)
        assert measured.gradient.shape == (3, 3)


def test_the_effective_field_is_smaller_than_the_receptive_field():
    stack = [Layer(3, padding=1)] * 6
    net = nn.Sequential(*(Conv2d(1, 1, 3, padding=1, bias=False) for _ in stack)).double()
    for weight in net.parameters():
        nn.init.constant_(weight, 1.0)
    measured = gradient_support(net, torch.zeros(1, 1, 19, 19).double(), (9, 9))
    side = receptive_field(stack)[-1].size
    assert measured.rows == range(3, 3 + side)
    assert math.sqrt(effective_cells(measured.gradient)) < 0.7 * side
    assert effective_cells(measured.gradient, share=1.0) == side * side


@pytest.mark.parametrize(
    ("share", "cells"), [(0.5, 1), (0.5001, 2), (0.75, 2), (0.76, 3), (0.999, 4), (1.0, 4), (1e-9, 1)]
)
def test_effective_cells_by_hand(share, cells):
    assert effective_cells(torch.tensor([[1.0, 4.0, 0.0], [0.0, 2.0, 1.0]]), share) == cells


def test_refuses():
    x = torch.ones(1, 1, 4, 4)
    with refuses(ValueError, "stride=0 is below 1"):
        receptive_field([Layer(3, stride=0)])
    with refuses(TypeError, "kernel=1.5 is not a whole number"):
        receptive_field([(1.5,)])
    with refuses(ValueError, "padding=-1 is below 0"):
        receptive_field([(3, 1, 1, -1)])
    with refuses(ValueError, "dilation=0 is below 1"):
        receptive_field([(3, 1, 0)])
    for cell in [(3, 0), (0, 3), (-1, 0)]:
        with refuses(IndexError, r"is not in the output of \(3, 3\); count from 0"):
            gradient_support(Conv2d(1, 1, 2), x, cell)
    with refuses(ValueError, r"the network's output of shape \(1, 16\) does not have the four axes"):
        gradient_support(lambda x: x.flatten(1), x, (0, 0))
    with refuses(TypeError, "x must be floating point"):
        gradient_support(lambda x: x, x.long(), (0, 0))
    for share in (0, 1.5, math.nan):
        with refuses(ValueError, f"share={share} is not above 0 and up to 1; try 0.9545"):
            effective_cells(x[0, 0], share)
    for wrong in (-1.0, math.nan, math.inf):
        with refuses(ValueError, "gradient holds sizes below 0, NaN or infinity"):
            effective_cells(torch.tensor([[1.0, wrong]]))
