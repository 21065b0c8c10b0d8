import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from torch import nn

from dlsteps.nn.activations import Activation
from dlsteps.nn.gradient_flow import Residual, deep_network, record_gradients
from dlsteps.nn.normalization import LayerNorm


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def close(a, b):
    return a == pytest.approx(b, rel=1e-12, abs=1e-300)


@given(depth=st.integers(1, 4), width=st.integers(1, 5), residual=st.booleans(), seed=st.integers(0, 20))
def test_against_a_loop_that_retains_its_gradients(depth, width, residual, seed):
    net = deep_network(
        depth, width, nn.Tanh, 1.5, wrap=Residual if residual else None, generator=seeded(seed)
    )
    net, x = net.double(), drawn((3, width), seed)
    with record_gradients(net) as flow:
        net(x).square().sum().backward()
    outputs, h = [], x
    for block in net:
        parts = block.f if residual else block
        z = parts.linear(h)
        a = torch.tanh(z)
        h = h + a if residual else a
        outputs += [(z, parts.linear), (a, None)]
    for output, _ in outputs:
        output.retain_grad()
    expected = [p.grad.clone() for p in net.parameters()]
    net.zero_grad()
    h.square().sum().backward()
    assert len(flow.layers) == len(outputs)
    for layer, (a, linear) in zip(flow.layers, outputs, strict=True):
        assert layer.shape == tuple(a.shape)
        assert close(layer.activation_norm, a.norm().item())
        assert close(layer.activation_mean, a.mean().item())
        assert close(layer.spread, a.std(correction=0).item())
        assert close(layer.activation_rms, a.square().mean().sqrt().item())
        assert close(layer.gradient_norm, a.grad.norm().item())
        if linear is None:
            assert layer.parameter_gradient_norm is None
        else:
            both = torch.cat([linear.weight.grad.flatten(), linear.bias.grad])
            assert close(layer.parameter_gradient_norm, both.norm().item())
    assert all(torch.equal(p.grad, g) for p, g in zip(net.parameters(), expected, strict=True))


def test_names_kinds_and_order():
    net = deep_network(2, 3, nn.ReLU)
    with record_gradients(net) as flow:
        net(torch.ones(2, 3)).sum().backward()
        assert flow.layers == ()
    assert [(layer.name, layer.kind, layer.call) for layer in flow.layers] == [
        ("0.linear", "Linear", 0),
        ("0.activation", "ReLU", 0),
        ("1.linear", "Linear", 0),
        ("1.activation", "ReLU", 0),
    ]
    assert flow["1.linear"] is flow.layers[2]
    with refuses(KeyError, "no layer 'head' was recorded; there are '0.linear', '0.activation'"):
        flow["head"]


def test_only_the_layers_asked_for():
    net = deep_network(3, 4, nn.ReLU, norm=LayerNorm, wrap=Residual)
    for layers, number in ((nn.Linear, 3), ((nn.Linear, nn.ReLU), 6), (Residual, 3)):
        with record_gradients(net, layers) as flow:
            net(torch.ones(2, 4)).sum().backward()
        assert len(flow.layers) == number
    with record_gradients(net, Residual) as flow:
        net(torch.ones(2, 4)).sum().backward()
    assert flow.layers[2].parameter_gradient_norm is None  # its own parameters, not those of what is in it
    assert close(flow.layers[2].gradient_norm, 8**0.5)  # of a sum


def test_hooks_are_gone_also_after_an_exception():
    net = deep_network(2, 3, nn.ReLU)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), record_gradients(net):
        net(torch.ones(2, 4))
    with record_gradients(net) as flow:
        net(torch.ones(2, 3)).sum().backward()
    before = flow.layers
    net(torch.ones(2, 3)).sum().backward()
    assert flow.layers is before
    for module in net.modules():
        assert not module._forward_hooks
    assert not any(p._backward_hooks for p in net.parameters())


