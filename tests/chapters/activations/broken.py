"""For each check of the chapter: wrong forms, each of which has to make it come out false."""

import datetime

import torch
import torch.nn.functional as F

from dlsteps.chapters.activations.evidence import USED
from dlsteps.nn.activations import gelu_tanh, relu, silu, swiglu


def constant_below_zero(x):
    """What the notes say of leaky ReLU, with a slope to be differentiated."""
    return torch.where(x > 0, x, 0.01 + 0 * x)


def hard_switch(gate, value):
    return torch.where(gate > 0, gate, 0.0) * value


def learns_the_positive_slope(x, slope):
    return torch.where(x > 0, slope * x, 0.25 * x)


BROKEN = {
    "a01": [
        {"relu": torch.abs},
        {"relu": F.leaky_relu},
        {"relu": F.softplus},
        {"relu": lambda x: x.clamp(max=6).clamp(min=0)},
        {"relu": lambda x: x.detach().clamp(min=0) + 0 * x},  # right values, no slope
    ],
    "a02": [
        {"leaky_relu": constant_below_zero},
        {"leaky_relu": relu},
        {"leaky_relu": F.elu},
        {"leaky_relu": silu},
    ],
    "a03": [
        {"leaky_relu": relu},
        {"leaky_relu": constant_below_zero},
        {"relu": F.leaky_relu},
    ],
    "a04": [
        {"prelu": learns_the_positive_slope},
        {"prelu": lambda x, slope: torch.where(x > 0, x, 0.25 * x) + 0 * slope},
        {"prelu": lambda x, slope: slope * x},
    ],
    "a05": [
        {"activation": lambda x: x},
        {"activation": lambda x: 3 * x},
        {"activation": lambda x: -x},
    ],
    "a06": [
        {"sigmoid": torch.tanh},
        {"sigmoid": F.hardsigmoid},
        {"sigmoid": lambda x: torch.sigmoid(x / 4)},
        {"sigmoid": lambda x: torch.sigmoid(x).detach() + 0.25 * (x - x.detach())},
    ],
    "a07": [
        {"tanh": torch.sigmoid},
        {"tanh": lambda x: torch.tanh(x - 1)},
        {"tanh": F.softsign},
        {"tanh": F.hardtanh},
    ],
    "a08": [
        {"silu": relu},
        {"silu": F.gelu},
        {"silu": lambda x: x.abs() * torch.sigmoid(x)},
    ],
    "a09": [
        {"silu": torch.tanh},
        {"silu": lambda x: silu(x).clamp(max=6)},
        {"silu": lambda x: silu(x) / (1 + 0.1 * x.abs())},
        {"silu": relu},
    ],
    "a10": [
        {"silu": torch.sigmoid},
        {"silu": lambda x: silu(x).clamp(max=50)},
        {"silu": lambda x: silu(x) * 0.9},
    ],
    "a11": [
        {"gelu": gelu_tanh},
        {"gelu": silu},
        {"gelu": lambda x: x * torch.sigmoid(1.702 * x)},
    ],
    "a12": [{"gpt": datetime.date(2018, 10, 11), "bert": datetime.date(2018, 6, 11)}],
    "a13": [
        {"swiglu": hard_switch},
        {"swiglu": lambda gate, value: torch.sigmoid(gate) * value},
        {"swiglu": lambda gate, value: (gate > 0) * value},
        {"swiglu": lambda gate, value: swiglu(gate, value.square())},
    ],
    "a14": [
        {"used": dict.fromkeys(USED, "ReLU")},
        {"used": dict.fromkeys(USED, "GELU")},
    ],
}
