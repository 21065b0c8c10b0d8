"""What an exercise is: the book's own answer, the inputs it is compared on, and the mistakes that are known.

Exercises stand in the chapters, in `chapters/<chapter>/practice.py` under the name `EXERCISES`, and are found
by looking there.
"""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dlsteps import chapters

Arguments = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One drawn input.

    Attributes:
        arguments: What is handed over, by name, in the order of the call.
        note: What is special about it, such as "mean 1,000,000".
        grad: False calls under `torch.no_grad()`, and compares no gradient.
    """

    arguments: Arguments
    note: str = ""
    grad: bool = True

    @property
    def size(self) -> int:
        """How many numbers are handed over: the fewer, the easier to follow."""
        return sum(map(_numbers, self.arguments.values()))


def _numbers(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.numel()
    return sum(map(_numbers, value)) if isinstance(value, tuple) else 1


def on_tensors(change: Callable[[Tensor], Any], value: Any) -> Any:
    """Put something in the place of every tensor, in tuples too."""
    if isinstance(value, tuple):
        return tuple(on_tensors(change, v) for v in value)
    return change(value) if isinstance(value, Tensor) else value


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that is often given.

    Attributes:
        name: What was done, such as "variance divided by m − 1".
        why: One or two sentences: what follows from it, and what to write instead.
        wrong: The answer with this mistake in it, called as the exercise is.
        section: Where the book speaks of it: a page and a heading of its, as "axes#the-mathematics".
        shows_on: The note of the cases on which alone it shows, where rounding makes its numbers differ each
            time. Elsewhere it is right.
    """

    name: str
    why: str
    wrong: Callable
    section: str = ""
    shows_on: str = ""


@dataclass(frozen=True)
class Layer:
    """The exercise for a reader who writes a class: what it is made with, what it keeps, what it is given.

    Attributes:
        settings: What the class is made with, by name, from the arguments of a case.
        inputs: The arguments that its call takes.
        keeps: The arguments that are parameters or buffers of its, and other names these may have there.
    """

    settings: Callable[[Arguments], Arguments]
    inputs: tuple[str, ...] = ("x",)
    keeps: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Exercise:
    """Something to write oneself.

    Attributes:
        name: What it is called in `check`.
        right: The book's own answer, called with the arguments of a case by name.
        cases: Makes the drawn inputs; the same each time.
        mistakes: The known wrong answers.
        layer: How a class answers it; None where only a function does.
        changes: Arguments that a right answer changes in place.
        outputs: Names of what is returned, where that is more than one thing.
        reads: What counts of a result, from it and the arguments; all of it if not given.
    """

    name: str
    right: Callable
    cases: Callable[[], Sequence[Case]]
    mistakes: tuple[Mistake, ...]
    layer: Layer | None = None
    changes: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("output",)
    reads: Callable[[Any, Arguments], Any] = lambda result, arguments: result

    @property
    def call(self) -> str:
        """How it is called: the names of its arguments, in their order."""
        names: dict[str, None] = {}
        for case in self.cases():
            names |= dict.fromkeys(case.arguments)
        return f"{self.name}({', '.join(names)})"


class Draws:
    """Tensors drawn one after the other from one seed, rounded so that a reader can type them."""

    def __init__(self, seed: int = 0):
        self.generator = torch.Generator().manual_seed(seed)

    def normal(
        self, *shape: int, mean: float = 0.0, std: float = 1.0, dtype: torch.dtype = torch.float64
    ) -> Tensor:
        """Normal numbers, in hundredths of their spread."""
        z = torch.randn(shape, generator=self.generator, dtype=torch.float64)
        return (mean + std * z.mul(100).round().div(100)).to(dtype)

    def uniform(
        self, *shape: int, low: float = 0.0, high: float = 1.0, dtype: torch.dtype = torch.float64
    ) -> Tensor:
        """Numbers between two bounds, in hundredths of the distance."""
        u = torch.rand(shape, generator=self.generator, dtype=torch.float64)
        return (low + (high - low) * u.mul(100).round().div(100)).to(dtype)

    def integers(self, low: int, high: int, *shape: int) -> Tensor:
        """Whole numbers from `low` to `high - 1`."""
        return torch.randint(low, high, shape, generator=self.generator)


@functools.cache
def exercises() -> dict[str, Exercise]:
    """Return all exercises by name, in the order of the names.

    Raises:
        ValueError: If two have one name.
    """
    found: dict[str, Exercise] = {}
    for chapter in pkgutil.iter_modules(chapters.__path__):
        if not Path(chapters.__path__[0], chapter.name, "practice.py").exists():
            continue
        home = importlib.import_module(f"{chapters.__name__}.{chapter.name}.practice")
        for exercise in home.EXERCISES:
            if exercise.name in found:
                raise ValueError(
                    f"{home.__name__} repeats the exercise {exercise.name!r}; rename one of them"
                )
            found[exercise.name] = exercise
    return dict(sorted(found.items()))


def find(name: str) -> Exercise:
    """Return an exercise by its name.

    Raises:
        ValueError: If there is no such exercise; the message lists them.
    """
    if name not in exercises():
        raise ValueError(f"no exercise is called {name!r}; try one of {', '.join(exercises())}")
    return exercises()[name]
