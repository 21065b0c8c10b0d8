"""Gradient clipping to write oneself, and the mistakes that are made in it."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.nn.gradient_flow import clip_by_norm, clip_by_value
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]

Gradients = tuple[Tensor, ...]
CLIPPING = "gradient-flow#shorten-what-is-too-long"
PITFALLS = "gradient-flow#pitfalls"


def by_total(norm: Callable[[Tensor], Tensor]) -> Callable:
    """Clip all gradients by one number, made from all of them as one long vector."""

    def wrong(gradients: Gradients, max_norm: float) -> Gradients:
        total = norm(torch.cat([g.flatten() for g in gradients]))
        factor = (max_norm / total).clamp(max=1)
        return tuple(g * factor for g in gradients)

    return wrong


def by_itself(gradients: Gradients, max_norm: float) -> Gradients:
    return tuple(clip_by_norm((g,), max_norm).gradients[0] for g in gradients)


def sum_of_norms(gradients: Gradients, max_norm: float) -> Gradients:
    total = sum(g.norm() for g in gradients)
    return tuple(g * (max_norm / total).clamp(max=1) for g in gradients)


def always(gradients: Gradients, max_norm: float) -> Gradients:
    total = torch.cat([g.flatten() for g in gradients]).norm()
    return tuple(g * (max_norm / total) for g in gradients)


def clip_cases() -> list[Case]:
    """Gradients of several parameters, some too long and some not."""
    draw = Draws(41)

    def case(*shapes: tuple[int, ...], max_norm: float, note: str = "", **drawn: object) -> Case:
        gradients = tuple(draw.normal(*shape, **drawn) for shape in shapes)
        return Case({"gradients": gradients, "max_norm": max_norm}, note)

    return [
        case((2,), (2,), std=20, max_norm=10.0),
        case((3,), (2, 2), std=10, max_norm=100.0, note="short enough"),
        case((2, 3), (3,), (1,), std=30, max_norm=5.0),
        case((4,), (4,), std=10, max_norm=25.0),
        case((2, 2), std=50, max_norm=20.0, note="one parameter"),
        case((3, 2), (2,), std=40, max_norm=12.0, dtype=torch.float32, note="float32"),
    ]


CLIP_BY_NORM = Exercise(
    name="clip_by_norm",
    right=lambda gradients, max_norm: clip_by_norm(gradients, max_norm).gradients,
    cases=clip_cases,
    mistakes=(
        Mistake(
            "each tensor by itself",
            "The norm is that of all gradients as one long vector, and one factor shortens them all. "
            "Shortened one "
            "by one, they no longer point where the gradient did.",
            by_itself,
            PITFALLS,
        ),
        Mistake(
            "value for norm",
            "This cuts each number off, and the direction changes. Multiply all gradients by one factor.",
            clip_by_value,
            CLIPPING,
        ),
        Mistake(
            "always scaled",
            "A gradient that is short enough is left as it is: the factor is min(1, max_norm/norm).",
            always,
            CLIPPING,
        ),
        Mistake(
            "root forgotten",
            "The norm is the root of the sum of squares.",
            by_total(lambda g: g.square().sum()),
            CLIPPING,
        ),
        Mistake(
            "norms added up",
            "The norms of the tensors are not added but squared, added, and the root taken: "
            "√(‖g₁‖² + ‖g₂‖² + …).",
            sum_of_norms,
            CLIPPING,
        ),
        Mistake(
            "sizes added up",
            "The sum of the sizes is the 1-norm. Clipping here goes by the root of the sum of squares.",
            by_total(lambda g: g.abs().sum()),
            CLIPPING,
        ),
        Mistake(
            "the largest size",
            "The largest size is the ∞-norm. Clipping here goes by the root of the sum of squares.",
            by_total(lambda g: g.abs().max()),
            CLIPPING,
        ),
    ),
)

EXERCISES = (CLIP_BY_NORM,)
