import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.activations import Activation
from dlsteps.nn.gradient_flow import Residual, deep_network, initialize, jacobian
from dlsteps.nn.normalization import BatchNorm, LayerNorm


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


class Plain(nn.Module):
    """The same network, written as a loop over torch's own functions."""

    def __init__(self, depth, width, activation, norm, residual):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.norms = nn.ModuleList(norm(width) for _ in range(depth)) if norm else None
        self.activation, self.residual = activation, residual

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            z = layer(x)
            if self.norms:
                z = self.norms[i](z)
            z = self.activation(z)
            x = x + z if self.residual else z
        return x


def linears_and_norms(net):
    modules = [m for m in net.modules() if not any(m.children()) and any(True for _ in m.parameters())]
    return sorted(modules, key=lambda module: not isinstance(module, nn.Linear))


@torch.no_grad()
def copy_weights(net, plain):
    for source, target in zip(linears_and_norms(net), linears_and_norms(plain), strict=True):
        for parameter in source.parameters():
            parameter.add_(0.1)
        target.load_state_dict(source.state_dict())


def sorted_gradients(net):
    return [p.grad for module in linears_and_norms(net) for p in module.parameters()]


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(
    ("ours", "theirs"), [(None, None), (BatchNorm, nn.BatchNorm1d), (LayerNorm, nn.LayerNorm)]
)
@given(depth=st.integers(1, 4), width=st.integers(2, 5), residual=st.booleans())
def test_matches_the_loop(dtype, ours, theirs, depth, width, residual):
    net = deep_network(
        depth, width, lambda: Activation("tanh"), norm=ours, wrap=Residual if residual else None
    ).to(dtype)
    plain = Plain(depth, width, torch.tanh, theirs, residual).to(dtype)
    copy_weights(net, plain)
    loop = lambda x: plain(x)  # noqa: E731  (as a function, since the parameters' names differ)
    tolerance = {torch.float64: 1e-10, torch.float32: 1e-3}[dtype]
    assert_matches_torch(lambda x: net(x), loop, drawn((6, width)), dtype=dtype, tolerance=tolerance)
    for p, q in zip(sorted_gradients(net), sorted_gradients(plain), strict=True):
        assert torch.allclose(p, q, rtol=tolerance, atol=tolerance * max(1.0, q.abs().max().item()))


def test_parts_have_names():
    net = deep_network(2, 3, nn.ReLU, norm=LayerNorm, wrap=Residual)
    names = [name for name, module in net.named_modules() if not any(module.children())]
    assert names == [f"{i}.f.{part}" for i in (0, 1) for part in ("linear", "norm", "activation")]
    assert [n for n, _ in deep_network(1, 3, nn.ReLU)[0].named_children()] == ["linear", "activation"]


def test_each_block_has_its_own_parts():
    net = deep_network(3, 4, nn.PReLU, norm=LayerNorm)
    assert len(list(net.parameters())) == 3 * (2 + 2 + 1)
    assert not torch.equal(net[0].linear.weight, net[1].linear.weight)


@given(gain=st.sampled_from([0.0, 0.5, 1.0, 3.0]), inputs=st.sampled_from([50, 400]))
def test_spread_of_the_first_weights(gain, inputs):
    layer = initialize(nn.Linear(inputs, 2000), gain, seeded())
    assert layer.weight.std(correction=0).item() == pytest.approx(gain / math.sqrt(inputs), rel=0.02)
    assert abs(layer.weight.mean().item()) <= gain * 1e-2
    assert not layer.bias.any()


def test_a_gain_of_1_keeps_the_mean_square_by_default():
    plain, stated = (initialize(nn.Linear(8, 8), *gain, generator=seeded()) for gain in ((), (1.0,)))
    assert torch.equal(plain.weight, stated.weight)


def test_initialize_changes_the_layer_that_it_returns():
    layer = nn.Linear(3, 2, bias=False)
    assert initialize(layer) is layer
    assert layer.weight.requires_grad


def test_the_generator_decides():
    a, b, c = (deep_network(2, 3, nn.ReLU, generator=seeded(s))[1].linear.weight for s in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


@pytest.mark.parametrize(("gain", "factor"), [(1.0, 0.5), (math.sqrt(2), 1.0), (2.0, 2.0)])
def test_a_relu_layer_multiplies_the_mean_square_by_half_the_square_of_the_gain(gain, factor):
    growths = []
    for seed in range(20):
        net = deep_network(2, 300, nn.ReLU, gain, generator=seeded(seed)).double()
        x = drawn((30, 300), seed)
        growths.append((net(x).square().mean() / x.square().mean()).item())
    assert sum(growths) / 20 == pytest.approx(factor**2, rel=0.05)


def test_a_residual_adds_the_input():
    f = nn.Linear(4, 4).double()
    x = drawn((3, 4))
    assert torch.allclose(Residual(f)(x), x + f(x), rtol=1e-14)
    assert torch.allclose(jacobian(Residual(f), x[0]), torch.eye(4) + f.weight, rtol=0, atol=1e-14)


def test_at_gain_0_a_residual_network_is_the_identity_and_a_plain_one_is_nothing():
    x = drawn((3, 4))
    plain, residual = (deep_network(30, 4, nn.Tanh, 0.0, wrap=wrap).double() for wrap in (None, Residual))
    assert torch.equal(residual(x), x)
    assert not plain(x).any()


def test_refuses():
    with refuses(ValueError, "depth=0 leaves no network; try 1 or more"):
        deep_network(0, 3, nn.ReLU)
    with refuses(ValueError, "width=0 leaves no network"):
        deep_network(1, 0, nn.ReLU)
    for gain in (-1.0, math.nan):
        with refuses(ValueError, f"gain={gain} is no standard deviation"):
            deep_network(1, 3, nn.ReLU, gain)
    with refuses(ValueError, r"f turns shape \(2, 3\) into \(2, 1\), and a residual adds the two"):
        Residual(nn.Linear(3, 1))(torch.ones(2, 3))