def test_outputs_and_gradients_are_not_touched():
    net, x = deep_network(3, 4, nn.Tanh, generator=seeded()).double(), drawn((5, 4))
    expected = net(x)
    gradients = torch.autograd.grad(expected.square().sum(), list(net.parameters()))
    with record_gradients(net):
        y = net(x)
        y.square().sum().backward()
    assert torch.equal(y, expected)
    assert all(torch.equal(p.grad, g) for p, g in zip(net.parameters(), gradients, strict=True))


def test_a_layer_that_works_in_place_hides_nothing():
    weight = drawn((4, 4))
    flows = []
    for inplace in (False, True):
        net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.ReLU(inplace=inplace), nn.Linear(4, 1)).double()
        with torch.no_grad():
            net[0].weight.copy_(weight)
            net[2].weight.fill_(0.5)
            net[2].bias.zero_()
        with record_gradients(net) as flow:
            net(drawn((3, 4), 1)).sum().backward()
        flows.append(flow.layers)
    assert flows[0] == flows[1]
    assert flows[0][0].activation_norm > flows[0][1].activation_norm
    assert flows[0][0].gradient_norm < flows[0][1].gradient_norm


def test_a_layer_that_is_called_twice():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(self.layer(x))

    model = Twice().double()
    layer = model.layer
    with record_gradients(model) as flow:
        model(drawn((2, 3))).sum().backward()
    first, second = flow.layers
    assert (first.call, second.call) == (0, 1)
    assert close(second.gradient_norm, 6**0.5)
    assert close(first.gradient_norm, (torch.ones(2, 3).double() @ layer.weight).norm().item())
    both = torch.cat([layer.weight.grad.flatten(), layer.bias.grad]).norm().item()
    assert close(first.parameter_gradient_norm, both)
    assert flow["layer"] is first


def test_backward_passes_add_up():
    net, x = nn.Sequential(nn.Linear(3, 2)).double(), drawn((4, 3))
    with record_gradients(net) as flow:
        y = net(x)
        y.sum().backward(retain_graph=True)
        (2 * y).sum().backward()
    assert close(flow["0"].gradient_norm, 3 * 8**0.5)
    gradient = torch.cat([net[0].weight.grad.flatten(), net[0].bias.grad])
    assert close(flow["0"].parameter_gradient_norm, gradient.norm().item())


def test_what_was_in_the_gradients_before_is_not_counted():
    net, x = nn.Sequential(nn.Linear(3, 2)).double(), drawn((4, 3))
    norms = []
    for _ in range(2):
        with record_gradients(net) as flow:
            net(x).sum().backward()
        norms.append(flow["0"].parameter_gradient_norm)
    assert norms[0] == norms[1]


def test_without_a_backward_pass_there_is_no_gradient():
    net = nn.Sequential(nn.Linear(3, 2))
    for context in (torch.no_grad(), torch.enable_grad()):
        with context, record_gradients(net) as flow:
            net(torch.ones(1, 3))
        layer = flow["0"]
        assert (layer.gradient_norm, layer.parameter_gradient_norm, layer.unreached) == (None, None, None)
    with record_gradients(net) as flow:
        pass
    assert flow.layers == ()
    with refuses(KeyError, "there are none; has the recording ended"):
        flow["0"]


def test_frozen_parameters_have_no_gradient():
    net = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2))
    net[0].requires_grad_(False)
    with record_gradients(net) as flow:
        net(torch.ones(1, 3)).sum().backward()
    assert flow["0"].gradient_norm is None
    assert flow["0"].parameter_gradient_norm is None
    assert flow["1"].parameter_gradient_norm > 0


# --- Dead units ---


def test_a_dead_unit_is_0_for_every_sample():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]))
        net[0].bias.zero_()
        net[2].weight.copy_(torch.tensor([[1.0, 1.0, 0.0]]))
    with record_gradients(net) as flow:
        net(torch.tensor([[1.0, 1.0], [2.0, -1.0]])).sum().backward()
    assert flow["1"].dead == (False, True, False)
    assert flow["1"].number_dead == 1
    # The gradient stops at the dead unit, and at the one that nobody listens to.
    assert flow["0"].unreached == (False, True, True)
    assert flow["1"].unreached == (False, False, True)
    assert flow["0"].dead == (False, False, False)


