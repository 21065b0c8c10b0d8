"""At the edge of a domain the gradient is torch's, and no warning leaves the engine."""

import warnings

import numpy as np
import pytest
import torch
from engines import ENGINES

from dlsteps.graphs import functions as F

TINY = np.finfo(np.float64).smallest_subnormal
LARGEST = np.finfo(np.float64).max
EDGES = np.array([0.0, -0.0, TINY, -TINY, 1.0, -1.0, LARGEST, -LARGEST, np.inf, -np.inf, np.nan])

OF_ONE = {
    "sqrt": (F.sqrt, torch.sqrt),
    "log": (F.log, torch.log),
    "exp": (F.exp, torch.exp),
    "abs": (F.absolute, torch.abs),
    "square": (F.square, torch.square),
    "tanh": (F.tanh, torch.tanh),
    "sigmoid": (F.sigmoid, torch.sigmoid),
    "relu": (F.relu, torch.relu),
    "sin": (F.sin, torch.sin),
    "cos": (F.cos, torch.cos),
    "sign": (F.sign, torch.sign),
    "x ** 0.5": (lambda x: x**0.5, lambda x: x**0.5),
    "x ** -1": (lambda x: x**-1.0, lambda x: x**-1.0),
    "x ** 3": (lambda x: x**3.0, lambda x: x**3.0),
    "x ** 0": (lambda x: x**0.0, lambda x: x**0.0),
}
OF_TWO = {
    "divide": (lambda a, b: a / b, lambda a, b: a / b),
    "multiply": (lambda a, b: a * b, lambda a, b: a * b),
    "maximum": (F.maximum, torch.maximum),
    "minimum": (F.minimum, torch.minimum),
}


def compared(engine, ours, theirs, arrays):
    """The gradients of the sum of a program's results, by an engine and by torch.

    The results themselves have to agree, and no warning may come.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, pull = engine(lambda *xs: ours(*xs), arrays)
        found = pull(np.ones_like(value))
    tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
    expected = theirs(*tensors)
    if theirs is torch.sign:
        value[np.isnan(value)] = 0  # NaN stays one in ours
    np.testing.assert_allclose(value, expected.detach().numpy(), rtol=1e-15)
    expected.sum().backward()
    return found, [tensor.grad.numpy() for tensor in tensors]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", OF_ONE)
def test_functions_of_one_number(engine, name):
    [ours], [theirs] = compared(engine, *OF_ONE[name], [EDGES])
    if name == "x ** 0.5":  # torch computes the slope as 1 / √x, which differs at −0 and at −∞
        assert list(ours[[1, -2]]) == [np.inf, 0]
        theirs[[1, -2]] = ours[[1, -2]]
    if name == "abs":
        theirs[-1] = np.nan  # torch has 0
    np.testing.assert_allclose(ours, theirs, rtol=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_two_numbers(engine, name):
    a, b = (grid.ravel() for grid in np.meshgrid(EDGES, EDGES))
    for ours, theirs in zip(*compared(engine, *OF_TWO[name], [a, b]), strict=True):
        np.testing.assert_array_equal(ours, theirs)


ALONG = {
    "sum": (lambda x: F.sum(x, -1), lambda x: x.sum(-1)),
    "mean": (lambda x: F.mean(x, -1), lambda x: x.mean(-1)),
    "max": (lambda x: F.max(x, -1), lambda x: x.amax(-1)),
    "softmax": (F.softmax, lambda x: x.softmax(-1)),
    "log_softmax": (F.log_softmax, lambda x: x.log_softmax(-1)),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ALONG)
def test_functions_along_an_axis(engine, name):
    rows = np.stack([grid.ravel() for grid in np.meshgrid(EDGES, EDGES)], -1)  # every two of them in a row
    for ours, theirs in zip(*compared(engine, *ALONG[name], [rows]), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-15)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["sum", "mean"])
def test_along_an_axis_without_cells(engine, name):
    for shape in ((3, 0), (0, 0), (0, 3)):
        compared(engine, *ALONG[name], [np.ones(shape)])
