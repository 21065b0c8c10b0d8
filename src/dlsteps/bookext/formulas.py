"""Sphinx's mathematics as MathML, set when the book is built, and the one font that it is drawn with.

No script sets a formula, so none moves the page. The font is in the style sheet itself: it is there when the
first formula is drawn, also in a page opened as a file.
"""

from __future__ import annotations

import base64
import functools
import io
from importlib.util import find_spec
from pathlib import Path

from docutils import nodes
from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from dlsteps.stage.mathematics import mathml

FAMILY = "STIX Two Math"
# What formulas are made of: ASCII, some marks, Greek and italic letters, the double-struck and script letters
# in use, arrows, operators, brackets and what they grow from. A test holds it to the pages.
# fmt: off
RANGES = (
    (0x20, 0x7E), (0xA8, 0xA8), (0xAF, 0xAF), (0xB1, 0xB1), (0xB7, 0xB7), (0xD7, 0xD7), (0x2C6, 0x2C7),
    (0x2D8, 0x2DC), (0x302, 0x304), (0x391, 0x3F6), (0x2016, 0x2016),
    (0x2026, 0x2026), (0x2032, 0x2033), (0x2061, 0x2061), (0x210E, 0x210E), (0x2112, 0x2112),
    (0x211D, 0x211D), (0x2190, 0x2194), (0x21A6, 0x21A6), (0x21D2, 0x21D4), (0x2200, 0x2209),
    (0x220F, 0x221E), (0x2223, 0x222B), (0x223C, 0x223C), (0x2248, 0x2248), (0x2260, 0x226B),
    (0x2282, 0x2287), (0x2295, 0x2299), (0x22A4, 0x22A5), (0x22C5, 0x22C5), (0x22EE, 0x22F1),
    (0x2308, 0x230B), (0x239B, 0x23B3), (0x23DE, 0x23DF), (0x27E8, 0x27E9), (0x1D434, 0x1D467),
    (0x1D53C, 0x1D53C), (0x1D4A9, 0x1D4A9), (0x1D6FC, 0x1D71B),
)
# fmt: on
STYLE = """@font-face {{
  font-family: "{family}"; font-display: block; src: url(data:font/woff2;base64,{font}) format("woff2");
}}
math {{ font-family: "{family}", math; font-size: 1.06em; }}
math[display="block"] {{ font-size: 1.12em; }}
mtd[style*="padding-right: 0"]:not(:first-child) {{ padding-left: 2em; }} /* as TeX parts aligned pairs */
"""


@functools.cache
def font() -> bytes:
    """The part of STIX Two Math that formulas use, as WOFF2, with the table that MathML is laid out by.

    Raises:
        RuntimeError: the package that brings the font is missing, with the command that installs it.
    """
    spec = find_spec("ziamath")
    if spec is None or not spec.origin:
        raise RuntimeError("the font of the formulas is missing: pip install ziamath==0.13")
    full = TTFont(Path(spec.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf", recalcTimestamp=False)
    options = subset.Options(layout_features=[], name_IDs=[1, 2], hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    cutter.subset(full)
    full.flavor = "woff2"
    stream = io.BytesIO()
    full.save(stream)
    return stream.getvalue()


def write_style(app: Sphinx) -> None:
    """Put the font and its rules among the site's files."""
    if app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    static.mkdir(parents=True, exist_ok=True)
    text = STYLE.format(family=FAMILY, font=base64.b64encode(font()).decode("ascii"))
    (static / "formulas.css").write_text(text, encoding="ascii")


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """A formula within a sentence."""
    translator.body.append(f'<span class="math">{mathml(node.astext(), display=False)}</span>')
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """A formula of its own, with its number where it has one."""
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    translator.body.append(f'<div class="set">{mathml(node.astext())}</div>')
    if node["number"]:
        number, name = get_node_equation_number(translator, node), node["ids"][0]
        translator.body.append(f'<a class="eqno" href="#{name}" title="Link to this equation">({number})</a>')
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict:
    """Make this the way in which the book sets its mathematics."""
    inline, block = (visit_inline, None), (visit_block, None)
    app.add_html_math_renderer("mathml", inline_renderers=inline, block_renderers=block)
    app.connect("builder-inited", write_style)
    app.add_css_file("formulas.css", priority=850)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
