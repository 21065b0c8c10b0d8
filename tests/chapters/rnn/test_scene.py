"""The RNN explorer's numbers, against torch's RNN and its gradient."""

import numpy as np
import pytest
import torch
from torch import nn

from dlsteps.chapters.rnn import scene
from dlsteps.chapters.rnn.networks import longest_chain, owed, stretching


def torchs(net):
    own = nn.RNN(net.input_size, net.hidden_size, bias=net.bias, batch_first=True).double()
    own.load_state_dict(net.state_dict())
    return own


def last_owes(net, x):
    """By torch, one step at a time: what the first number of the last state owes to each state."""
    own, h, states = torchs(net), torch.zeros(1, 1, net.hidden_size, dtype=torch.float64), []
    for line in x:
        h = own(line[None, None], h)[1]
        states.append(h)
    gradients = torch.autograd.grad(h[0, 0, 0], states)
    return torch.cat([gradient[0] for gradient in gradients])


@pytest.mark.parametrize("digit", scene.DIGITS)
@pytest.mark.parametrize("gain", scene.GAINS)
def test_states_and_gradients_are_torchs(digit, gain):
    frame = scene.frame(step="gradient back", digit=digit, gain=gain)
    x, h, gradient = frame.panels
    net = stretching(8, scene.H, gain, seed=1)
    digit_lines = torch.from_numpy(x.values)
    assert np.allclose(h.values, torchs(net)(digit_lines[None])[0][0].detach(), atol=1e-12)
    wanted = last_owes(net, digit_lines)
    assert np.allclose(gradient.values, wanted, atol=1e-12)
    for key, row in enumerate(wanted):
        norm = float(frame.select.values["norm"][key])
        assert norm == pytest.approx(row.norm().item(), rel=1e-2, abs=6e-4)
        assert row.norm() <= gain ** (7 - key) + 1e-12


def test_one_step_reads_the_line_and_the_state_before():
    frame = scene.frame(step="one step", digit=3, gain=1.0)
    lit = frame.lit(4)
    assert lit[0] == list(range(32, 40))
    assert lit[1] == list(range(3 * scene.H, 5 * scene.H))


def test_a_state_has_read_all_lines_so_far_and_none_later():
    frame = scene.frame(step="all it has read", digit=3, gain=1.0)
    lit = frame.lit(4)
    assert lit[0] == list(range(40))
    assert lit[1] == list(range(5 * scene.H))
    x = scene.digit_called(3)
    net = stretching(8, scene.H, 1.0, seed=1)
    later = x.clone()
    later[5] += 1
    moved = (net(later[None])[0] - net(x[None])[0]).abs().amax((0, 2))
    assert moved[:5].max() == 0
    assert moved[5:].min() > 0


def test_longer_lines_are_the_gradients_lengths():
    frame = scene.frame(step="longer", digit=0, gain=0.5)
    x = scene.split_digits().test.images[: scene.LONG, 0].flatten(0, 1)
    for line, gain in zip(frame.panels[0].lines, scene.GAINS, strict=True):
        wanted = last_owes(stretching(8, scene.H, gain, seed=1), x).norm(dim=1).flip(0)
        assert np.allclose(line.y, wanted, rtol=1e-9)
    assert line.x[-1] == 63


def test_a_sequence_and_a_layer_of_ones_own():
    layer, x = nn.RNN(3, 5, nonlinearity="relu"), torch.rand(7, 3, requires_grad=True)
    own = scene.explorer(x, layer, step="gradient back")
    assert [control.name for control in own.controls] == ["step"]
    shown, h, _ = own.frame().panels
    assert np.allclose(shown.values, x.detach())
    assert np.allclose(h.values, layer(x[:, None])[0][:, 0].detach(), atol=1e-6)
    assert [c.name for c in scene.explorer(x).controls] == ["step", "gain"]
    for beat in scene.BEATS[:-1]:
        own.frame(step=beat)
        scene.explorer(layer=nn.RNN(8, 2)).frame(step=beat)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 0), (2, 3, 4)])
def test_what_is_no_sequence_is_refused(shape):
    with pytest.raises(ValueError, match=r"give one sequence \(T, C\)"):
        scene.explorer(torch.zeros(shape))


def test_a_layer_that_does_not_fit_is_refused():
    x = torch.zeros(4, 3)
    with pytest.raises(TypeError, match=r"layer is a Linear; give torch's nn\.RNN"):
        scene.explorer(x, nn.Linear(3, 3))
    with pytest.raises(ValueError, match="several layers or directions"):
        scene.explorer(x, nn.RNN(3, 3, num_layers=2))
    with pytest.raises(ValueError, match=r"reads 5 numbers a step, but x has 3"):
        scene.explorer(x, nn.RNN(5, 3))


def test_the_state_matrix_stretches_all_directions_alike():
    net = stretching(3, 5, 1.7, seed=4)
    assert torch.allclose(torch.linalg.svdvals(net.weight_hh_l0), torch.full((5,), 1.7).double())
    assert owed(net, torch.ones(4, 3).double())[-1].tolist() == [1, 0, 0, 0, 0]


def test_the_longest_chain_is_counted():
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    assert longest_chain(y) == 2  # the leaf's own node is one
    assert longest_chain(y.sin().cos() + y) == 5
