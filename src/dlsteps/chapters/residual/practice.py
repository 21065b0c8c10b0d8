"""A residual block to write oneself, and the mistakes that are made in it."""

import torch
from torch import Tensor, nn
from torch.func import functional_call

from dlsteps.nn.convolution import conv2d
from dlsteps.nn.convolution import residual_block as block
from dlsteps.practice import Arguments, Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]


def residual_block(
    x: Tensor, weight_1: Tensor, weight_2: Tensor, shortcut: Tensor | None = None, stride: int = 1
) -> Tensor:
    """The book's block without norms, with weights that are handed over."""
    weights = {"0.body.0.weight": weight_1, "0.body.3.weight": weight_2}
    if shortcut is not None:
        weights["0.shortcut.0.weight"] = shortcut
    made = block(x.shape[1], len(weight_1), stride, norm=lambda channels: nn.Identity())
    return functional_call(made, weights, x)


def body(x: Tensor, weight_1: Tensor, weight_2: Tensor, stride: int, between: bool = True) -> Tensor:
    hidden = conv2d(x, weight_1, stride=stride, padding=1)
    return conv2d(hidden.relu() if between else hidden, weight_2, padding=1)


def around(x: Tensor, shortcut: Tensor | None, stride: int) -> Tensor:
    return x if shortcut is None else conv2d(x, shortcut, stride=stride)


def none_between(x, weight_1, weight_2, shortcut=None, stride=1):
    return (body(x, weight_1, weight_2, stride, between=False) + around(x, shortcut, stride)).relu()


def none_at_the_end(x, weight_1, weight_2, shortcut=None, stride=1):
    return body(x, weight_1, weight_2, stride) + around(x, shortcut, stride)


def before_the_sum(x, weight_1, weight_2, shortcut=None, stride=1):
    return body(x, weight_1, weight_2, stride).relu() + around(x, shortcut, stride)


def no_projection(x, weight_1, weight_2, shortcut=None, stride=1):
    change = body(x, weight_1, weight_2, stride)
    kept = torch.zeros_like(change)
    C = min(x.shape[1], change.shape[1])
    kept[:, :C] = x[:, :C, ::stride, ::stride]
    return (change + kept).relu()


def no_shortcut(x, weight_1, weight_2, shortcut=None, stride=1):
    return body(x, weight_1, weight_2, stride).relu()


def projected_with_relu(x, weight_1, weight_2, shortcut=None, stride=1):
    return (body(x, weight_1, weight_2, stride) + around(x, shortcut, stride).relu()).relu()


def block_cases() -> list[Case]:
    """Blocks whose shape stays, and blocks with a projection."""
    draw = Draws(61)

    def case(
        N: int,
        C: int,
        H: int,
        W: int,
        D: int,
        stride: int = 1,
        note: str = "",
        dtype: torch.dtype = torch.float64,
    ) -> Case:
        arguments: Arguments = {
            "x": draw.normal(N, C, H, W, dtype=dtype),
            "weight_1": draw.normal(D, C, 3, 3, std=0.4, dtype=dtype),
            "weight_2": draw.normal(D, D, 3, 3, std=0.4, dtype=dtype),
        }
        if C != D or stride != 1:
            arguments |= {"shortcut": draw.normal(D, C, 1, 1, dtype=dtype), "stride": stride}
        return Case(arguments, note)

    return [
        case(1, 1, 2, 2, 1),
        case(2, 2, 3, 4, 2),
        case(2, 2, 3, 3, 4, note="more channels"),
        case(1, 2, 4, 5, 3, stride=2, note="more channels, stride 2"),
        case(2, 2, 4, 4, 2, stride=2, note="stride 2"),
        case(2, 2, 3, 3, 2, dtype=torch.float32, note="float32"),
    ]


RESIDUAL_BLOCK = Exercise(
    name="residual_block",
    right=residual_block,
    cases=block_cases,
    mistakes=(
        Mistake(
            "activation after the sum only",
            "Between the two convolutions stands a ReLU. Without it they are one linear map.",
            none_between,
        ),
        Mistake(
            "no activation after the sum",
            "In the basic block of a ResNet a ReLU follows the sum.",
            none_at_the_end,
        ),
        Mistake(
            "activation before the sum",
            "The ReLU stands after the sum. Before it, the body could only add and never take away.",
            before_the_sum,
        ),
        Mistake(
            "shortcut without projection",
            "Where the shape changes, the shortcut is a 1×1 convolution with the body's stride.",
            no_projection,
        ),
        Mistake(
            "shortcut forgotten",
            "What comes in is added to what the body gives: F(x) + s(x).",
            no_shortcut,
        ),
        Mistake(
            "activation on the shortcut",
            "The shortcut is linear: nothing on the way around may shut. The one ReLU follows the sum.",
            projected_with_relu,
        ),
    ),
)

EXERCISES = (RESIDUAL_BLOCK,)
