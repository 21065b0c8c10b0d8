"""Repairs to the stock theme: nothing asked of other hosts, and names that a screen reader can use.

- ``static/`` holds the book's style sheet and a script of a few lines.
- ``templates/`` replaces some of the theme's templates; each says why.
- Roles and names that docutils and myst-nb get wrong are corrected in the page's body.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.fileutil import copy_asset

from dlsteps.bookext import icons

HERE = Path(__file__).parent


def add_icons(app: Sphinx) -> None:
    """Put the icons' rules among the site's files."""
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    (static / "icons.css").write_text(icons.style(), encoding="ascii")


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Put the page for lost readers among the site's; take out what the theme has and no page needs."""
    if exception is not None or app.builder.format != "html":
        return
    copy_asset(str(HERE / "404.html"), str(app.outdir))
    static = Path(app.outdir) / "_static"
    shutil.rmtree(static / "vendor" / "fontawesome", ignore_errors=True)
    script = static / "scripts" / "pydata-sphinx-theme.js"
    source = script.read_text("utf-8")
    if MEASURES not in source and LEFT_OUT not in source:
        raise ExtensionError(f"{script.name} measures boxes of code in another way; see MEASURES")
    script.write_text(source.replace(MEASURES, LEFT_OUT), "utf-8")


# The theme measures every box of code when a page is loaded and after each step of an explorer, which lays
# the whole page out; book.js asks a box once it is laid out.
MEASURES = '"complete"===document.readyState?T():window.addEventListener("load",T)'
LEFT_OUT = "void 0/* book.js measures boxes */"


# The role is deprecated and no list item, so the list counts as empty; the name hides what the summary says.
REPAIRS = {'role="doc-biblioentry"': 'role="listitem"', ' aria-label="Toggle hidden content"': ""}


def repair_body(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Correct the roles and names that docutils (bibliography) and myst-nb (folded cells) write."""
    for wrong, right in REPAIRS.items():
        context["body"] = context.get("body", "").replace(wrong, right)


SWITCH = '<button type="button" class="all-code" aria-pressed="false">Show all code</button>'


def add_switch(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the switch for folded code below the title of a page that folds some; book.js lets it work."""
    body = context.get("body", "")
    if "tag_machinery" in body:
        context["body"] = body.replace("</h1>", f"</h1>\n{SWITCH}", 1)


def use_our_files(app: Sphinx, config) -> None:
    """Put our templates before the theme's, and our files among the site's."""
    config.templates_path.insert(0, str(HERE / "templates"))
    config.html_static_path.append(str(HERE / "static"))


def setup(app: Sphinx) -> dict:
    """Connect the repairs to the build."""
    # Jupyter Book sets this for sphinx-comments, which asks other hosts and is not loaded.
    app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", use_our_files, priority=900)
    app.connect("html-page-context", repair_body)
    app.connect("html-page-context", add_switch)
    app.connect("builder-inited", add_icons)
    app.connect("build-finished", finish)
    app.add_css_file("icons.css", priority=800)
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
