import math

import pytest
import torch
import torch.nn.functional as F
from drawn import shapes
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn import activations
from dlsteps.nn.activations import (
    CURVES,
    Activation,
    curve,
    gelu,
    gelu_tanh,
    leaky_relu,
    leaky_relu_derivative,
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    silu,
    silu_derivative,
    tanh,
    tanh_derivative,
)

DTYPES = [torch.float64, torch.float32]
TORCHS = {
    "identity": lambda x: 1 * x,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
}
SMOOTH = ["sigmoid", "tanh", "silu", "gelu", "gelu_tanh"]


def drawn(shape, seed=0, scale=3.0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * scale


def autograd(f, x):
    x = x.detach().requires_grad_()
    return torch.autograd.grad(f(x).sum(), x)[0]


def test_every_curve_has_a_judge():
    assert TORCHS.keys() == CURVES.keys()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CURVES)
@given(shape=shapes(min_axes=1), scale=st.sampled_from([1e-3, 1.0, 5.0, 100.0]))
def test_matches_torch(name, dtype, shape, scale):
    assert_matches_torch(CURVES[name].f, TORCHS[name], drawn(shape, scale=scale), dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CURVES)
@given(scale=st.sampled_from([1e-3, 1.0, 5.0, 100.0]), seed=st.integers(0, 100))
def test_the_derivative_by_hand_is_autograds(name, dtype, scale, seed):
    x = drawn(50, seed, scale).to(dtype)
    tolerance = 1e-13 if dtype == torch.float64 else 5e-6
    by_hand = CURVES[name].derivative(x)
    assert by_hand.dtype == dtype
    for f in (CURVES[name].f, TORCHS[name]):
        assert torch.allclose(by_hand, autograd(f, x), rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CURVES)
def test_zero_and_both_ends(name, dtype):
    x = torch.tensor([-0.0, 0.0, -1e4, 1e4, -1e-30, 1e-30], dtype=dtype)
    assert_matches_torch(CURVES[name].f, TORCHS[name], x, dtype=dtype)
    assert torch.allclose(CURVES[name].derivative(x), autograd(TORCHS[name], x), rtol=0, atol=1e-7)


@pytest.mark.parametrize("name", SMOOTH)
def test_second_derivatives(name):
    f, derivative = CURVES[name]
    x = drawn(20).requires_grad_()
    assert torch.autograd.gradgradcheck(f, x)
    assert torch.autograd.gradcheck(derivative, x)


EXACT = {  # 1 + erf and 1 + tanh have no digit left of these
    "sigmoid": lambda x: math.exp(x) / (1 + math.exp(x)),
    "silu": lambda x: x * math.exp(x) / (1 + math.exp(x)),
    "gelu": lambda x: x / 2 * math.erfc(-x / math.sqrt(2)),
}


@pytest.mark.parametrize("name", EXACT)
def test_what_the_far_left_leaves_is_not_rounded_away(name):
    for x in (-10.0, -20.0, -37.0):
        ours = CURVES[name].f(torch.tensor([x], dtype=torch.float64)).item()
        assert abs(ours / EXACT[name](x) - 1) < 1e-12


def test_what_the_far_right_leaves_of_the_slope_is_not_rounded_away():
    x = torch.tensor([50.0], dtype=torch.float64)
    assert abs(sigmoid_derivative(x).item() / math.exp(-50) - 1) < 1e-12
    assert abs(tanh_derivative(x).item() / (4 * math.exp(-100)) - 1) < 1e-12
    assert abs(silu_derivative(x - 100).item() / (-49 * math.exp(-50)) - 1) < 1e-12


@pytest.mark.parametrize("dtype", DTYPES)
def test_both_ends_are_torchs_to_the_last_digit(dtype):
    x = torch.tensor([-2000.0, -700.0, -80.0, -25.0, -19.0, 15.0, 19.0, 20.0, 25.0, 2000.0], dtype=dtype)
    for ours, theirs in ((tanh, torch.tanh), (sigmoid, torch.sigmoid)):
        assert torch.allclose(ours(x), theirs(x), rtol=4 * torch.finfo(dtype).eps, atol=1e-37)
        assert autograd(ours, x).isfinite().all()


def test_tanh_keeps_its_digits_near_zero():
    x = torch.tensor([1e-12, -3e-9], dtype=torch.float64)
    assert torch.allclose(tanh(x), x, rtol=1e-15, atol=0)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", CURVES)
