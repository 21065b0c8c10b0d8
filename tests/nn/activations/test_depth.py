import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.nn.activations import CURVES, through_depth


@given(name=st.sampled_from(list(CURVES)), depth=st.integers(1, 12), gain=st.sampled_from([0.5, 1.0, 2.0]))
def test_the_products_are_what_autograd_finds(name, depth, gain):
    x = torch.linspace(-2, 2, 9, dtype=torch.float64).requires_grad_()
    record = through_depth(x, name, depth, gain)
    assert record.values.shape == (depth + 1, 9)
    assert torch.equal(record.values[0], x)
    for layer in range(depth):
        assert torch.allclose(
            record.values[layer + 1], CURVES[name].f(gain * record.values[layer]), rtol=0, atol=1e-14
        )
        (expected,) = torch.autograd.grad(record.values[layer + 1].sum(), x, retain_graph=True)
        assert torch.allclose(record.products[layer], expected, rtol=1e-12, atol=1e-14)
    assert torch.allclose(record.slopes.prod(0), record.products[-1], rtol=1e-12)


def test_sigmoid_loses_three_quarters_or_more_in_each_layer():
    products = through_depth(torch.randn(100).double(), "sigmoid", 10).products
    assert (products <= 0.25 ** torch.arange(1, 11)[:, None]).all()
    assert (through_depth(torch.rand(100).double(), "relu", 10).products == 1).all()


def test_a_slope_goes_through():
    record = through_depth(torch.tensor([-1.0]), "leaky_relu", 3, slope=0.5)
    assert record.values.flatten().tolist() == [-1, -0.5, -0.25, -0.125]
    assert record.products.flatten().tolist() == [0.5, 0.25, 0.125]


def test_refuses():
    with refuses(ValueError, "depth=0 is no layer at all; try 1"):
        through_depth(torch.ones(1), "relu", 0)
    with refuses(ValueError, "no activation is called 'step'"):
        through_depth(torch.ones(1), "step", 1)
    with refuses(TypeError, "x must be floating point"):
        through_depth(torch.arange(3), "identity", 1)
    with pytest.raises(TypeError, match="slope"):
        through_depth(torch.ones(1), "relu", 1, slope=0.5)
