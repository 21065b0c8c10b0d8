"""A reader's own function, as the dynamic engine records it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dlsteps.chapters.computation_graphs.programs import Story, Vertex, arrived, told
from dlsteps.graphs.dynamic import Tensor, history
from dlsteps.numbers import brief

SHOWN = 24  # nodes that one picture has room for
SIGNS = {"add": "+", "subtract": "−", "multiply": "·", "divide": "/", "matmul": "@", "maximum": "max"}


def recorded_own(f: Callable[..., Any], inputs: Sequence[Any]) -> tuple[Story, int]:
    """Run a function once on tensors that want a gradient.

    Args:
        f: from tensors to one tensor.
        inputs: numbers or arrays; if there are none, 2, 3, 4, … for as many as `f` takes.

    Returns:
        The first `SHOWN` nodes of its record, named v1, v2, …; and how many there are.

    Raises:
        TypeError: `f` takes another number of inputs, or returns no tensor.
        ValueError: it returns one of its inputs, or nothing that has a number in it.
    """
    names = _names(f, inputs)
    given = inputs or range(2, 2 + len(names))
    tensors = [Tensor(np.asarray(value, dtype=float), requires_grad=True) for value in given]
    result = f(*tensors)
    if not isinstance(result, Tensor):
        raise TypeError(
            f"{_called(f)} returns {type(result).__name__}, not one tensor; return what it computes from its "
            "inputs with + − · / @ or the functions of dlsteps.graphs.functions"
        )
    if any(result is tensor for tensor in tensors):
        raise ValueError(
            f"{_called(f)} returns one of its inputs, so nothing was recorded; compute something"
        )
    if result.data.size == 0:
        raise ValueError(f"{_called(f)} returns shape {list(result.shape)}, which has no number in it")
    story = told(result, dict(zip(tensors, names, strict=True)))
    total = sum(tensor.record is not None for tensor in history(result))
    return _first(_named(story)), total


def _names(f: Callable[..., Any], inputs: Sequence[Any]) -> list[str]:
    parameters = list(inspect.signature(f).parameters.values())
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD, p.KEYWORD_ONLY) for p in parameters):
        raise TypeError(f"{_called(f)} takes any number of inputs, or named ones; give it a fixed number")
    if inputs and len(inputs) != len(parameters):
        raise TypeError(f"{_called(f)} takes {len(parameters)} inputs, and {len(inputs)} were given")
    if not parameters:
        raise TypeError(f"{_called(f)} takes no input, so there is nothing to differentiate; give it one")
    return [p.name for p in parameters]


def _called(f: Callable[..., Any]) -> str:
    return getattr(f, "__name__", "the function")


def _named(story: Story) -> Story:
    """Label what was computed by its operation: "v3 = v1 · v2"."""
    short: list[str] = []
    vertices = []
    for k, vertex in enumerate(story.vertices):
        if vertex.operation:
            made = sum(bool(v.operation) for v in story.vertices[: k + 1])
            short.append(f"v{made}")
            label = f"v{made} = {_expression(vertex, short)}"
        else:
            short.append(vertex.label or _constant(story.values[k]))
            label = short[-1]
        vertices.append(vertex._replace(label=label))
    return story._replace(vertices=tuple(vertices))


def _expression(vertex: Vertex, short: Sequence[str]) -> str:
    names = [short[k] for k in vertex.inputs]
    sign = SIGNS.get(vertex.operation)
    if sign and len(names) == 2:
        return f"{names[0]} {sign} {names[1]}"
    return f"{vertex.operation} {' '.join(names)}"


def _constant(value: np.ndarray) -> str:
    return brief(value.item(), 2) if value.size == 1 else f"array {list(value.shape)}"


def _first(story: Story) -> Story:
    """The nodes that were made first, and the last part of the walk, which is among them."""
    if len(story.vertices) <= SHOWN:
        return story
    here = [pull for pull in story.walk if pull.vertex < SHOWN]
    there = arrived(story, len(story.walk) - len(here))
    return story._replace(
        vertices=story.vertices[:SHOWN],
        walk=tuple(pull._replace(passed=tuple(p for p in pull.passed if p[0] < SHOWN)) for pull in here),
        begun={k: g for k, g in there.items() if k < SHOWN},
    )
