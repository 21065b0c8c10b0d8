"""Every gate at every step, gates held by hand, and what the last state owes to earlier ones."""

import pytest
import torch
from judge import refuses

from dlsteps.nn.recurrent import (
    GRU,
    LSTM,
    RNN,
    along_the_belt,
    gru_cell,
    lstm_cell,
    rnn_cell,
    through_time,
)


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def test_an_lstms_record_obeys_its_equations():
    net, x = LSTM(3, 2).double(), drawn(2, 4, 3)
    weight_ih, weight_hh, bias_ih, bias_hh = net.weights(0)
    (read,) = net.record(x)
    h = c = torch.zeros(2, 2).double()
    for t, step in enumerate(read.steps):
        i, f, g, o = (x[:, t] @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh).view(2, 4, 2).unbind(1)
        f, i, g, o = sigmoid(f), sigmoid(i), torch.tanh(g), sigmoid(o)
        c = f * c + i * g
        h = o * torch.tanh(c)
        for ours, expected in zip(step, (f, i, g, o, c, h), strict=True):
            assert torch.allclose(ours, expected, atol=1e-12)
        assert torch.equal(step.h, read.output[:, t])
    assert step._fields == ("f", "i", "g", "o", "c", "h")
    assert torch.equal(read.state[0], step.h)
    assert torch.equal(read.state[1], step.c)


def test_a_grus_record_obeys_its_equations():
    net, x = GRU(3, 2).double(), drawn(2, 4, 3)
    weight_ih, weight_hh, bias_ih, bias_hh = net.weights(0)
    (read,) = net.record(x)
    h = torch.zeros(2, 2).double()
    for t, step in enumerate(read.steps):
        x_r, x_z, x_n = (x[:, t] @ weight_ih.T + bias_ih).view(2, 3, 2).unbind(1)
        h_r, h_z, h_n = (h @ weight_hh.T + bias_hh).view(2, 3, 2).unbind(1)
        r, z = sigmoid(x_r + h_r), sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * h_n)
        h = (1 - z) * n + z * h
        for ours, expected in zip(step, (r, z, n, h), strict=True):
            assert torch.allclose(ours, expected, atol=1e-12)
    assert step._fields == ("r", "z", "n", "h")


def test_an_rnns_record_obeys_its_equation():
    net, x = RNN(3, 2).double(), drawn(2, 4, 3)
    (read,) = net.record(x)
    for step in read.steps:
        assert torch.equal(step.h, torch.tanh(step.a))
    assert len(read.steps) == 4


@pytest.mark.parametrize("layer", [RNN, LSTM, GRU])
def test_a_record_is_what_the_layer_gives(layer):
    net, x, lengths = layer(3, 2, 2).double(), drawn(2, 4, 3), torch.tensor([4, 2])
    output, state = net(x, None, lengths)
    low, high = net.record(x, None, lengths)
    assert torch.equal(high.output, output)
    last = state if isinstance(state, tuple) else (state,)
    for part, of_low, of_high in zip(last, low.state, high.state, strict=True):
        assert torch.equal(part, torch.stack([of_low, of_high]))
    assert net.read(x, tuple(p[0] for p in last), 0).steps == ()


def test_past_the_end_gates_are_shut_and_the_state_stays():
    net, x = LSTM(3, 2).double(), drawn(2, 4, 3)
    (read,) = net.record(x, lengths=torch.tensor([4, 2]))
    for step in read.steps[2:]:
        for name in "figo":
            gate = getattr(step, name)
            assert gate[1].abs().max() == 0
            assert gate[0].abs().min() > 0
        assert torch.equal(step.h[1], read.steps[1].h[1])
        assert torch.equal(step.c[1], read.state[1][1])


@pytest.mark.parametrize(("layer", "gates"), [(LSTM, "fio"), (GRU, "rz")])
def test_a_held_gate_is_the_number_everywhere_and_moves_nothing(layer, gates):
    net, x = layer(3, 2, 2).double(), drawn(2, 4, 3)
    for gate in gates:
        for read in net.record(x, force={gate: 0.25}):
            for step in read.steps:
                assert torch.equal(getattr(step, gate), torch.full((2, 2), 0.25).double())
                others = [getattr(step, other) for other in gates if other != gate]
                assert all((other - 0.25).abs().min() > 0 for other in others)
    net.zero_grad()
    (read, _) = net.record(x, force={gates[0]: 1})
    read.output.sum().backward()
    rows = {"f": slice(2, 4), "r": slice(0, 2)}[gates[0]]
    assert net.weight_ih_l0.grad[rows].abs().max() == 0
    assert net.weight_ih_l0.grad.abs().max() > 0


