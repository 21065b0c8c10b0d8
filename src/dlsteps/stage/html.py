"""An explorer as HTML: a figure inside a page, or a page of its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from html import escape
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .bank import dumps
from .controls import Control, State, Steps
from .display import rounded
from .frame import Axes, Bars, Curves, Frame, Image, Matrix, Panel, Shelf
from .mathematics import mathml

_STAGE = Path(__file__).parent
_WIDE = Context(prec=400)  # room for the largest float


class Shown(Protocol):
    """What a figure is made of: an explorer, as far as this host has to know it."""

    name: str
    title: str
    controls: Sequence[Control]
    state: State

    def spec(self) -> dict[str, Any]: ...
    def bank(self) -> dict[str, Any]: ...
    def frame(self, **state: Any) -> Frame: ...


def figure(explorer: Shown) -> str:
    """The first beats as text and tables, and the bank of frames for the script to step through."""
    data = {**explorer.spec(), "state": explorer.state, "bank": explorer.bank()}
    return (
        f'<figure class="dls" id="{escape(explorer.name)}">'
        f'<figcaption class="dls-title">{escape(explorer.title)}</figcaption>'
        f"{_fallback(explorer)}"
        f'<script type="application/json">{inert(data)}</script>'
        "</figure>"
    )


def inert(data: dict[str, Any]) -> str:
    """JSON that no text in it can break out of its script element."""
    return dumps(data).replace("<", "\\u003c")


def page(explorer: Shown, theme: str) -> str:
    """A whole document with style, script and frames."""
    if theme not in ("auto", "light", "dark"):
        raise ValueError(f"theme={theme!r} is not one of the themes; try 'auto', 'light' or 'dark'")
    css = (_STAGE / "stage.css").read_text("utf-8")
    script = (_STAGE / "js" / "dist" / "page.js").read_text("utf-8").replace("</", "<\\/")
    attribute = "" if theme == "auto" else f' data-theme="{theme}"'
    return (
        f'<!DOCTYPE html><html lang="en"{attribute}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(explorer.title)}</title><style>{css}</style></head>"
        f'<body class="dls-page"><main><h1 class="dls-hidden">{escape(explorer.title)}</h1>'
        f"{figure(explorer)}</main><script>{script}</script></body></html>\n"
    )


def _fallback(explorer: Shown) -> str:
    """What is read with JavaScript off: every beat in words, and the first one's numbers as tables."""
    steps = next((c for c in explorer.controls if isinstance(c, Steps)), None)
    frames = [explorer.frame(**{steps.name: v}) for v in steps.values] if steps else [explorer.frame()]
    beats = "".join(f"<li>{_words(frame)}</li>" for frame in frames)
    tables = "".join(_table(panel) for panel in frames[0].panels)
    return f'<div class="dls-plain"><ol>{beats}</ol>{tables}</div>'


def _words(frame: Frame) -> str:
    caption, formula = frame.text()
    lead = f"<strong>{escape(frame.lead)}</strong> " if frame.lead else ""
    if not formula:
        return f"{lead}{escape(caption)}"
    # JupyterLab strips MathML from a notebook it does not trust and leaves its letters in a heap. Of a
    # noscript it leaves nothing; and where scripts run, the drawn explorer has the formula.
    return f"{lead}{escape(caption)} <noscript>{mathml(formula)}</noscript>"


def _table(panel: Panel) -> str:
    """A panel's numbers as tables, one a page for a shelf."""
    title = escape(panel.title)
    match panel:
        case Shelf():
            N, C, _, _ = panel.values.shape
            head = ["", *(f"{panel.column} {n}" for n in range(N))]
            rows = [
                [f"{panel.row} {c}", *(_lines(panel.values[n, c], panel.digits) for n in range(N))]
                for c in range(C)
            ]
        case Matrix():
            head = ["", *(panel.columns or range(panel.values.shape[1]))]
            names = panel.rows or range(panel.values.shape[0])
            rows = [
                [str(name), *(number(v, panel.digits) for v in row)]
                for name, row in zip(names, panel.values, strict=True)
            ]
        case Bars():
            head = ["", *panel.labels]
            names = panel.series or [""] * panel.values.shape[0]
            rows = [
                [name, *(number(v, panel.digits) for v in row)]
                for name, row in zip(names, panel.values, strict=True)
            ]
        case Axes():
            head = ["axis", "size", ""]
            rows = [
                [f"{letter} ({noun})", str(size), escape(fate or "kept")]
                for letter, noun, size, fate in panel.axes
            ]
        case Curves():
            head = ["line", "from", "to"]
            rows = [[line.label, number(line.y[0], 3), number(line.y[-1], 3)] for line in panel.lines]
        case Image():
            H, W, _ = panel.values.shape
            return f"<p>{title}: an image of {H} × {W} pixels.</p>"
        case _:
            raise TypeError(f"no table for a {type(panel).__name__}")
    cells = "".join(f'<th scope="col">{escape(str(cell))}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{cell}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return f"<table><caption>{title}</caption><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"


def _lines(page: np.ndarray, digits: int) -> str:
    return "<br>".join(" ".join(number(v, digits) for v in line) for line in page)


def number(value: float, digits: int) -> str:
    """A number as a reader sees it: fixed decimals, a true minus sign."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    [stored] = rounded(np.asarray(value), max(3, digits))  # what the script has, rounded as it rounds
    text = f"{Decimal(stored).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _WIDE):f}"
    return re.sub(r"^-", "−", text if float(text) else text.lstrip("-"))


__all__ = ["figure", "inert", "number", "page"]