def test_units_of_images_and_of_tokens():
    images = torch.ones(2, 3, 4, 5)
    images[:, 1] = 0
    images[0, 0] = 0
    relu = nn.ReLU()
    with record_gradients(relu) as flow:
        relu(images)
    assert flow[""].dead == (False, True, False)
    with record_gradients(relu, channel_axis=-1) as flow:
        relu(images.movedim(1, -1))
        relu(torch.tensor([0.0, 1.0]))
        relu(torch.tensor(0.0))
    assert [layer.dead for layer in flow.layers] == [(False, True, False), (True, False), (True,)]
    with record_gradients(relu) as flow:
        relu(torch.tensor([0.0, 1.0]))
    assert flow[""].dead == (True, False)


def test_leaky_relu_has_no_dead_units_where_relu_has():
    dead = {}
    for name in ("relu", "leaky_relu"):
        net = deep_network(30, 16, lambda name=name: Activation(name), 1.0, generator=seeded(3)).double()
        for block in net:
            nn.init.constant_(block.linear.bias, -0.05)
        with record_gradients(net, Activation) as flow:
            net(drawn((64, 16))).sum().backward()
        dead[name] = sum(layer.number_dead for layer in flow.layers)
    assert dead["relu"] > 100
    assert dead["leaky_relu"] == 0


# --- What the recording is for ---


def first_gradient(activation, gain, **options):
    net = deep_network(40, 32, lambda: Activation(activation), gain, generator=seeded(), **options).double()
    x = drawn((16, 32))
    with record_gradients(net, Activation) as flow:
        net(x).sum().backward()
    return flow.layers[0].gradient_norm / flow.layers[-1].gradient_norm


def test_who_vanishes_and_who_explodes():
    assert first_gradient("sigmoid", 1.0) < 1e-20
    assert first_gradient("tanh", 0.5) < 1e-8
    assert first_gradient("identity", 2.0) > 1e8
    assert 1e-3 < first_gradient("relu", 2**0.5) < 1e3
    assert first_gradient("sigmoid", 1.0, wrap=Residual) > 0.1
    assert first_gradient("identity", 2.0, norm=LayerNorm) < 1e3


# --- Odd models ---


def test_several_outputs_and_integers():
    lstm = nn.LSTM(3, 2)
    with record_gradients(lstm) as flow:
        output, _ = lstm(torch.ones(4, 1, 3))
        output.sum().backward()
    assert flow[""].shape == (4, 1, 2)

    class Cut(nn.Module):
        def forward(self, x):
            return x.argmax(-1)

    cut = nn.Sequential(nn.Linear(3, 3), Cut())
    with record_gradients(cut) as flow:
        cut(torch.ones(2, 3))
    assert [layer.kind for layer in flow.layers] == ["Linear"]


def test_large_numbers_and_an_empty_batch():
    net = nn.Sequential(nn.Identity())
    with record_gradients(net) as flow:
        net(torch.tensor([[3e30, 4e30]]))
        net(torch.empty(0, 2))
    assert flow.layers[0].activation_norm == pytest.approx(5e30, rel=1e-6)
    assert flow.layers[1].activation_norm == 0


def test_the_loss_can_be_part_of_the_model():
    class WithLoss(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.loss = nn.Linear(3, 1), nn.MSELoss()

        def forward(self, x, y):
            return self.loss(self.linear(x), y)

    model = WithLoss()
    with record_gradients(model) as flow:
        model(torch.ones(2, 3), torch.zeros(2, 1)).backward()
    assert flow["loss"].shape == ()
    assert flow["loss"].gradient_norm == 1


def test_refuses():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    message = "the model has no layer of .*Conv2d.*; it has Linear, ReLU, Sequential"
    with refuses(ValueError, message), record_gradients(net, nn.Conv2d):
        pass
