import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.activations import SwiGLU, glu, glu_backward, swiglu, swiglu_derivative

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2


class TorchSwiGLU(nn.Module):
    """The same three matrices, and torch's own linear maps and SiLU."""

    def __init__(self, d_model, d_hidden):
        super().__init__()
        self.w = nn.Linear(d_model, d_hidden, bias=False)
        self.v = nn.Linear(d_model, d_hidden, bias=False)
        self.w2 = nn.Linear(d_hidden, d_model, bias=False)

    def forward(self, x):
        gate = F.silu(F.linear(x, self.w.weight))
        return F.linear(gate * F.linear(x, self.v.weight), self.w2.weight)


@st.composite
def shapes_to_cut(draw):
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    dim = draw(st.integers(-len(shape), len(shape) - 1))
    shape[dim] *= 2
    return tuple(shape), dim


@pytest.mark.parametrize("dtype", DTYPES)
@given(shapes_to_cut())
def test_glu_matches_torch(dtype, shape_and_dim):
    shape, dim = shape_and_dim
    assert_matches_torch(lambda x: glu(x, dim), lambda x: F.glu(x, dim), drawn(shape), dtype=dtype)


def test_glu_cuts_the_last_axis_unless_told():
    assert_matches_torch(glu, F.glu, drawn((2, 4, 6)))
    assert_matches_torch(glu, F.glu, torch.empty(0, 4))


@given(shapes_to_cut())
def test_glu_backward_is_autograds(shape_and_dim):
    shape, dim = shape_and_dim
    x = drawn(shape).requires_grad_()
    y = F.glu(x, dim)
    upstream = drawn(y.shape, 1)
    (expected,) = torch.autograd.grad(y, x, upstream)
    assert torch.allclose(glu_backward(x.detach(), upstream, dim), expected, rtol=0, atol=1e-14)
    if dim == -1:
        assert torch.equal(glu_backward(x, upstream), glu_backward(x, upstream, dim))


def test_an_open_gate_lets_everything_through_and_a_shut_one_nothing():
    a = drawn(5)
    assert torch.allclose(glu(torch.cat([a, torch.full((5,), 50.0)])), a, rtol=1e-14)
    assert glu(torch.cat([a, torch.full((5,), -50.0)])).abs().max() < 1e-20
    back = glu_backward(torch.cat([a, torch.full((5,), 50.0)]), torch.ones(5).double())
    assert torch.allclose(back[:5], torch.ones(5).double(), rtol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@given(st.lists(st.integers(1, 4), max_size=3), st.integers(0, 20))
def test_swiglu_matches_torch(dtype, shape, seed):
    assert_matches_torch(
        swiglu,
        lambda g, v: F.silu(g) * v,
        drawn(tuple(shape), seed),
        drawn(tuple(shape), seed + 1),
        dtype=dtype,
    )


def test_swiglus_slopes_by_hand_are_autograds():
    gate, value = drawn((3, 4)).requires_grad_(), drawn((3, 4), 1).requires_grad_()
    expected = torch.autograd.grad((F.silu(gate) * value).sum(), (gate, value))
    for ours, theirs in zip(swiglu_derivative(gate, value), expected, strict=True):
        assert torch.allclose(ours, theirs, rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    leading=st.lists(st.integers(0, 3), max_size=2),
    d_model=st.integers(1, 6),
    d_hidden=st.integers(1, 6),
)
def test_layer_matches_torch(dtype, leading, d_model, d_hidden):
    ours, theirs = SwiGLU(d_model, d_hidden), TorchSwiGLU(d_model, d_hidden)
    assert_matches_torch(ours, theirs, drawn((*leading, d_model)), dtype=dtype)


def test_record():
    layer, x = SwiGLU(3, 5).double(), drawn((2, 3))
    gate, opened, value, output = layer(x, record=True)
    assert torch.equal(output, layer(x))
    assert torch.allclose(gate, x @ layer.w.weight.T, rtol=0, atol=1e-14)
    assert torch.allclose(value, x @ layer.v.weight.T, rtol=0, atol=1e-14)
    assert torch.allclose(opened, F.silu(gate), rtol=0, atol=1e-14)
    assert torch.allclose(output, (opened * value) @ layer.w2.weight.T, rtol=0, atol=1e-13)


def test_first_weights():
    layers = [SwiGLU(300, 800, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    a, b, c = (layer.w.weight for layer in layers)
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    for layer in (layers[0].w, layers[0].v, layers[0].w2):
        assert abs(layer.weight.std().item() * layer.in_features**0.5 - 1) < 0.01
        assert layer.bias is None


def test_refuses():
    x = torch.ones(2, 3)
    with refuses(
        ValueError, r"x of shape \(2, 3\) has odd length 3 along dim=-1 and cannot be cut in two; try 4"
    ):
        glu(x)
    for dim in (2, -3):
        with refuses(ValueError, rf"dim={dim} is not an axis of x with shape \(2, 3\); try -2 to 1"):
            glu(x, dim)
    with refuses(TypeError, "x must be floating point, but has dtype torch.int64"):
        glu(x.long())
    with refuses(ValueError, r"upstream has shape \(2, 3\), but the output has \(1, 3\); they must be equal"):
        glu_backward(x, x, 0)
    with refuses(TypeError, "upstream must be floating point"):
        glu_backward(x, x[:1].long(), 0)
    for f in (swiglu, swiglu_derivative):
        with refuses(ValueError, r"value has shape \(3,\), but gate has \(2, 3\)"):
            f(x, torch.ones(3))
    for wrong in (x.double(), x.long()):
        with refuses(TypeError, "value"):
            swiglu(x, wrong)
        with refuses(TypeError, "value"):
            swiglu_derivative(x, wrong)
    with refuses(TypeError, "value has torch.float32"):
        swiglu(x.double(), x)
    with refuses(ValueError, r"x has shape \(2, 3\), but the layer expects \(..., d=4\)"):
        SwiGLU(4, 5)(x)
    with refuses(TypeError, "x has dtype torch.float64, but the layer has torch.float32"):
        SwiGLU(3, 5)(x.double())
    for sizes in ((0, 5), (3, 0)):
        with refuses(ValueError, "=0 is below 1"):
            SwiGLU(*sizes)
