import pytest
import torch
import torch.nn.functional as F
from drawn import shapes
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.activations import PReLU, leaky_relu, prelu, prelu_derivative

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 0.5


@pytest.mark.parametrize("dtype", DTYPES)
@given(shape=shapes(), one=st.booleans())
def test_matches_torch(dtype, shape, one):
    C = 1 if one else shape[1]
    assert_matches_torch(PReLU(C), nn.PReLU(C), drawn(shape), dtype=dtype)


def test_options_match_torch():
    assert_matches_torch(PReLU(init=0.7), nn.PReLU(init=0.7), drawn((3, 4)), share_state=False)
    assert_matches_torch(PReLU(), nn.PReLU(), drawn(()), share_state=False)
    assert_matches_torch(PReLU(4), nn.PReLU(4), torch.empty(0, 4))
    assert_matches_torch(prelu, F.prelu, torch.zeros(2, 3), drawn(3))


def test_channels_last():
    ours = lambda x, a: prelu(x, a, channel_axis=-1)  # noqa: E731
    theirs = lambda x, a: F.prelu(x.movedim(-1, 1), a).movedim(1, -1)  # noqa: E731
    assert_matches_torch(ours, theirs, drawn((2, 5, 3)), drawn(3))
    x = drawn((2, 5, 3))
    assert torch.equal(PReLU(3, channel_axis=-1).double()(x), leaky_relu(x, 0.25))


@pytest.mark.parametrize("shape_of_a", [1, 3])
def test_both_slopes_by_hand_are_autograds(shape_of_a):
    x, a = drawn((4, 3, 2)), drawn(shape_of_a, 1).requires_grad_()
    x[0] = 0  # where there is no slope, and torch takes the left one
    x.requires_grad_()
    upstream = drawn((4, 3, 2), 2)
    by_x, by_a = torch.autograd.grad(F.prelu(x, a), (x, a), upstream)
    to_x, to_a = prelu_derivative(x, a)
    assert torch.allclose(upstream * to_x, by_x, rtol=0, atol=1e-14)
    axes = (0, 2) if shape_of_a == 3 else (0, 1, 2)
    assert torch.allclose((upstream * to_a).sum(axes).view(-1), by_a, rtol=0, atol=1e-13)


def test_a_slope_can_be_learned():
    # Made by a slope of 0.6 on the left, and found from 0.25 by gradient descent.
    x = drawn((200, 1))
    layer = PReLU().double()
    for _ in range(60):
        layer.zero_grad()
        (layer(x) - leaky_relu(x, 0.6)).square().mean().backward()
        with torch.no_grad():
            layer.weight -= 0.4 * layer.weight.grad
    assert abs(layer.weight.item() - 0.6) < 1e-6


def test_refuses():
    x = torch.ones(2, 3)
    for f in (prelu, prelu_derivative):
        with refuses(ValueError, r"C=3 channels on axis 1, but slope has shape \(2,\)"):
            f(x, torch.ones(2))
    for axis in (2, -3):
        with refuses(
            ValueError, rf"channel_axis={axis} is not an axis of x with shape \(2, 3\); try 1 or -1"
        ):
            prelu(x, torch.ones(3), channel_axis=axis)
    with refuses(ValueError, "num_parameters=0 is below 1"):
        PReLU(0)
    with refuses(ValueError, r"fewer than the two axes \(N, C\)"):
        PReLU(3)(torch.ones(3))
    with refuses(TypeError, "x has dtype torch.float32, but slope has torch.float64"):
        prelu(x, torch.ones(1).double())
    with refuses(TypeError, "x must be floating point, but has dtype torch.int64"):
        prelu_derivative(x.long(), torch.ones(3))
    assert repr(PReLU(3)) == "PReLU(num_parameters=3)"
