"""Questions: a reader answers before the page does, and a wrong answer is told what it would be right for.

A question is data, like a frame. Which answers are right is in the page beside it, so it needs no kernel and
no network; without JavaScript it is its text with the answer folded. Texts may hold `code` and *emphasis*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets

from .html import inert
from .panels.panel import Panel

_STAGE = Path(__file__).parent
_WITHIN = (
    1e-6  # how far a number may be from the right one, relative to it, if the question names nothing else
)


@dataclass(frozen=True)
class Answer:
    """One answer that can be chosen.

    Args:
        text: the answer.
        right: whether it is right.
        says: for a wrong answer, what it would be right for; for a right one, why, if there is more to say.
        see: the address of a frame or section that shows it, such as ``#axes:step=page``.
    """

    text: str
    right: bool = False
    says: str = ""
    see: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"text": runs(self.text), "right": self.right, "says": runs(self.says), "see": self.see}


@dataclass(frozen=True)
class Mistake:
    """A wrong number, or a wrong set of cells, that comes from a known thought.

    Args:
        given: the number, or the cells' indices in row-major order.
        says: what it would be right for.
        see: as in `Answer`.
    """

    given: float | Sequence[int]
    says: str
    see: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What all questions have.

    Args:
        name: its name on the page, as in an address; one on a page.
        asks: the question.
        why: told with the right answer.
    """

    kind: ClassVar[str] = ""
    name: str
    asks: str
    why: str

    def __post_init__(self) -> None:
        for part, text in (("name", self.name), ("asks", self.asks), ("why", self.why)):
            if not text:
                raise ValueError(f"a {type(self).__name__} without {part}; every question has one")

    def solution(self) -> str:
        """The right answer, as text."""
        raise NotImplementedError

    def choices(self) -> Sequence[str]:
        """What can be chosen, as text; nothing where the reader writes or picks."""
        return ()

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "name": self.name, "asks": runs(self.asks), "why": runs(self.why)}

    def plain(self) -> str:
        """The question as text, its answer folded."""
        listed = "".join(f"<li>{_html(text)}</li>" for text in self.choices())
        return (
            f"<p>{_html(self.asks)}</p>{listed and f'<ul>{listed}</ul>'}"
            f"<details><summary>Answer</summary><p>{_html(self.solution())} {_html(self.why)}</p></details>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return Quiz(self, title="Before you read on")._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}): {_text(self.asks)}"


class _Listed(Question):
    """The part that questions with listed answers share."""

    def choices(self) -> Sequence[str]:
        return [answer.text for answer in self.answers]

    def solution(self) -> str:
        return "; ".join(answer.text for answer in self.answers if answer.right) or "None of them."

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "answers": [answer.to_json() for answer in self.answers]}

    def _check_answers(self) -> None:
        if len({answer.text for answer in self.answers}) < max(2, len(self.answers)):
            raise ValueError(f"{self.name!r} needs two answers or more, all different")
        for answer in self.answers:
            if not answer.right and not answer.says:
                raise ValueError(
                    f"{self.name!r}: the wrong answer {answer.text!r} says nothing; "
                    "tell the reader what it would be right for"
                )


@dataclass(frozen=True, kw_only=True, repr=False)
class Choose(_Listed):
    """Choose the one right answer."""

    kind: ClassVar[str] = "choose"
    answers: Sequence[Answer]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_answers()
        if (right := sum(answer.right for answer in self.answers)) != 1:
            raise ValueError(
                f"{self.name!r} has {right} right answers; a Choose has one, a ChooseAll any number"
            )


@dataclass(frozen=True, kw_only=True, repr=False)
class ChooseAll(_Listed):
    """Choose all answers that are right; that may be none."""

    kind: ClassVar[str] = "all"
    answers: Sequence[Answer]

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_answers()


