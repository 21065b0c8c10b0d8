"""The answer to a reader's answer: a card in a notebook, the same in words elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from dlsteps.practice.exercise import Arguments, Case
from dlsteps.practice.outcome import Line, Outcome, Trouble, differing, same

Verdict = Literal["right", "known mistake", "different", "trouble"]

_SIGNS = {"right": "✓", "known mistake": "≈", "different": "≠", "trouble": "!"}
_STYLE = (Path(__file__).parent / "card.css").read_text(encoding="utf-8")
_SHOWN = 6  # numbers that differ, in a card
_TYPED = 24  # numbers of an input that a reader would type


@dataclass(frozen=True, repr=False)
class Report:
    """What `check` found.

    Attributes:
        exercise: The name of the exercise.
        verdict: "right", "known mistake", "different" or "trouble".
        title: In a few words.
        text: In a sentence or two.
        section: Where the book speaks of it, as "axes#the-mathematics"; "" for nowhere.
        line: The line of the reader's code that raised.
        input: The arguments with which it shows, to be tried again: `my_layer(**report.input)`.
        note: What is special about these arguments.
        rows: Where the results differ: place, the reader's number, the book's.
    """

    exercise: str
    verdict: Verdict
    title: str
    text: str
    section: str = ""
    line: Line | None = None
    input: Arguments = field(default_factory=dict)
    note: str = ""
    rows: tuple[tuple[str, str, str], ...] = ()

    @property
    def right(self) -> bool:
        return self.verdict == "right"

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{_SIGNS[self.verdict]} {self.exercise}: {self.title}"
        yield self.text
        if self.line:
            yield f"Line {self.line.number}: {self.line.text}"
        if self.section:
            yield f"The book on this: {heading(self.section)}"
        if self.input:
            yield f"{self._shown_with}:"
            yield from (f"  {name} = {written(value)}" for name, value in self.input.items())
        for place, yours, books in self.rows:
            yield f"  {place}: yours {yours}, the book's {books}"

    @property
    def _shown_with(self) -> str:
        lead = "It was given" if self.verdict == "trouble" else "The smallest input that shows it"
        return f"{lead} ({self.note})" if self.note else lead

    def _repr_html_(self) -> str:
        return (
            f'<div class="dls-practice" data-verdict="{self.verdict.replace(" ", "-")}">'
            f"<style>{_STYLE}</style>"
            f'<p><strong><span aria-hidden="true">{_SIGNS[self.verdict]}</span> '
            f"{escape(self.exercise)}: {escape(self.title)}</strong></p>"
            f"<p>{escape(self.text)}</p>{''.join(self._parts())}</div>"
        )

    def _parts(self) -> Iterator[str]:
        if self.line:
            yield f"<pre><span>line {self.line.number}</span> {escape(self.line.text)}</pre>"
        if self.section:
            anchor = escape(self.section.partition("#")[2])
            yield f'<p>The book on this: <a href="#{anchor}">{escape(heading(self.section))}</a></p>'
        if self.input:
            typed = "\n".join(f"{name} = {written(value)}" for name, value in self.input.items())
            yield f"<p>{escape(self._shown_with)}:</p><pre>{escape(typed)}</pre>"
        if self.rows:
            head = "".join(f'<th scope="col">{name}</th>' for name in ("where", "yours", "the book’s"))
            body = "".join(
                f'<tr><th scope="row">{escape(place)}</th><td>{escape(a)}</td><td>{escape(b)}</td></tr>'
                for place, a, b in self.rows
            )
            yield f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def heading(section: str) -> str:
    """A section as it is told: "axes, The mathematics"."""
    page, _, slug = section.partition("#")
    return f"{page}, {slug.replace('-', ' ').capitalize()}"


def written(value: Any) -> str:
    """An argument as a reader would type it, or its shape where nobody would."""
    if isinstance(value, tuple):
        return f"({', '.join(map(written, value))}{',' * (len(value) == 1)})"
    if not isinstance(value, Tensor):
        return repr(value)
    if value.numel() > _TYPED:
        return f"a tensor of shape {tuple(value.shape)}, {value.dtype}"
    kind = "" if value.dtype in (torch.float32, torch.int64, torch.bool) else f", dtype={value.dtype}"
    return f"torch.tensor({_short(value.tolist())}{kind})"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value))}]"
    return (
        f"{value:.12g}" + ("." if float(value).is_integer() else "")
        if isinstance(value, float)
        else repr(value)
    )


def rows(theirs: Outcome, right: Outcome) -> tuple[tuple[str, str, str], ...]:
    """The first numbers in which two results differ, of the first part that differs."""
    if isinstance(theirs, Trouble):
        return ()
    if isinstance(right, Trouble):
        return tuple((name, repr(found), "an error") for name, found in theirs.items())
    for name, wanted in right.items():
        found = theirs.get(name)
        if same(found, wanted):
            continue
        if not isinstance(wanted, Tensor) or not isinstance(found, Tensor) or found.shape != wanted.shape:
            return ((name, repr(found), repr(wanted)),)
        places = differing(found, wanted).nonzero()[:_SHOWN].tolist()
        pairs = [(place, found[tuple(place)].item(), wanted[tuple(place)].item()) for place in places]
        return tuple((f"{name}{place or ''}", *_apart(a, b)) for place, a, b in pairs)
    return ()


def _apart(a: float, b: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in range(4, 18):
        texts = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return tuple(text.replace("-", "−") for text in texts)


def met(cases: Iterable[Case]) -> str:
    """On what inputs an answer was tried, in a few words."""
    cases = list(cases)
    first = [next(iter(case.arguments.values())) for case in cases]
    shapes = {tuple(x.shape) for x in first if isinstance(x, Tensor)}
    notes = list(dict.fromkeys(case.note for case in cases if case.note))
    kinds = f" of {len(shapes)} shapes" if len(shapes) > 1 else ""
    special = f" ({'; '.join(notes)})" if notes else ""
    return f"{len(cases)} drawn inputs{kinds}{special}"