def test_an_open_forget_gate_and_a_shut_input_gate_keep_the_cell_forever():
    net, x = LSTM(3, 2).double(), drawn(2, 50, 3)
    state = (drawn(1, 2, 2, seed=1), drawn(1, 2, 2, seed=2))
    (read,) = net.record(x, state, force={"f": 1, "i": 0})
    assert all(torch.equal(step.c, state[1][0]) for step in read.steps)
    (read,) = net.record(x, state, force={"f": 0})
    for step in read.steps:
        assert torch.equal(step.c, step.i * step.g)
    (read,) = net.record(x, state, force={"o": 0})
    assert read.output.abs().max() == 0


def test_an_open_update_gate_keeps_a_grus_state():
    net, x, state = GRU(3, 2).double(), drawn(2, 9, 3), drawn(1, 2, 2, seed=1)
    (read,) = net.record(x, state, force={"z": 1})
    assert torch.equal(read.state[0], state[0])


def test_cells_hold_gates_too():
    x, h, c = drawn(2, 3), drawn(2, 2, seed=1), drawn(2, 2, seed=2)
    weights = drawn(8, 3, seed=3), drawn(8, 2, seed=4)
    step = lstm_cell(x, h, c, *weights, force={"f": 1, "i": 0})
    assert torch.equal(step.c, c)
    assert torch.equal(lstm_cell(x, h, c, *weights, force={"o": 0.5}).o, torch.full((2, 2), 0.5).double())
    step = gru_cell(x, h, *(w[:6] for w in weights), force={"z": 0, "r": 0})
    assert torch.equal(step.h, step.n)
    assert torch.equal(step.n, torch.tanh(x @ weights[0][4:6].T))
    assert rnn_cell(x, h, weights[0][:2], weights[1][:2])._fields == ("a", "h")


@pytest.mark.parametrize("bias", [0.0, 1.0, 3.0])
def test_forget_bias_is_where_the_forget_gates_begin(bias):
    net = LSTM(3, 2, 2, forget_bias=bias).double()
    for layer in range(2):
        _, _, bias_ih, bias_hh = net.weights(layer)
        assert torch.equal((bias_ih + bias_hh)[2:4], torch.full((2,), bias).double())
        assert (bias_ih + bias_hh)[[0, 1, 4, 5, 6, 7]].abs().min() > 0
        assert bias_ih.requires_grad
    for parameter in (net.weight_ih_l0, net.weight_hh_l0):
        torch.nn.init.zeros_(parameter)
    f = net.record(drawn(1, 2, 3))[0].steps[0].f
    assert torch.allclose(f, sigmoid(torch.full((1, 2), bias).double()))


@pytest.mark.parametrize(("layer", "name"), [(RNN, "h"), (LSTM, "h"), (LSTM, "c"), (GRU, "h")])
def test_through_time_is_the_jacobian_of_the_rest_of_the_sequence(layer, name):
    net, x = layer(3, 2).double(), drawn(2, 5, 3)
    (read,) = net.record(x)
    rows = through_time(read.steps, name, sample=1, unit=1)
    assert rows.shape == (5, 2)
    assert torch.equal(rows[-1], torch.tensor([0.0, 1.0]).double())
    for t in range(4):

        def rest(s, t=t):
            step = read.steps[t]
            state = {"h": step.h[1:].detach(), "c": getattr(step, "c", step.h)[1:].detach()}
            if name == "c":  # h is made from c, so it moves with it
                state = {"c": s, "h": step.o[1:].detach() * torch.tanh(s)}
            else:
                state["h"] = s
            after = net.read(x[1:, t + 1 :], tuple(state[k] for k in "hc"[: net.states]), 0)
            return after.state["hc".index(name)][0, 1]

        start = getattr(read.steps[t], name)[1:].detach()
        assert torch.allclose(rows[t], torch.autograd.functional.jacobian(rest, start)[0], atol=1e-12)
    again = through_time(read.steps, name, sample=0, unit=0)  # the graph is still there
    assert torch.equal(again[-1], torch.tensor([1.0, 0.0]).double())
    assert rows[0].abs().min() > 0


