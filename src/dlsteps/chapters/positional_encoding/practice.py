"""Rotary positions to write oneself, and the mistakes that are made in them."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.nn.positional import rotate
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]


def turn(
    frequency: Callable[[Tensor, int], Tensor] = lambda i, d: 10_000 ** (-2 * i / d),
    sign: tuple[int, int] = (-1, 1),
    first: int = 0,
) -> Callable:
    """Turn neighboring pairs, with what a mistake may be made in as arguments."""

    def wrong(x: Tensor, positions: Tensor) -> Tensor:
        d = x.shape[-1]
        omega = frequency(torch.arange(d // 2, dtype=x.dtype), d)
        theta = (positions + first)[:, None] * omega
        a, b = x[..., 0::2], x[..., 1::2]
        cos, sin = theta.cos(), theta.sin()
        return torch.stack([a * cos + sign[0] * b * sin, sign[1] * a * sin + b * cos], -1).flatten(-2)

    return wrong


def halves_and_pairs(x: Tensor, positions: Tensor) -> Tensor:
    d = x.shape[-1]
    theta = positions[:, None] * 10_000 ** (-2 * torch.arange(d // 2, dtype=x.dtype) / d)
    cos, sin = (part.repeat_interleave(2, -1) for part in (theta.cos(), theta.sin()))
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def rotary_cases() -> list[Case]:
    """Vectors in a row, further on, and in heads."""
    draw = Draws(81)

    def case(*shape: int, positions: Tensor, note: str = "", **drawn: object) -> Case:
        return Case({"x": draw.normal(*shape, **drawn), "positions": positions}, note)

    return [
        case(2, 4, positions=torch.arange(2)),
        case(3, 6, positions=torch.arange(3)),
        case(2, 3, 4, positions=torch.arange(3)),
        case(2, 2, 3, 8, positions=torch.arange(5, 8), note="from position 5 on"),
        case(2, 4, positions=torch.tensor([1000, 7]), note="far and near"),
        case(3, 4, positions=torch.arange(3), dtype=torch.float32, note="float32"),
    ]


ROTARY = Exercise(
    name="rotary",
    right=rotate,
    cases=rotary_cases,
    mistakes=(
        Mistake(
            "turned the other way",
            "(a, b) becomes (a·cos θ − b·sin θ, a·sin θ + b·cos θ). Alone it does no harm; with weights "
            "trained "
            "the other way it does.",
            turn(sign=(1, -1)),
            section="positional-encoding#turned-instead-of-added",
        ),
        Mistake(
            "both signs alike",
            "One of the two has a minus: a·cos θ − b·sin θ and a·sin θ + b·cos θ. With two plus signs "
            "lengths "
            "change, and it is no rotation.",
            turn(sign=(1, 1)),
            section="positional-encoding#turned-instead-of-added",
        ),
        Mistake(
            "halves for pairs",
            "Here neighbors are a pair, (0, 1), (2, 3), …, as in the paper. With (i, i + d/2) it is the "
            "layout of "
            "many programs, whose weights do not fit.",
            lambda x, positions: rotate(x, positions, layout="concatenated"),
            section="positional-encoding#pitfalls",
        ),
        Mistake(
            "halves and pairs mixed",
            "The angles are laid out for neighbors and the numbers for halves, so that two numbers of a "
            "pair turn "
            "by different angles. Use one layout for both.",
            halves_and_pairs,
            section="positional-encoding#pitfalls",
        ),
        Mistake(
            "positions from 1",
            "The position says how far to turn. It is handed over, and 0 does not turn at all.",
            turn(first=1),
            section="positional-encoding#turned-instead-of-added",
        ),
        Mistake(
            "frequencies too far apart",
            "Pair i turns by 10,000^(−2i/d) a token, where i counts pairs, from 0 to d/2 − 1.",
            turn(frequency=lambda i, d: 10_000 ** (-4 * i / d)),
            section="positional-encoding#a-row-of-clocks",
        ),
        Mistake(
            "frequencies too close",
            "Pair i turns by 10,000^(−2i/d) a token: the 2 belongs there, because i counts pairs and d "
            "numbers.",
            turn(frequency=lambda i, d: 10_000 ** (-i / d)),
            section="positional-encoding#a-row-of-clocks",
        ),
        Mistake(
            "all pairs turn alike",
            "Each pair has a frequency of its own, 10,000^(−2i/d). With one for all, far positions look "
            "the same.",
            turn(frequency=lambda i, d: torch.ones_like(i)),
            section="positional-encoding#a-row-of-clocks",
        ),
    ),
)

EXERCISES = (ROTARY,)
