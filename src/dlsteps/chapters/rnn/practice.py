"""A plain recurrent network to write oneself, and the mistakes that are made in it."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dlsteps.nn.recurrent import rnn
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]

Step = Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor]


def cell(x: Tensor, h: Tensor, W: Tensor, U: Tensor, b: Tensor) -> Tensor:
    return torch.tanh(x @ W.T + h @ U.T + b)


@dataclass(frozen=True)
class Reading:
    """The parts of reading a sequence. Each mistake replaces one of them."""

    step: Step = cell
    begin: Callable[[Tensor], Tensor] = lambda h: h
    hand_on: Callable[[Tensor, Tensor], Tensor] = lambda new, first: new
    order: Callable[[Tensor], Tensor] = lambda x: x
    keep: Callable[[Tensor, Tensor], Tensor] = lambda before, new: new

    def __call__(self, x, h, weight_ih, weight_hh, bias):
        state, first, outputs = self.begin(h), self.begin(h), []
        for line in self.order(x).unbind(1):
            new = self.step(line, state, weight_ih, weight_hh, bias)
            outputs.append(self.keep(state, new))
            state = self.hand_on(new, first)
        return torch.stack(outputs, 1), new


def cases() -> list[Case]:
    """Batches of sequences of several lengths and widths, each with a first state of its own."""
    draw = Draws(61)

    def case(
        B: int, T: int, C: int, H: int, note: str = "", std: float = 1.0, dtype: torch.dtype = torch.float64
    ) -> Case:
        shapes = {"x": (B, T, C), "h": (B, H), "weight_ih": (H, C), "weight_hh": (H, H), "bias": (H,)}
        return Case({name: draw.normal(*shape, std=std, dtype=dtype) for name, shape in shapes.items()}, note)

    return [
        case(1, 2, 1, 2),
        case(2, 3, 2, 2),
        case(2, 4, 3, 2, std=0.5, note="a spread of 0.5"),
        case(3, 2, 2, 3),
        case(1, 5, 2, 3, note="five steps"),
        case(2, 3, 2, 4, dtype=torch.float32, note="float32"),
    ]


def book(x: Tensor, h: Tensor, weight_ih: Tensor, weight_hh: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    read = rnn(x, h, weight_ih, weight_hh, bias)
    return read.output, read.state[0]


RNN = Exercise(
    name="rnn",
    right=book,
    cases=cases,
    outputs=("states", "last state"),
    mistakes=(
        Mistake(
            "the state is not handed on",
            "Each step begins with the state that the step before has left, not with the first state again.",
            Reading(hand_on=lambda new, first: first),
            section="rnn#a-state-holds-the-whole-past",
        ),
        Mistake(
            "the first state is left out",
            "The first step begins with the h that is handed over. It is not always 0.",
            Reading(begin=torch.zeros_like),
            section="rnn#a-state-holds-the-whole-past",
        ),
        Mistake(
            "the state matrix is transposed",
            "States are rows here, so W_hh h is h @ weight_hh.T. A square matrix raises no error either way.",
            Reading(step=lambda x, h, W, U, b: torch.tanh(x @ W.T + h @ U + b)),
            section="rnn#one-cell",
        ),
        Mistake(
            "the bias is left out",
            "The bias is added before tanh, at every step.",
            Reading(step=lambda x, h, W, U, b: torch.tanh(x @ W.T + h @ U.T)),
            section="rnn#one-cell",
        ),
        Mistake(
            "only the input is squashed",
            "tanh takes the whole sum. A state that is added after it can grow from step to step.",
            Reading(step=lambda x, h, W, U, b: torch.tanh(x @ W.T + b) + h @ U.T),
            section="rnn#one-cell",
        ),
        Mistake(
            "two squashed parts",
            "Add first, then squash: one tanh of the sum, not a sum of two.",
            Reading(step=lambda x, h, W, U, b: torch.tanh(x @ W.T + b) + torch.tanh(h @ U.T)),
            section="rnn#one-cell",
        ),
        Mistake(
            "σ for tanh",
            "The state of a plain network lies between −1 and 1: it is a tanh.",
            Reading(step=lambda x, h, W, U, b: torch.sigmoid(x @ W.T + h @ U.T + b)),
            section="rnn#one-cell",
        ),
        Mistake(
            "read from the end",
            "Step 1 comes first. State t has read the inputs up to t, and none later.",
            Reading(order=lambda x: x.flip(1)),
            section="rnn#a-state-holds-the-whole-past",
        ),
        Mistake(
            "outputs one step late",
            "Output t is the state after step t, which has read input t.",
            Reading(keep=lambda before, new: before),
            section="rnn#a-state-holds-the-whole-past",
        ),
    ),
)

EXERCISES = (RNN,)
