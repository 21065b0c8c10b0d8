"""A check's outcome, and the few helpers that checks share."""

import re
from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from dlsteps.experiments import Conclusion

# Far above rounding in float64, far below any difference that a reader could see.
SAME = 1e-9


class Evidence(NamedTuple):
    """Whether the check of a claim came true, and the numbers that decided it."""

    holds: bool
    text: str


def measured(conclusions: Iterable[Conclusion]) -> Evidence:
    """Decide a claim by the conclusions of an experiment: all of them have to hold.

    Args:
        conclusions: inequalities, each with a statement, a value and the bound it has to be above.

    Raises:
        ValueError: there is none, so that nothing would be decided.
    """
    conclusions = list(conclusions)
    if not conclusions:
        raise ValueError("no conclusion is given, and nothing would be decided; pass one or more")
    return Evidence(all(c.holds for c in conclusions), "; ".join(c.text for c in conclusions))


def cited(text: str) -> Evidence:
    """Rest a claim on what others have shown: each source by its authors and year.

    Args:
        text: what they have shown; it is told as cited, not as measured.

    Raises:
        ValueError: no year is named.
    """
    if not re.search(r"\b(19|20)\d\d\b", text):
        raise ValueError(f"{text!r} names no year; cite as in 'Wu & He 2018'")
    return Evidence(True, f"cited, not measured here: {text}")


def together(*parts: Evidence) -> Evidence:
    """Decide a claim by several checks: all of them have to hold."""
    return Evidence(all(part.holds for part in parts), "; ".join(part.text for part in parts))


def gap(a: Tensor, b: Tensor) -> float:
    """Return the largest difference between two tensors of one shape."""
    if a.shape != b.shape:
        raise ValueError(f"shapes {tuple(a.shape)} and {tuple(b.shape)} differ; compare tensors of one shape")
    return (a - b).abs().max().item()


def same(a: Tensor, b: Tensor) -> bool:
    return gap(a, b) < SAME


def books(*shape: int, seed: int = 0) -> Tensor:
    """Return a float64 tensor (N, C, ...) whose books and pages differ in mean and in spread."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(*shape, generator=generator, dtype=torch.float64)
    N, C, *rest = shape
    per_cell = (slice(None), slice(None), *[None] * len(rest))
    page = torch.arange(1.0, N * C + 1, dtype=torch.float64).view(N, C)[per_cell]
    return x * page.sqrt() + page / 4
