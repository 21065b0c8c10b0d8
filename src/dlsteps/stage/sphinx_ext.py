"""Sphinx extension: gives pages that have an explorer or a question script and style, and no others."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from . import html

_STAGE = Path(__file__).parent
_SCRIPT, _STYLE = "dlsteps-stage.js", "dlsteps-stage.css"
_DATA = '<script type="application/json">'
_FIGURE = re.compile(
    r'<figure class="dls" id="(?P<name>[^"]*)">(?P<before>(?:(?!</figure>).)*?)'
    rf"{_DATA}(?P<data>.*?)</script>",
    re.DOTALL,
)


def _copy_assets(app: Sphinx) -> None:
    """Before the pages are written, so that Sphinx can add each file's checksum to its address."""
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    for source, target in ((_STAGE / "js" / "dist" / "page.js", _SCRIPT), (_STAGE / "stage.css", _STYLE)):
        (static / target).write_bytes(source.read_bytes())


def _add_to_pages_with_explorers(
    app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    body = context.get("body", "")
    if '<figure class="dls"' in body or '<div class="dls dls-quiz"' in body:
        app.add_css_file(_STYLE)
        app.add_js_file(_SCRIPT, loading_method="defer")


def _number_figures(_app: Sphinx, _page: str, _template: str, context: dict[str, Any], _doctree: Any) -> None:
    """Tell the explorers of one name on a page apart, and let those that have the same frames share them.

    The second is called "name-2", as the script calls it; in place of a bank it names the first's.
    """
    seen: dict[str, int] = {}
    banks: dict[str, str] = {}

    def figure(match: re.Match) -> str:
        name, before, data = match["name"], match["before"], json.loads(match["data"])
        seen[name] = seen.get(name, 0) + 1
        own = name if seen[name] == 1 else f"{name}-{seen[name]}"
        bank = html.inert(data["bank"])
        if bank in banks:
            data["bank"] = banks[bank]
        else:
            banks[bank] = own
        return f'<figure class="dls" id="{own}">{before}{_DATA}{html.inert(data)}</script>'

    context["body"] = _FIGURE.sub(figure, context.get("body", ""))


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", _copy_assets)
    app.connect("html-page-context", _add_to_pages_with_explorers, priority=400)
    app.connect("html-page-context", _number_figures, priority=300)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
