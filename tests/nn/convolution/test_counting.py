from fractions import Fraction

import pytest
import torch
from convolutions import settings_of
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from dlsteps.nn.convolution import (
    KINDS,
    Cost,
    DepthwiseSeparable,
    cost,
    multiply_adds,
    parameter_count,
    window,
)


@pytest.mark.parametrize("bias", [True, False])
@given(setting=settings_of())
def test_counts_are_torchs(bias, setting):
    C, (D, _, *kernel) = setting.x[1], setting.weight
    groups = setting.options["groups"]
    layer = nn.Conv2d(C, D, kernel, **setting.options, bias=bias)
    assert parameter_count(C, D, tuple(kernel), groups, bias) == sum(p.numel() for p in layer.parameters())
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        layer(torch.zeros(1, *setting.x[1:]))
    windows = {k: v for k, v in setting.options.items() if k != "groups"}
    size = window(kernel, **windows).output_size(setting.x[2:])
    # torch counts an addition and a multiplication as two
    assert 2 * multiply_adds(C, D, tuple(kernel), size, groups) == counter.get_total_flops()


def torchs(kind, C, D, kernel, bias):
    return {
        "standard": lambda: nn.Conv2d(C, D, kernel, bias=bias),
        "depthwise": lambda: nn.Conv2d(C, D, kernel, groups=C, bias=bias),
        "pointwise": lambda: nn.Conv2d(C, D, 1, bias=bias),
        "separable": lambda: DepthwiseSeparable(C, D, kernel, bias=bias),
    }[kind]()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bias", [True, False])
def test_cost_of_each_kind(kind, bias):
    C, D = 4, 4 if kind == "depthwise" else 6
    layer = torchs(kind, C, D, (3, 2), bias)
    found = cost(kind, C, D, (3, 2), (5, 7), bias)
    assert found.parameters == sum(p.numel() for p in layer.parameters())
    weights = sum(p.numel() for p in layer.parameters() if p.ndim == 4)
    assert found.multiply_adds == weights * 5 * 7  # each weight once for each output cell


@given(C=st.integers(1, 64), D=st.integers(1, 64), k=st.integers(1, 7), H=st.integers(1, 32))
def test_the_share_of_a_separable_convolution(C, D, k, H):
    separable, standard = (cost(kind, C, D, (k, k), (H, H)) for kind in ("separable", "standard"))
    share = Fraction(1, D) + Fraction(1, k * k)
    assert Fraction(separable.parameters, standard.parameters) == share
    assert Fraction(separable.multiply_adds, standard.multiply_adds) == share


def test_what_is_left_out_is_torchs():
    assert parameter_count(4, 6, (3, 2)) == sum(p.numel() for p in nn.Conv2d(4, 6, (3, 2)).parameters())
    assert multiply_adds(4, 6, (3, 2), (5, 7)) == nn.Conv2d(4, 6, (3, 2)).weight.numel() * 35


def test_costs_add():
    assert Cost(1, 2) + Cost(30, 40) == Cost(31, 42)


def test_refuses():
    with refuses(ValueError, "groups=3 does not divide C=4; try 1, 2 or 4"):
        parameter_count(4, 6, (3, 3), groups=3)
    with refuses(ValueError, "groups=4 does not divide D=6"):
        multiply_adds(4, 6, (3, 3), (5, 5), groups=4)
    with refuses(ValueError, r"kernel=\(0, 3\) is below 1"):
        parameter_count(4, 6, (0, 3))
    with refuses(TypeError, r"kernel=\(3, 1.5\) is not a whole number or a pair"):
        multiply_adds(4, 6, (3, 1.5), (5, 5))
    for sizes in ((0, 6), (4, -1)):
        with refuses(ValueError, "is below 1"):
            parameter_count(*sizes, (3, 3))
    with refuses(TypeError, r"kernel=\(3, 1.5\) is not a whole number or a pair"):
        cost("separable", 4, 6, (3, 1.5), (5, 5))
    with refuses(ValueError, "Wo=0 is below 1"):
        multiply_adds(4, 6, (3, 3), (5, 0))
    with refuses(
        ValueError, "kind='dilated' is not known; try one of standard, depthwise, pointwise, separable"
    ):
        cost("dilated", 4, 6, (3, 3), (5, 5))
    with refuses(ValueError, "D=6 is not C=4, but a depthwise convolution keeps the channels; try D=4"):
        cost("depthwise", 4, 6, (3, 3), (5, 5))
