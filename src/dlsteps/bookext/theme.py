"""Repairs to the stock theme: nothing asked of other hosts, and names that a screen reader can use.

- ``static/`` holds the book's style sheet and a script of a few lines.
- ``templates/`` replaces some of the theme's templates; each says why.
- MathJax becomes files of the site, only the part of it that a page can ask for.
- Roles and names that docutils and myst-nb get wrong are corrected in the page's body.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.fileutil import copy_asset

HERE = Path(__file__).parent

# Of MathJax's 24 MB a page asks for one script, the fonts and now and then an extension (\cancel, \bbox).
# The accessibility folder is what its context menu turns on, with English speech only.
MATHJAX_PARTS = [
    "tex-chtml.js",
    "input/tex/extensions",
    "output/chtml/fonts",
    "a11y",
    "sre/mathmaps/base.json",
    "sre/mathmaps/en.json",
]


def mathjax_folder() -> Path:
    """Return the folder of the MathJax files that sphinx-mathjax-offline installs.

    Raises:
        RuntimeError: if the package is missing, with the command that installs it.
    """
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("MathJax's files are missing: pip install sphinx-mathjax-offline==0.0.2")
    return Path(spec.submodule_search_locations[0]) / "static" / "mathjax"


def add_files(app: Sphinx, exception: Exception | None) -> None:
    """Copy the used part of MathJax and the page for lost readers into the built site."""
    if exception is not None or app.builder.format != "html":
        return
    for part in MATHJAX_PARTS:
        source, target = mathjax_folder() / part, Path(app.outdir) / "_static" / "mathjax" / part
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_asset(str(source), str(target if source.is_dir() else target.parent))
    copy_asset(str(HERE / "404.html"), str(app.outdir))


def drop_unused(app: Sphinx, exception: Exception | None) -> None:
    """Remove FontAwesome's script, which no page loads, from the built site."""
    for script in (Path(app.outdir) / "_static" / "vendor").glob("fontawesome/*/js/*"):
        script.unlink()


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
    config.mathjax_path = "mathjax/tex-chtml.js"


def setup(app: Sphinx) -> dict:
    """Connect the repairs to the build."""
    # Jupyter Book sets this for sphinx-comments, which asks other hosts and is not loaded.
    app.add_config_value("comments_config", {}, "html")
    app.connect("config-inited", use_our_files, priority=900)
    app.connect("html-page-context", repair_body)
    app.connect("html-page-context", add_switch)
    app.connect("build-finished", add_files)
    app.connect("build-finished", drop_unused)
    app.add_css_file("book.css", priority=900)
    app.add_js_file("book.js", priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
