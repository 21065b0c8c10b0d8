"""One sequence read by one LSTM, step after step, with a gate that can be held at one of the steps."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dlsteps.data import adding_problem
from dlsteps.experiments.training import seeded
from dlsteps.nn.recurrent import LSTM, RNN, LSTMStep, lstm_cell, through_time
from dlsteps.stage import to_display
from dlsteps.train import load

SAMPLE = 58  # what the committed network reads; its marks are at steps 8 and 27
UNITS = (20, 5, 13)  # those that the committed network's answer depends on most


@dataclass(frozen=True, eq=False)
class Given:
    """A sequence and the layer that reads it.

    Attributes:
        x: (T, C).
        layer: the book's LSTM, one layer, float64.
        times: the steps that can be looked at, counted from 1.
        units: the numbers of the state that can be looked at, counted from 0.
        answer: what makes an answer of the last state, if there is such a thing.
        target: what the answer should be.
    """

    x: Tensor
    layer: LSTM
    times: Sequence[int]
    units: Sequence[int]
    answer: nn.Linear | None = None
    target: float | None = None

    @property
    def trained(self) -> bool:
        return self.answer is not None


@functools.cache
def committed() -> Given:
    """The committed network, and a hundred numbers of which two are marked."""
    model, _ = load("lstm")
    drawn = adding_problem(7, torch.tensor([SAMPLE]), dtype=torch.float64)
    x, model = drawn.x[0], model.double()
    first, second = (t + 1 for t in x[:, 1].nonzero().flatten().tolist())
    times = (first, (first + second) // 2, second, (second + len(x)) // 2, len(x))
    return Given(x, model.layer, times, UNITS, model.answer, drawn.target.item())


def from_layer(x: Tensor, layer: nn.Module, most: int = 200, units: int = 16) -> Given:
    """A reader's sequence and layer, float64, detached.

    Raises:
        TypeError: the layer is no LSTM, or `x` holds no real numbers.
        ValueError: `x` is no sequence (T, C), too long, or not what the layer reads; or the layer has
            several layers or directions.
    """
    values = torch.from_numpy(to_display(x, "x"))
    if values.ndim != 2 or values.shape[0] < 2 or values.numel() == 0:
        raise ValueError(f"x has shape {tuple(values.shape)}; give one sequence (T, C) of two steps or more")
    if len(values) > most:
        raise ValueError(f"x has {len(values)} steps; give at most {most}, such as x[:{most}]")
    own = as_lstm(layer, values)
    return Given(values, own, range(1, len(values) + 1), range(min(units, own.hidden_size)))


def as_lstm(layer: nn.Module, x: Tensor) -> LSTM:
    """A reader's layer as the book's `LSTM`, float64, with the same numbers."""
    if not isinstance(layer, (nn.LSTM, LSTM)):
        raise TypeError(f"layer is a {type(layer).__name__}; give torch's nn.LSTM or the book's LSTM")
    several = layer.num_layers != 1 or getattr(layer, "bidirectional", False)
    if several or getattr(layer, "proj_size", 0):
        raise ValueError(
            "the layer has several layers or directions, or a projection; give one plain layer that reads "
            "forward"
        )
    if layer.input_size != x.shape[1]:
        raise ValueError(
            f"the layer reads {layer.input_size} numbers a step, but x has {x.shape[1]}; give x of shape "
            f"(T, {layer.input_size})"
        )
    own = LSTM(layer.input_size, layer.hidden_size, bias=layer.bias).double()
    own.load_state_dict(layer.state_dict())
    return own


@torch.no_grad()
def read(given: Given, gate: str = "", value: float = 0.0, t: int = 0) -> list[LSTMStep]:
    """All steps; at step t, counted from 1, a gate may be held."""
    h = c = given.x.new_zeros(1, given.layer.hidden_size)
    steps = []
    for s, line in enumerate(given.x, start=1):
        force = {gate: value} if gate and s == t else None
        steps.append(lstm_cell(line[None], h, c, *given.layer.weights(0), force=force))
        h, c = steps[-1].h, steps[-1].c
    return steps


def said(given: Given, steps: Sequence[LSTMStep]) -> float:
    """What the network answers after the last step."""
    with torch.no_grad():
        return given.answer(steps[-1].h).item()


def beside(given: Given) -> dict[str, nn.Module]:
    """Networks of the same size, untrained, to be read beside the layer."""
    C, H = given.x.shape[1], given.layer.hidden_size
    return {
        "LSTM, bias 1, untrained": seeded(lambda: LSTM(C, H, forget_bias=1.0), 0),
        "plain RNN, untrained": seeded(lambda: RNN(C, H), 0),
    }


def lengths_back(net: nn.Module, x: Tensor, unit: int) -> Tensor:
    """How long the gradient of one number of the last state is 0, 1, … steps back, (T,)."""
    (steps,) = net.record(x[None])
    name = "c" if isinstance(net, LSTM) else "h"
    return through_time(steps.steps, name, unit=unit).norm(dim=1).flip(0)
