"""A layer that is made wrongly says which argument is wrong, whatever was put in its place."""

import importlib
import inspect
import pkgutil
import re

import pytest
import torch
from judge import refuses
from torch import nn

from dlsteps import detection, diffusion
from dlsteps import nn as ideas
from dlsteps.detection.yolo import Grid
from dlsteps.nn.recurrent import GRU, LSTM, RNN, GRUCell, LSTMCell, RNNCell

FIRST = {  # what to make a layer with, where it has no default
    "C": 8,
    "D": 8,
    "d": 8,
    "d_ff": 8,
    "d_head": 8,
    "d_hidden": 8,
    "d_model": 8,
    "d_out": 8,
    "d_time": 8,
    "dropout": 0.0,
    "grid": Grid(2, 2, 2),
    "groups": 2,
    "heads": 2,
    "hidden_size": 4,
    "image_size": 16,
    "in_channels": 2,
    "input_size": 3,
    "kernel_size": 3,
    "max_length": 8,
    "network": nn.Identity(),
    "normalized_shape": 4,
    "num_channels": 4,
    "num_features": 4,
    "num_groups": 2,
    "num_heads": 2,
    "out_channels": 2,
    "schedule": diffusion.linear_schedule(10),
    "source_vocabulary": 5,
    "target_vocabulary": 5,
    "vocabulary": 5,
    "weight": torch.ones(2, 3),
}


def layers():
    for package in (ideas, diffusion, detection):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            module = importlib.import_module(found.name)
            for name, made in vars(module).items():
                is_layer = inspect.isclass(made) and issubclass(made, nn.Module)
                if is_layer and made.__module__ == found.name and name not in ("Recurrent", "Cell"):
                    yield made


def arguments(kind):
    """Every argument of every layer that is annotated as a whole number or a truth value."""
    for made in layers():
        for name, parameter in inspect.signature(made).parameters.items():
            if parameter.annotation in (kind, kind.__name__, f"{kind.__name__} | None"):
                yield pytest.param(made, name, id=f"{made.__name__}-{name}")


def make(made, **wrong):
    given = {
        name: FIRST[name]
        for name, parameter in inspect.signature(made).parameters.items()
        if parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD
    }
    return made(**given | wrong)


@pytest.mark.parametrize(("made", "name"), [*arguments(int)])
def test_a_size_is_a_whole_number(made, name):
    make(made)
    for wrong in ("3", 5.0, True, [4]):
        with refuses(TypeError, "^" + re.escape(f"{name}={wrong!r} is not a whole number; try {name}=")):
            make(made, **{name: wrong})


@pytest.mark.parametrize(("made", "name"), [*arguments(bool)])
def test_a_switch_is_true_or_false(made, name):
    for wrong in ("False", 0, None):
        with refuses(TypeError, rf"^{name}={wrong!r} is not True or False; try {name}=False"):
            make(made, **{name: wrong})


@pytest.mark.parametrize("name", ["kernel_size", "stride", "padding", "dilation", "normalized_shape"])
def test_a_size_along_each_axis_is_a_whole_number(name):
    for made in layers():
        if name in inspect.signature(made).parameters:
            for wrong in ("3", 5.0, (3, "3"), True):
                with refuses((TypeError, ValueError), rf"^{name.removesuffix('_size')}"):
                    make(made, **{name: wrong})


@pytest.mark.parametrize("cell", [RNNCell, LSTMCell, GRUCell])
def test_a_step_without_its_batch_is_told_of_x(cell):
    for x in (torch.ones(3), torch.ones(2, 4, 3)):
        with refuses(ValueError, r"x of shape .* does not have the two axes \(B, C\)"):
            cell(3, 4)(x)
    with refuses(TypeError, "x must be floating point"):
        cell(3, 4)(torch.ones(2, 3, dtype=torch.int64))


@pytest.mark.parametrize("layer", [RNN, LSTM, GRU])
def test_a_sequence_without_its_batch_is_told_of_x(layer):
    with refuses(ValueError, r"x of shape \(5, 3\) does not have the three axes \(B, T, C\)"):
        layer(3, 4)(torch.ones(5, 3), torch.zeros(4))
