from dataclasses import replace
from math import log

import pytest
import torch
from judge import refuses

from dlsteps.data import adding_problem
from dlsteps.nn.recurrent import GRU, LSTM, RNN
from dlsteps.train import fit
from dlsteps.train.recipes import lstm
from dlsteps.train.run import build

ADDING, RECALL = lstm.Settings(), lstm.Settings(task="recall")
QUICK = lstm.Settings(
    task="recall", T=20, tokens=2, width=8, steps=60, warmup=10, learning_rate=0.03, dtype="float64"
)


class Always(torch.nn.Module):
    """Says the same whatever it reads, or what it is told."""

    def __init__(self, answer):
        super().__init__()
        self.answer = torch.as_tensor(answer)

    def forward(self, x):
        return self.answer.expand(len(x), -1).to(x.dtype)


@pytest.mark.parametrize(("cell", "kind"), [("lstm", LSTM), ("gru", GRU), ("rnn", RNN), ("irnn", RNN)])
def test_every_cell_is_the_books_own(cell, kind):
    model = build(lstm, replace(ADDING, cell=cell, width=5))
    assert type(model.layer) is kind
    assert (model.layer.input_size, model.layer.hidden_size, model.layer.num_layers) == (2, 5, 1)
    assert getattr(model.layer, "nonlinearity", None) == {"rnn": "tanh", "irnn": "relu"}.get(cell)


def test_the_answer_is_read_from_the_last_state():
    model, x = build(lstm, replace(ADDING, dtype="float64")), lstm.data(ADDING)(torch.arange(3)).x.double()
    _, (h, _) = model.layer(x)
    assert torch.equal(model(x), h[0] @ model.answer.weight.T + model.answer.bias)


def test_gates_begin_where_the_settings_say():
    layer = build(lstm, replace(ADDING, width=3, forget_bias=2.5)).layer
    i, f, g, o = (layer.bias_ih_l0 + layer.bias_hh_l0).view(4, 3)
    assert f.tolist() == [2.5] * 3
    assert i.tolist() == [-2.5] * 3
    drawn = build(lstm, replace(ADDING, width=3, forget_bias=2.5, shut_input=False)).layer
    i_drawn, f_drawn, g_drawn, o_drawn = (drawn.bias_ih_l0 + drawn.bias_hh_l0).view(4, 3)
    assert torch.equal(f_drawn, f)
    assert i_drawn.abs().max() < 1.2  # 2/√3
    assert len(set(i_drawn.tolist())) == 3
    assert torch.equal(g, g_drawn)
    assert torch.equal(o, o_drawn)


def test_an_identity_network_keeps_its_state_at_first():
    layer = build(lstm, replace(ADDING, cell="irnn", width=6)).layer
    state = torch.rand(1, 2, 6)
    _, after = layer(torch.zeros(2, 50, 2), state)
    assert torch.equal(after, state)
    assert 0 < layer.weight_ih_l0.std() < 0.003


def test_tasks_are_those_of_the_data():
    numbers = torch.tensor([4, 9])
    ours, theirs = lstm.data(replace(ADDING, T=30, seed=3))(numbers), adding_problem(3, numbers, 30)
    assert torch.equal(ours.x, theirs.x)
    assert torch.equal(ours.target, theirs.target)
    x, target = lstm.data(replace(RECALL, T=7, tokens=5))(numbers)
    assert x.shape == (2, 8, 10)
    assert target.dtype == torch.int64
    assert build(lstm, replace(RECALL, tokens=5))(x).shape == (2, 5)


def test_losses_are_squared_errors_and_cross_entropies():
    batch = lstm.data(ADDING)(torch.arange(6))
    assert torch.allclose(lstm.loss(Always([0.25]), batch, ADDING), (0.25 - batch.target).square())
    batch = lstm.data(RECALL)(torch.arange(6))
    assert torch.allclose(lstm.loss(Always([0.0] * 8), batch, RECALL), torch.full((6,), log(8)))


def test_the_metric_of_always_1():
    found = lstm.metric(Always([1.0]), ADDING)
    assert found["mse"] == found["mse_of_1"]
    assert abs(found["mse"] - 1 / 6) < 0.01
    # A sum is within e of 1 with probability 2e − e².
    assert abs(found["within_0.04"] - 0.0784) < 0.025
    assert abs(found["correct"] - 0.1536) < 0.035


@pytest.mark.parametrize(
    ("error", "correct", "within"), [(0.039, 1, 1), (-0.041, 1, 0), (0.079, 1, 0), (-0.081, 0, 0)]
)
def test_a_sum_counts_as_in_the_paper(error, correct, within):
    class Off(torch.nn.Module):
        def forward(self, x):
            return (x[..., 0] * x[..., 1]).sum(1, keepdim=True) + error

    found = lstm.metric(Off(), ADDING)
    assert (found["correct"], found["within_0.04"]) == (correct, within)
    assert found["mse"] == pytest.approx(error**2, rel=1e-4)


def test_the_metric_of_recall():
    class Knows(torch.nn.Module):
        def forward(self, x):
            return 50.0 * x[:, 0, :8]

    known, guessed = lstm.metric(Knows(), RECALL), lstm.metric(Always([0.0] * 8), RECALL)
    assert known["correct"] == 1
    assert known["loss"] < 1e-6
    assert abs(guessed["correct"] - guessed["guess"]) < 0.04
    assert guessed["loss"] == pytest.approx(log(8), abs=1e-5)
    assert guessed["guess"] == 1 / 8


@pytest.mark.parametrize("settings", [ADDING, RECALL])
def test_what_is_held_out_is_the_same_for_every_seed_and_in_no_training(settings):
    seen = []

    class Spy(torch.nn.Module):
        def forward(self, x):
            seen.append(x)
            return torch.zeros(len(x), 8)

    for seed in (0, 1):
        lstm.metric(Spy(), replace(settings, seed=seed))
    assert torch.equal(*seen)
    assert seen[0].shape[0] == 1000
    held_out = {row.numpy().tobytes() for row in seen[0]}
    trained = {row.numpy().tobytes() for row in lstm.data(settings)(torch.arange(3000)).x}
    assert not held_out & trained


def test_it_learns():
    found = lstm.metric(fit(lstm, QUICK), QUICK)
    assert found["correct"] > 0.98
    assert found["loss"] < 0.1


def test_refuses():
    with refuses(ValueError, "task='add' is unknown; try one of adding, recall"):
        lstm.Settings(task="add")
    with refuses(ValueError, "cell='LSTM' is unknown; try one of lstm, gru, rnn, irnn"):
        lstm.Settings(cell="LSTM")
    with refuses(ValueError, "seed=4294967295 is not below 4294967295, that of the held-out; try seed=0"):
        lstm.Settings(seed=2**32 - 1)
    with refuses(ValueError, "T=5 is below 20"):
        lstm.data(lstm.Settings(T=5))(torch.arange(2))