def test_a_sequence_of_one_step_owes_nothing_to_earlier_ones():
    (read,) = LSTM(3, 2).double().record(drawn(1, 1, 3))
    assert through_time(read.steps, "c").tolist() == [[1.0, 0.0]]
    assert along_the_belt(read.steps).tolist() == [[[1.0, 1.0]]]


def test_the_belt_alone_is_the_product_of_later_forget_gates():
    net, x = LSTM(3, 2).double(), drawn(2, 5, 3)
    torch.nn.init.zeros_(net.weight_hh_l0)  # no other path is left
    (read,) = net.record(x)
    belt = along_the_belt(read.steps)
    assert belt.shape == (5, 2, 2)
    for sample in range(2):
        for unit in range(2):
            rows = through_time(read.steps, "c", sample=sample, unit=unit)
            assert torch.allclose(rows[:, unit], belt[:, sample, unit], atol=1e-14)
            assert rows[:, 1 - unit].abs().max() == 0
    assert (belt <= 1).all()


def test_the_belt_remembers_where_a_plain_network_forgets():
    x = drawn(1, 100, 3)
    torch.manual_seed(0)
    net = LSTM(3, 8, forget_bias=6.0).double()
    (read,) = net.record(x)
    (plain,) = RNN(3, 8).double().record(x)
    assert along_the_belt(read.steps)[0].min() > 0.3
    assert through_time(plain.steps)[0].norm() < 1e-8


def test_an_lstms_gradient_can_explode_along_the_other_paths():
    net, x = LSTM(1, 8).double(), drawn(1, 30, 1)
    torch.manual_seed(1)
    torch.nn.init.normal_(net.weight_hh_l0, std=3.0)
    (read,) = net.record(0.01 * x)
    assert along_the_belt(read.steps).max() <= 1
    assert max(through_time(read.steps, "c", unit=u)[0].abs().max() for u in range(8)) > 10


def test_refuses():
    net, x = LSTM(3, 2).double(), drawn(2, 4, 3)
    with refuses(ValueError, "gate 'g' is not one of this cell's; try f, i, o"):
        net.record(x, force={"g": 1})
    with refuses(ValueError, r"gate f=1.5 is not from 0 \(shut\) to 1 \(open\); try 0 or 1"):
        net.record(x, force={"f": 1.5})
    with refuses(ValueError, "gate i=nan is not from 0"):
        net.record(x, force={"i": float("nan")})
    with refuses(ValueError, "gate 'f' is not one of this cell's; try r, z"):
        GRU(3, 2).double().record(x, force={"f": 1})
    with refuses(ValueError, "gate 'f' is not one of this cell's; try a network with gates"):
        RNN(3, 2).double().record(x, force={"f": 1})
    with refuses(ValueError, "forget_bias=1.0 needs bias=True; try that, or forget_bias=None"):
        LSTM(3, 2, bias=False, forget_bias=1.0)
    with refuses(ValueError, "steps is empty, and there is nothing to look back on; try record=True"):
        through_time(())
    with refuses(ValueError, "steps is empty"):
        along_the_belt(())
    with refuses(ValueError, "a GRUStep has no forget gate; try the steps of an LSTM, or through_time"):
        along_the_belt(GRU(3, 2).double().record(x)[0].steps)
    (read,) = net.record(x)
    with refuses(ValueError, "name='f' is no state of this cell; try h or c"):
        through_time(read.steps, "f")
    with refuses(ValueError, "name='c' is no state of this cell; try h$"):
        through_time(GRU(3, 2).double().record(x)[0].steps, "c")
    for where in ({"sample": 2}, {"unit": 2}, {"sample": -1}, {"unit": -1}):
        with refuses(IndexError, r"is not in a state of shape \(2, 2\); count from 0"):
            through_time(read.steps, **where)
    with torch.no_grad():
        (read,) = net.record(x)
    with refuses(ValueError, "the steps were made without gradients"):
        through_time(read.steps)
