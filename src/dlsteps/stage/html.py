"""A scene as HTML: a figure inside a page, or a page of its own."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from .bank import dumps
from .controls import State
from .frame import Frame
from .mathematics import mathml
from .panels.panel import Panel
from .scene import Scene

_STAGE = Path(__file__).parent


def figure(scene: Scene, state: State | None = None) -> str:
    """The beats as text and tables, and the bank of frames for the script to step through.

    Args:
        scene: what is shown.
        state: where it begins; at the scene's start if not given.

    Returns:
        A ``<figure>`` element.
    """
    state = state or scene.start
    data = {**scene.spec(), "state": state, "bank": scene.bank(state)}
    return (
        f'<figure class="dls" id="{escape(scene.name)}">'
        f'<figcaption class="dls-title">{escape(scene.title)}</figcaption>'
        f"{_fallback(scene, state)}"
        f'<script type="application/json">{inert(data)}</script>'
        "</figure>"
    )


def inert(data: dict[str, Any]) -> str:
    """JSON that no text in it can break out of its script element."""
    return dumps(data).replace("<", "\\u003c")


def page(scene: Scene, state: State | None = None, theme: str = "auto") -> str:
    """A whole document with style, script and frames.

    Args:
        scene: what is shown.
        state: where it begins; at the scene's start if not given.
        theme: "light", "dark" or "auto" (what the reader's system prefers).

    Returns:
        The document.

    Raises:
        ValueError: there is no such theme.
    """
    if theme not in ("auto", "light", "dark"):
        raise ValueError(f"theme={theme!r} is not one of the themes; try 'auto', 'light' or 'dark'")
    css = (_STAGE / "stage.css").read_text("utf-8")
    script = (_STAGE / "js" / "dist" / "page.js").read_text("utf-8").replace("</", "<\\/")
    attribute = "" if theme == "auto" else f' data-theme="{theme}"'
    return (
        f'<!DOCTYPE html><html lang="en"{attribute}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(scene.title)}</title><style>{css}</style></head>"
        f'<body class="dls-page"><main><h1 class="dls-hidden">{escape(scene.title)}</h1>'
        f"{figure(scene, state)}</main><script>{script}</script></body></html>\n"
    )


def _fallback(scene: Scene, state: State) -> str:
    """What is read with JavaScript off: every beat in words, and the first one's numbers as tables."""
    frames = [scene.frame(**each) for each in scene.beats(state)]
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
    head = "".join(f'<th scope="col">{escape(text)}</th>' if text else "<td></td>" for text in plain.head)
    rows = "".join(
        f"<tr>{_row_head(name)}{''.join(f'<td>{_lines(text)}</td>' for text in texts)}</tr>"
        for name, *texts in plain.rows
    )
    caption = f"<caption>{escape(panel.title)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row_head(name: str) -> str:
    """A row's name; a header without a word would be read out as nothing."""
    return f'<th scope="row">{escape(name)}</th>' if name else "<td></td>"


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


__all__ = ["figure", "inert", "page"]
