"""The LSTM explorer's numbers, against torch's LSTM and its gradient."""

import numpy as np
import pytest
import torch
from torch import nn

from dlsteps.chapters.lstm import reading, scene
from dlsteps.nn.recurrent import LSTM

GIVEN = reading.committed()


def torchs(layer):
    own = nn.LSTM(layer.input_size, layer.hidden_size, batch_first=True).double()
    own.load_state_dict(layer.state_dict())
    return own


def states(layer, x):
    """By torch, one step at a time: h and c after each step, with gradients."""
    own, state, found = torchs(layer), None, []
    for line in x:
        _, state = own(line[None, None], state)
        found.append(state)
    return found


def values(frame):
    return {node.label: node.value for node in frame.panels[0].nodes}


@pytest.mark.parametrize("t", GIVEN.times)
@pytest.mark.parametrize("unit", GIVEN.units)
def test_the_cell_in_the_graph_is_torchs(t, unit):
    nodes = values(scene.frame(step="output", t=t, unit=unit, gate="as it is"))
    found = states(GIVEN.layer, GIVEN.x)
    h, c = (part[0, 0, unit].item() for part in found[t - 1])
    assert nodes["h"] == pytest.approx(h, abs=1e-12)
    assert nodes["c"] == pytest.approx(c, abs=1e-12)
    assert nodes["c before"] == pytest.approx(found[t - 2][1][0, 0, unit].item(), abs=1e-12)
    assert nodes["f·c before"] == pytest.approx(nodes["forget f"] * nodes["c before"], abs=1e-12)
    assert nodes["i·g"] == pytest.approx(nodes["input i"] * nodes["update g"], abs=1e-12)
    assert nodes["f·c before"] + nodes["i·g"] == pytest.approx(c, abs=1e-12)


def test_a_beat_shows_what_it_names_and_nothing_later():
    counts = []
    for beat in scene.IN_THE_CELL:
        (graph,) = scene.frame(step=beat, t=8, unit=20, gate="as it is").panels
        counts.append(len(graph.coming))
    assert counts == [7, 4, 3, 0]


def test_h_reads_everything_and_what_is_kept_reads_no_input_gate():
    frame = scene.frame(step="output", t=8, unit=20, gate="as it is")
    labels = [node.label for node in frame.panels[0].nodes]
    (lit,) = frame.pointed(0, labels.index("h"))
    assert len(lit) == len(labels)
    (lit,) = frame.pointed(0, labels.index("f·c before"))
    assert labels.index("input i") not in lit
    assert {labels.index(name) for name in ("c before", "forget f", "x", "h before", "c", "h")} <= set(lit)


def test_the_first_beat_tells_the_sum():
    first, _, second, *_ = GIVEN.times
    assert GIVEN.x[:, 1].nonzero().flatten().tolist() == [first - 1, second - 1]
    assert GIVEN.x[[first - 1, second - 1], 0].sum().item() == pytest.approx(GIVEN.target, abs=1e-12)
    output, _ = torchs(GIVEN.layer)(GIVEN.x[None])
    said = GIVEN.answer(output[0, -1]).item()
    assert abs(said - GIVEN.target) < 0.05
    assert f"says {said:.3f}" in scene.frame(step="sequence", t=8, unit=20, gate="as it is").text()[0]


@pytest.mark.parametrize(("gate", "value"), [("f", 0.0), ("i", 1.0), ("o", 0.0)])
def test_a_gate_is_held_at_one_step_and_nothing_before_it_changes(gate, value):
    usual, held = reading.read(GIVEN), reading.read(GIVEN, gate, value, 17)
    for t, (a, b) in enumerate(zip(usual, held, strict=True), start=1):
        same = all(torch.equal(x, y) for x, y in zip(a, b, strict=True))
        assert same == (t < 17)
        assert bool((getattr(b, gate) == value).all()) == (t == 17)
    if gate == "f":
        assert torch.equal(held[16].c, held[16].i * held[16].g)