def test_half_precision(name, dtype):
    x = torch.tensor([-3e4, -1000, -300, -5, -0.7, 0, 0.3, 4, 300, 1000, 3e4], dtype=dtype)
    f, derivative = CURVES[name]
    for ours, theirs in (
        (f(x), TORCHS[name](x.double())),
        (derivative(x), autograd(TORCHS[name], x.double())),
    ):
        assert ours.dtype == dtype
        assert torch.allclose(ours.double(), theirs, rtol=2 * torch.finfo(dtype).eps, atol=1e-6)
    assert torch.isfinite(autograd(f, x)).all()


@pytest.mark.parametrize("name", CURVES)
def test_nan_stays_nan_and_infinity_has_an_end(name):
    f = CURVES[name].f
    special = torch.tensor([math.nan, math.inf], dtype=torch.float64)
    nan, right = f(special).tolist()
    assert math.isnan(nan)
    assert right == (1 if name in ("sigmoid", "tanh") else math.inf)


@pytest.mark.parametrize("name", CURVES)
def test_empty_and_non_contiguous(name):
    assert_matches_torch(CURVES[name].f, TORCHS[name], torch.empty(0, 3))
    f, theirs = CURVES[name].f, TORCHS[name]
    assert_matches_torch(lambda x: f(x.mT), lambda x: theirs(x.mT), drawn((3, 4)))


# --- What a reader is told of each ---


def test_leaky_relu_is_a_slope_and_not_a_constant():
    x = torch.tensor([-1.0, -2.0, -100.0])
    assert torch.allclose(leaky_relu(x, 0.1), torch.tensor([-0.1, -0.2, -10.0]))
    assert_matches_torch(lambda x: leaky_relu(x, 0.2), lambda x: F.leaky_relu(x, 0.2), drawn((3, 4)))
    assert leaky_relu_derivative(x, 0.2).tolist() == pytest.approx([0.2] * 3)


@given(slope=st.floats(0, 1), seed=st.integers(0, 50))
def test_rectifiers_scale_with_their_input(slope, seed):
    x = drawn(20, seed)
    assert torch.allclose(leaky_relu(3 * x, slope), 3 * leaky_relu(x, slope), rtol=1e-14, atol=0)
    assert torch.allclose(leaky_relu(x, slope), slope * x + (1 - slope) * relu(x), rtol=0, atol=1e-13)


def test_relu_is_what_its_slope_says():
    x = drawn(50)
    assert torch.equal(relu(x), x * relu_derivative(x) + 0.0)


@given(seed=st.integers(0, 50))
def test_symmetries(seed):
    x = drawn(20, seed)
    close = {"rtol": 0, "atol": 1e-14}
    assert torch.allclose(sigmoid(x) + sigmoid(-x), torch.ones_like(x), **close)
    assert torch.allclose(tanh(x), -tanh(-x), **close)
    assert torch.allclose(tanh(x), 2 * sigmoid(2 * x) - 1, **close)
    for gate in (silu, gelu, gelu_tanh):
        assert torch.allclose(gate(x) - gate(-x), x, **close)  # one lets through what the other does not


def test_the_figures_in_the_docstrings():
    x = torch.linspace(-10, 10, 200_001, dtype=torch.float64)
    assert sigmoid_derivative(x).max() == sigmoid_derivative(torch.zeros(1).double()) == 0.25
    assert tanh_derivative(x).max() <= tanh_derivative(torch.zeros(1).double()) == 1
    assert (silu(x).min().item(), x[silu(x).argmin()].item()) == pytest.approx((-0.278, -1.278), abs=5e-4)
    steepest = silu_derivative(x)
    assert (steepest.max().item(), x[steepest.argmax()].item()) == pytest.approx((1.0998, 2.40), abs=1e-3)
    assert 4e-4 < (gelu(x) - gelu_tanh(x)).abs().max() < 5e-4


# --- By name ---


def test_activation_is_a_layer():
    assert_matches_torch(Activation("silu"), nn.SiLU(), drawn((3, 4)))
    assert_matches_torch(Activation("leaky_relu", slope=0.3), nn.LeakyReLU(0.3), drawn((3, 4)))
    assert repr(Activation("leaky_relu", slope=0.3)) == "Activation(leaky_relu, slope=0.3)"


def test_refuses():
    with refuses(
        ValueError, "no activation is called 'rleu'; try one of identity, relu, leaky_relu, sigmoid"
    ):
        curve("rleu")
    with refuses(ValueError, "no activation is called 'rleu'"):
        Activation("rleu")
    with refuses(TypeError, "unexpected keyword argument 'slope'"):
        Activation("relu", slope=0.1)
    for name, (f, derivative) in CURVES.items():
        if name != "identity":
            for function in (f, derivative):
                with refuses(TypeError, r"x must be floating point, but has dtype torch.int64"):
                    function(torch.arange(3))


def test_everything_public_is_exported():
    assert all(hasattr(activations, name) for name in activations.__all__)
