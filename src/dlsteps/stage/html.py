"""An explorer as HTML: a figure inside a page, or a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Protocol

from .bank import dumps
from .controls import Control, State, Steps
from .frame import Frame
from .mathematics import mathml
from .panels.panel import Panel

_STAGE = Path(__file__).parent


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
    """A panel's numbers as a table, or a sentence about it."""
    plain = panel.table()
    if isinstance(plain, str):
        return f"<p>{escape(plain)}</p>"
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in plain.head)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{_lines(text)}</td>" for text in texts)}</tr>'
        for name, *texts in plain.rows
    )
    caption = f"<caption>{escape(panel.title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


__all__ = ["figure", "inert", "page"]
