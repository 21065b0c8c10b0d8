"""What proves a finding to who asks, one click away from it."""

from __future__ import annotations

import html
from dataclasses import dataclass

from markdown_it import MarkdownIt

from dlsteps.show.tables import Markdown


@dataclass(frozen=True)
class Folded:
    """A line that opens: tables and settings that a reader does not need to follow the page."""

    summary: str
    parts: tuple[Markdown | str, ...]

    def __repr__(self) -> str:
        return "\n\n".join([self.summary, *(str(part) for part in self.parts)])

    def _repr_html_(self) -> str:
        inside = "\n".join(to_html(str(part)) for part in self.parts)
        return f'<details class="folded"><summary>{html.escape(self.summary)}</summary>\n{inside}\n</details>'


def folded(summary: str, *parts: Markdown | str) -> Folded:
    """Fold tables and texts under one line.

    Args:
        summary: the line that stays in sight; it says what is below.
        parts: what `table` and `source` return, or Markdown.

    Raises:
        ValueError: there is nothing to fold.
    """
    if not parts:
        raise ValueError(f"nothing is folded under {summary!r}; pass a table or a text")
    return Folded(summary, parts)


def to_html(text: str) -> str:
    """Markdown with tables as HTML; tags in it are shown as text. A table scrolls in a box of its own."""
    found = MarkdownIt("commonmark", {"html": False}).enable("table").render(text).strip()
    return found.replace("<table>", '<div class="scrolls"><table>').replace("</table>", "</table></div>")
