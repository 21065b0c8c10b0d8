"""One step of an LSTM to write oneself, and the mistakes that are made in it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dlsteps.nn.recurrent import lstm_cell
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]


@dataclass(frozen=True)
class Steps:
    """The parts of one step. Each mistake replaces one of them."""

    order: str = "ifgo"
    gate: Callable[[Tensor], Tensor] = torch.sigmoid
    update: Callable[[Tensor], Tensor] = torch.tanh
    write: Callable[[Tensor, Tensor], Tensor] = lambda i, g: i * g
    keep: Callable[[Tensor, Tensor], Tensor] = lambda f, c: f * c
    show: Callable[[Tensor, Tensor], Tensor] = lambda o, c: o * torch.tanh(c)
    bias: Callable[[Tensor, Tensor], Tensor] = lambda first, second: first + second

    def __call__(self, x, h, c, weight_ih, weight_hh, bias_ih, bias_hh):
        rows = x @ weight_ih.T + h @ weight_hh.T + self.bias(bias_ih, bias_hh)
        parts = dict(zip(self.order, rows.chunk(4, 1), strict=True))
        i, f, o = (self.gate(parts[name]) for name in "ifo")
        new = self.keep(f, c) + self.write(i, self.update(parts["g"]))
        return self.show(o, new), new


def cell_cases() -> list[Case]:
    """Batches of several sizes and widths."""
    draw = Draws(71)

    def case(
        B: int, C: int, H: int, note: str = "", std: float = 1.0, dtype: torch.dtype = torch.float64
    ) -> Case:
        shapes = {
            "x": (B, C),
            "h": (B, H),
            "c": (B, H),
            "weight_ih": (4 * H, C),
            "weight_hh": (4 * H, H),
            "bias_ih": (4 * H,),
            "bias_hh": (4 * H,),
        }
        return Case({name: draw.normal(*shape, std=std, dtype=dtype) for name, shape in shapes.items()}, note)

    return [
        case(1, 1, 1),
        case(2, 3, 2),
        case(1, 2, 3),
        case(3, 4, 2, std=0.3, note="a spread of 0.3"),
        case(2, 2, 2, dtype=torch.float32, note="float32"),
        case(4, 1, 3),
    ]


def book(*arguments: Tensor, **named: Tensor) -> tuple[Tensor, Tensor]:
    step = lstm_cell(*arguments, **named)
    return step.h, step.c


LSTM_CELL = Exercise(
    name="lstm_cell",
    right=book,
    cases=cell_cases,
    outputs=("h", "c"),
    mistakes=(
        Mistake(
            "gates in the order f, i, g, o",
            "The rows of the weights are, from top to bottom, i, f, g, o, as in torch: input gate, forget "
            "gate, "
            "update, output gate.",
            Steps(order="figo"),
            section="lstm#keep-write-add",
        ),
        Mistake(
            "gates in the order i, f, o, g",
            "The rows of the weights are, from top to bottom, i, f, g, o, as in torch: the update comes "
            "third.",
            Steps(order="ifog"),
            section="lstm#keep-write-add",
        ),
        Mistake(
            "tanh for σ",
            "A gate is a share from 0 to 1, so it is a sigmoid. Only the update g and the shown cell are a "
            "tanh.",
            Steps(gate=torch.tanh),
            section="lstm#keep-write-add",
        ),
        Mistake(
            "σ for tanh",
            "The update g is a tanh, from −1 to 1, so that it can take away from the cell as well.",
            Steps(update=torch.sigmoid),
            section="lstm#keep-write-add",
        ),
        Mistake(
            "h not gated",
            "The output gate says what share of the cell is shown: h = o·tanh(c).",
            Steps(show=lambda o, c: torch.tanh(c)),
            section="lstm#show",
        ),
        Mistake(
            "c not squashed",
            "The cell may grow beyond 1. What is shown of it goes through tanh first: h = o·tanh(c).",
            Steps(show=lambda o, c: o * c),
            section="lstm#show",
        ),
        Mistake(
            "update not gated",
            "The input gate says what share of the update is written: c = f·c + i·g.",
            Steps(write=lambda i, g: g),
            section="lstm#keep-write-add",
        ),
        Mistake(
            "nothing is forgotten",
            "The forget gate says what share of the old cell is kept: c = f·c + i·g.",
            Steps(keep=lambda f, c: c),
            section="lstm#keep-write-add",
        ),
        Mistake(
            "forget gate reversed",
            "f is the share that is kept. At 1 all of the old cell stays: c = f·c + i·g.",
            Steps(keep=lambda f, c: (1 - f) * c),
            section="lstm#keep-write-add",
        ),
        Mistake(
            "second bias forgotten",
            "There are two biases, as in torch, and their sum counts.",
            Steps(bias=lambda first, second: first),
            section="lstm#keep-write-add",
        ),
    ),
)

EXERCISES = (LSTM_CELL,)