def test_the_belts_line_is_the_cell_and_the_held_one_begins_beside_it():
    frame = scene.frame(step="belt", t=17, unit=20, gate="f = 0")
    usual, held = frame.panels[0].lines
    wanted = [c[0, 0, 20].item() for _, c in states(GIVEN.layer, GIVEN.x)]
    assert np.allclose(usual.y, wanted, atol=1e-12)
    assert list(held.x) == list(range(16, 101))
    assert held.y[0] == pytest.approx(wanted[15], abs=1e-12)
    assert abs(held.y[1] - wanted[16]) > 0.1
    assert "= 0.000" in frame.text()[1]
    frame = scene.frame(step="belt", t=17, unit=20, gate="as it is")
    product = np.prod([step.f[0, 20].item() for step in reading.read(GIVEN)[16:]])
    assert f"= {product:.3f}" in frame.text()[1]


@pytest.mark.parametrize("unit", GIVEN.units)
def test_the_gradient_is_torchs(unit):
    """A cell reaches the last one along its belt, and through h, which is o·tanh(c)."""
    own, _, drawn, plain = scene.frame(step="gradient back", t=8, unit=unit, gate="as it is").panels[0].lines
    for line, net in ((own, GIVEN.layer), (drawn, reading.beside(GIVEN)["LSTM, bias 1, untrained"])):
        layer, x = torchs(net), GIVEN.x
        nothing = torch.zeros(1, 1, layer.hidden_size, dtype=torch.float64)
        before = [(nothing, nothing), *states(net, x)]
        for lag in (1, 30, 99):
            at = len(x) - 1 - lag
            c = before[at + 1][1].detach().requires_grad_()
            state = output_gate(layer, x[at], before[at][0]) * c.tanh(), c
            _, (_, last) = layer(x[None, at + 1 :], state)
            (gradient,) = torch.autograd.grad(last[0, 0, unit], c)
            assert line.y[lag] == pytest.approx(gradient.norm().item(), rel=1e-8)
    assert plain.y[99] < 1e-20 < own.y[99]


def output_gate(layer, x, h):
    rows = x @ layer.weight_ih_l0.T + layer.bias_ih_l0 + h @ layer.weight_hh_l0.T + layer.bias_hh_l0
    return torch.sigmoid(rows[..., 3 * layer.hidden_size :]).detach()


def test_a_sequence_and_a_layer_of_ones_own():
    x = torch.rand(7, 3, requires_grad=True)
    for layer in (nn.LSTM(3, 5), LSTM(3, 5), nn.LSTM(3, 5, bias=False)):
        own = scene.explorer(x, layer, step="output", t=7, unit=4)
        theirs = layer(x[None])[0][0] if isinstance(layer, LSTM) else layer(x[:, None])[0][:, 0]
        assert values(own.frame())["h"] == pytest.approx(theirs[6, 4].item(), abs=1e-6)
        for beat in scene.BEATS:
            for gate in scene.GATES:
                own.frame(step=beat, gate=gate, t=1)


@pytest.mark.parametrize("shape", [(3,), (1, 3), (2, 0), (2, 3, 4)])
def test_what_is_no_sequence_is_refused(shape):
    with pytest.raises(ValueError, match=r"give one sequence \(T, C\)"):
        scene.explorer(torch.zeros(shape), nn.LSTM(3, 3))


def test_what_does_not_fit_is_refused():
    x = torch.zeros(4, 3)
    with pytest.raises(TypeError, match="give x and layer together"):
        scene.explorer(x)
    with pytest.raises(TypeError, match=r"layer is a Linear; give torch's nn\.LSTM"):
        scene.explorer(x, nn.Linear(3, 3))
    for several in (
        nn.LSTM(3, 3, num_layers=2),
        nn.LSTM(3, 3, bidirectional=True),
        nn.LSTM(3, 3, proj_size=2),
    ):
        with pytest.raises(ValueError, match="several layers or directions, or a projection"):
            scene.explorer(x, several)
    with pytest.raises(ValueError, match="reads 5 numbers a step, but x has 3"):
        scene.explorer(x, nn.LSTM(5, 3))
    with pytest.raises(ValueError, match="x has 201 steps; give at most 200"):
        scene.explorer(torch.zeros(201, 3), nn.LSTM(3, 3))
