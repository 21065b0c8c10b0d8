"""Two activations and a slope to write oneself, and the mistakes that are made in them."""

import math
from functools import partial

import torch
from torch import Tensor

from dlsteps.nn.activations import gelu, gelu_tanh, leaky_relu, leaky_relu_derivative, sigmoid, silu, swiglu
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]

SMOOTH = partial(Mistake, section="activations#smooth-bends-silu-gelu-swiglu")
BENT = partial(Mistake, section="activations#the-simplest-bend-relu-and-its-relatives")


def normal_cdf(x: Tensor) -> Tensor:
    return (1 + torch.erf(x / math.sqrt(2))) / 2


def gelu_cases() -> list[Case]:
    """Numbers around 0 and far from it."""
    draw = Draws(11)
    return [
        Case({"x": draw.normal(4)}),
        Case({"x": draw.normal(2, 3)}),
        Case({"x": draw.normal(2, 2, 3, dtype=torch.float32)}, "float32"),
        Case({"x": draw.normal(6, std=5)}, "a spread of 5"),
        Case({"x": draw.normal(5, std=0.01)}, "a spread of 0.01"),
        Case({"x": draw.normal(3, 4, 2)}),
    ]


GELU = Exercise(
    name="gelu",
    right=gelu,
    cases=gelu_cases,
    mistakes=(
        SMOOTH(
            "the tanh form",
            "This is the approximation of GELU by tanh, within 0.0005 of it. The exact one takes Φ from "
            "torch.erf.",
            gelu_tanh,
        ),
        SMOOTH(
            "the sigmoid form",
            "x·σ(1.702·x) is the rougher approximation, off by up to 0.02. The exact one takes Φ from "
            "torch.erf.",
            lambda x: x * sigmoid(1.702 * x),
        ),
        SMOOTH(
            "σ in the place of Φ",
            "x·σ(x) is SiLU. GELU multiplies x by Φ(x), the share of a standard normal variable below x.",
            silu,
        ),
        SMOOTH(
            "x forgotten",
            "Φ(x) is the share that is let through. What comes through is x·Φ(x).",
            normal_cdf,
        ),
        SMOOTH(
            "√2 forgotten",
            "Φ(x) = (1 + erf(x/√2))/2: erf belongs to a normal variable of variance 1/2.",
            lambda x: x * (1 + torch.erf(x)) / 2,
        ),
        SMOOTH(
            "the density in the place of Φ",
            "e^(−x²/2)/√(2π) is φ, the slope of Φ. The share below x is Φ itself, (1 + erf(x/√2))/2.",
            lambda x: x * torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi),
        ),
    ),
)


def swiglu_cases() -> list[Case]:
    """Gates and values."""
    draw = Draws(12)

    def case(*shape: int, note: str = "", **drawn: object) -> Case:
        return Case({"gate": draw.normal(*shape, **drawn), "value": draw.normal(*shape, **drawn)}, note)

    return [
        case(3),
        case(2, 3),
        case(2, 2, 3, dtype=torch.float32, note="float32"),
        case(5, std=6, note="a spread of 6"),
        case(1, 4),
        case(2, 3, 2, 2),
    ]


SWIGLU = Exercise(
    name="swiglu",
    right=swiglu,
    cases=swiglu_cases,
    mistakes=(
        SMOOTH(
            "gate and value swapped",
            "SiLU goes over the gate, the first argument. The value is multiplied as it is.",
            lambda gate, value: swiglu(value, gate),
        ),
        SMOOTH(
            "σ in the place of SiLU",
            "σ(gate)·value is the older GLU. SwiGLU's gate is SiLU: gate·σ(gate).",
            lambda gate, value: sigmoid(gate) * value,
        ),
        SMOOTH(
            "GELU in the place of SiLU",
            "With GELU over the gate it is GEGLU. SwiGLU's gate is SiLU: gate·σ(gate).",
            lambda gate, value: gelu(gate) * value,
        ),
        SMOOTH(
            "SiLU over both",
            "Only the gate goes through SiLU. The value is multiplied as it is.",
            lambda gate, value: silu(gate) * silu(value),
        ),
        SMOOTH(
            "SiLU over the product",
            "SiLU goes over the gate alone, and the value is multiplied after it.",
            lambda gate, value: silu(gate * value),
        ),
        SMOOTH(
            "added in place of multiplied",
            "A gate multiplies: SiLU(gate)·value. Added, it lets everything through.",
            lambda gate, value: silu(gate) + value,
        ),
    ),
)


def slope_cases() -> list[Case]:
    """Numbers on both sides of 0, and 0 on neither."""
    draw = Draws(13)

    def case(*shape: int, slope: float, note: str = "", **drawn: object) -> Case:
        x = draw.normal(*shape, **drawn)
        return Case({"x": torch.where(x == 0, torch.ones_like(x), x), "slope": slope}, note)

    return [
        case(4, slope=0.1),
        case(2, 3, slope=0.25),
        case(2, 2, 3, slope=0.01, dtype=torch.float32, note="float32"),
        case(5, slope=0.2, std=10, note="a spread of 10"),
        case(3, 4, slope=0.5),
        case(2, 3, 2, 2, slope=0.3),
    ]


LEAKY_RELU_DERIVATIVE = Exercise(
    name="leaky_relu_derivative",
    right=leaky_relu_derivative,
    cases=slope_cases,
    mistakes=(
        BENT(
            "the slope taken for a constant",
            "Below 0 the function is slope·x, a line, and its derivative is slope. Only a constant, or "
            "ReLU, has "
            "the derivative 0 there.",
            lambda x, slope: (x > 0).to(x.dtype),
        ),
        BENT(
            "the function, not its derivative",
            "This is leaky ReLU itself. Its derivative does not grow with x: it is 1 above 0 and slope "
            "below.",
            leaky_relu,
        ),
        BENT(
            "slope·x below 0",
            "Below 0 the function is slope·x. Its derivative is slope, without x.",
            lambda x, slope: torch.where(x > 0, torch.ones_like(x), slope * x),
        ),
        BENT(
            "the sides swapped",
            "1 stands above 0, where x comes through as it is; slope below.",
            lambda x, slope: torch.where(x > 0, torch.full_like(x, slope), torch.ones_like(x)),
        ),
        BENT(
            "minus slope below 0",
            "The line slope·x rises on both sides of 0. Its derivative is slope, not minus it.",
            lambda x, slope: torch.where(x > 0, torch.ones_like(x), -slope),
        ),
    ),
)

EXERCISES = (GELU, SWIGLU, LEAKY_RELU_DERIVATIVE)