@dataclass(frozen=True, kw_only=True, repr=False)
class Enter(Question):
    """Enter a number; a fraction such as 1/27 is one too.

    Args:
        right: the number.
        within: how far from it an answer may be; a millionth of it if not given.
        mistakes: wrong numbers that come from a known thought.
        unit: what is counted, shown after the field.
    """

    kind: ClassVar[str] = "enter"
    right: float
    within: float | None = None
    mistakes: Sequence[Mistake] = ()
    unit: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "right", float(self.right))
        if not isfinite(self.right):
            raise ValueError(f"{self.name!r}: the right number is {self.right}; ask for a finite one")
        if self.within is None:
            object.__setattr__(self, "within", abs(self.right) * _WITHIN or _WITHIN)
        for mistake in self.mistakes:
            if abs(mistake.given - self.right) <= self.within:
                raise ValueError(f"{self.name!r}: the mistake {mistake.given} is the right number; drop it")

    def solution(self) -> str:
        return f"{_decimal(self.right)} {self.unit}".strip() + "."

    def to_json(self) -> dict[str, Any]:
        mistakes = [{"given": float(m.given), "says": runs(m.says), "see": m.see} for m in self.mistakes]
        own = {"right": self.right, "within": self.within, "mistakes": mistakes, "unit": self.unit}
        return {**super().to_json(), **own, "solution": runs(self.solution())}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Pick(Question):
    """Pick cells of a panel.

    Args:
        panel: what is shown, a panel of cells.
        right: indices of the cells to pick, in row-major order; `keyed` finds them from a panel's keys.
        given: cells that are picked from the start, and stay.
        mistakes: wrong picks that come from a known thought.
        axes: a name for each axis of the panel's values, read aloud with a cell.
    """

    kind: ClassVar[str] = "pick"
    panel: Panel
    right: Iterable[int]
    given: Iterable[int] = ()
    mistakes: Sequence[Mistake] = ()
    axes: Sequence[str] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        cells = self.panel.values.size
        right, given = sorted(set(map(int, self.right))), sorted(set(map(int, self.given)))
        for cell in (*right, *given):
            if not 0 <= cell < cells:
                raise ValueError(f"{self.name!r}: there is no cell {cell}; the panel has {cells}")
        if not set(given) < set(right):
            raise ValueError(f"{self.name!r}: the given cells {given} are no proper part of the right ones")
        if len(self.axes) != self.panel.values.ndim:
            raise ValueError(
                f"{self.name!r} names {len(self.axes)} axes of {self.panel.values.ndim}; name each of them"
            )
        for mistake in self.mistakes:
            if sorted({*given, *mistake.given}) == right:
                raise ValueError(f"{self.name!r}: a mistake is the right pick; drop it")
        object.__setattr__(self, "right", right)
        object.__setattr__(self, "given", given)

    def solution(self) -> str:
        return f"{len(self.right)} of {self.panel.values.size} cells."

    def to_json(self) -> dict[str, Any]:
        panel = {name: part for name, part in self.panel.to_json().items() if name not in ("keys", "reveal")}
        mistakes = [
            {"given": sorted({*self.given, *m.given}), "says": runs(m.says), "see": m.see}
            for m in self.mistakes
        ]
        own = {"panel": panel, "right": self.right, "given": self.given, "axes": list(self.axes)}
        return {**super().to_json(), **own, "mistakes": mistakes, "solution": runs(self.solution())}


def keyed(keys: Any, cell: int) -> list[int]:
    """The cells that have the key of `cell`: what shares a statistic with it.

    Args:
        keys: one integer a cell, as in a panel.
        cell: an index in row-major order.
    """
    flat = np.asarray(keys).ravel()
    return np.flatnonzero(flat == flat[cell]).tolist()


class Quiz(anywidget.AnyWidget):
    """One question or several, live in a notebook and in plain HTML.

    Args:
        questions: asked one below the other.
        title: what stands above them.

    Raises:
        ValueError: there is no question, or two have one name.
    """

    _esm = _STAGE / "js" / "dist" / "quiz.js"
    _css = _STAGE / "stage.css"
    _spec = traitlets.Dict().tag(sync=True)

    def __init__(self, *questions: Question, title: str = "") -> None:
        names = [question.name for question in questions]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"a Quiz has questions, each of a name of its own; got {names}")
        self.questions, self.title = questions, title
        super().__init__(_spec={"title": title, "questions": [q.to_json() for q in questions]})

    def html(self) -> str:
        """A section that reads without JavaScript and answers with the page's script."""
        title = f'<p class="dls-title">{_html(self.title)}</p>' if self.title else ""
        plain = "".join(f'<div class="dls-plain">{question.plain()}</div>' for question in self.questions)
        data = f'<script type="application/json">{inert(self._spec)}</script>'
        label = escape(self.title or _text(self.questions[0].asks))
        return f'<div class="dls dls-quiz" role="group" aria-label="{label}">{title}{plain}{data}</div>'

    def __repr__(self) -> str:
        return "\n".join(map(repr, self.questions))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**(data or {}), "text/plain": repr(self), "text/html": self.html()}, metadata


def runs(text: str) -> list[str | dict[str, str]]:
    """A text cut into plain words, ``{"code": …}`` and ``{"em": …}``.

    Args:
        text: words with `code` between backticks and *emphasis* between stars.
    """
    parts = re.split(r"`([^`]+)`|\*([^*\s][^*]*)\*", text)
    found: list[str | dict[str, str]] = []
    for plain, code, em in zip(parts[::3], [*parts[1::3], None], [*parts[2::3], None], strict=True):
        found += [plain] if plain else []
        found += [{"code": code}] if code else [{"em": em}] if em else []
    return found


def _html(text: str) -> str:
    return "".join(
        escape(run) if isinstance(run, str) else "".join(f"<{t}>{escape(v)}</{t}>" for t, v in run.items())
        for run in runs(text)
    )


def _text(text: str) -> str:
    return "".join(run if isinstance(run, str) else next(iter(run.values())) for run in runs(text))


def _decimal(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")
