"""What a page makes its reader load, cut to what it uses, once the pages are written.

- Style sheets become one, without the rules that no page can use.
- Scripts wait until the page is drawn; those of a line or two stand in the page.
- Pictures say how large they are, come when they are near, and weigh a tenth.
"""

from __future__ import annotations

import functools
import hashlib
import html
import io
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

import tinycss2
from PIL import Image
from sphinx.application import Sphinx

SHEET = re.compile(r'\s*<link\b[^>]*?\bhref="(?P<href>[^":]+\.css)[^"]*"[^>]*>')
SCRIPT = re.compile(
    r'<script(?P<more>[^>]*?) src="(?P<src>[^":?]+)(?P<query>[^"]*)"(?P<rest>[^>]*)></script>'
)
PICTURE = re.compile(r'<img\b[^>]*?\bsrc="(?P<src>[^":]+\.png)"[^>]*>')
OURS = (
    "dlsteps-stage",
    "book",
    "claims",
    "api",
    "icons",
)  # small, and with classes that scripts put together
ALONE = "formulas"  # the font: the same for all pages, so kept once by the browser
INLINE = 500  # bytes: a script as short as this costs less in the page than a request
ABOVE = 1  # pictures of a page that are drawn at once; the others come when they are near
LOSSY = 60_000  # bytes: beyond, a picture is a photograph


def lighten(app: Sphinx, exception: Exception | None) -> None:
    """Go through the pages that were written."""
    if exception is not None or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = {path: path.read_text("utf-8") for path in out.rglob("*.html") if "_static" not in path.parts}
    scripts = [script.read_text("utf-8") for script in out.rglob("*.js") if script.name != "searchindex.js"]
    used = frozenset(named(pages.values()) | words(scripts))
    for path, text in pages.items():
        lighter = one_sheet(path, text, out, used)
        lighter = deferred(path, lighter)
        lighter = pictures(path, lighter)
        pages[path] = lighter
        if lighter != text:
            path.write_text(lighter, "utf-8")
    linked = "".join(pages.values())
    for sheet in (out / "_static").glob("style-*.css"):
        if sheet.name not in linked:
            sheet.unlink()  # an earlier build's


def named(pages: Iterable[str]) -> set[str]:
    """The classes and ids that pages have, and every word of the scripts in them."""
    found = re.findall(r'\b(?:class|id)="([^"]*)"', text := "\n".join(pages))
    return set(" ".join(found).split()) | words(re.findall(r"<script>(.*?)</script>", text, re.DOTALL))


def words(texts: Iterable[str]) -> set[str]:
    """Every word that could name a class or an id."""
    return {word for text in texts for word in re.findall(r"[A-Za-z_][\w-]*", text)}


def one_sheet(path: Path, text: str, out: Path, used: frozenset[str]) -> str:
    """The page with one style sheet in place of its many, in their order."""
    links = [link for link in SHEET.finditer(text) if Path(link["href"]).stem != ALONE]
    sheets = [(path.parent / unquote(link["href"])).resolve() for link in links]
    if len(links) < 2:
        return text  # done in an earlier build
    css = "".join(
        sheet.read_text("utf-8") if sheet.stem in OURS else _purged(sheet, used) for sheet in sheets
    )
    target = out / "_static" / f"style-{hashlib.sha256(css.encode()).hexdigest()[:12]}.css"
    target.write_text(css, "utf-8")
    up = "../" * len(path.relative_to(out).parent.parts)
    first, *others = links
    for link in reversed(others):
        text = text[: link.start()] + text[link.end() :]
    link = f'\n    <link rel="stylesheet" href="{up}_static/{target.name}" />'
    return text[: first.start()] + link + text[first.end() :]


@functools.cache
def _purged(sheet: Path, used: frozenset[str]) -> str:
    rules = tinycss2.parse_stylesheet(sheet.read_text("utf-8"), skip_comments=True, skip_whitespace=True)
    return "".join(_imported(rule, sheet, used) or _kept(rule, used) for rule in rules)


def _imported(rule, sheet: Path, used: frozenset[str]) -> str:
    """The sheet that a rule imports from beside its own; empty if it imports none."""
    if rule.type != "at-rule" or rule.lower_at_keyword != "import":
        return ""
    name = next(token.value for token in rule.prelude if token.type in ("string", "url"))
    return "" if ":" in name else _purged((sheet.parent / name).resolve(), used)


def _kept(rule, used: frozenset[str]) -> str:
    """A rule as text, with the selectors and inner rules that some page can use; empty if there are none."""
    if rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "container", "layer"):
        inner = tinycss2.parse_rule_list(rule.content or [], skip_comments=True, skip_whitespace=True)
        body = "".join(_kept(part, used) for part in inner)
        return f"@{rule.at_keyword} {_text(rule.prelude)}{{{body}}}" if body else ""
    if rule.type != "qualified-rule":
        return rule.serialize() if rule.type == "at-rule" and rule.lower_at_keyword != "charset" else ""
    selectors = [part for part in _parts(rule.prelude) if _names(part) <= used]
    return f"{','.join(map(_text, selectors))}{{{_text(rule.content)}}}" if selectors else ""


def _parts(prelude: list) -> list[list]:
    """The selectors of a list, divided at its commas."""
    parts: list[list] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _names(selector: list) -> set[str]:
    """The classes and ids that a selector needs; what stands in brackets or after a colon needs nothing."""
    names: set[str] = set()
    before = ""
    for token in selector:
        if token.type == "hash" or (token.type == "ident" and before == "."):
            names.add(token.value)
        before = token.value if token.type == "literal" else ""
    return names


def _text(tokens: list) -> str:
    return re.sub(r"\s+", " ", tinycss2.serialize(tokens)).strip()


def deferred(path: Path, text: str) -> str:
    """The page with its scripts put off until it is drawn, and the short ones written into it."""

    def put_off(match: re.Match) -> str:
        more = match["more"] + match["rest"]
        source = (path.parent / unquote(match["src"])).resolve()
        if not source.is_file() or re.search(r"\b(defer|async|type)\b", more):
            return match[0]
        if source.stat().st_size < INLINE:
            return f"<script>{source.read_text('utf-8').strip()}</script>"
        return f'<script{match["more"]} src="{match["src"]}{match["query"]}"{match["rest"]} defer></script>'

    return SCRIPT.sub(put_off, text)


def pictures(path: Path, text: str) -> str:
    """The page with its pictures as WebP, each with its size."""
    count = 0

    def lighter(match: re.Match) -> str:
        nonlocal count
        source = (path.parent / unquote(html.unescape(match["src"]))).resolve()
        if not source.is_file():
            return match[0]
        count += 1
        size = _as_webp(source)
        tag = match[0].replace(match["src"], match["src"][: -len("png")] + "webp")
        late = "" if count <= ABOVE else ' loading="lazy"'
        sizes = "" if "width=" in tag else ' width="{}" height="{}"'.format(*size)
        return tag.replace("<img", f'<img decoding="async"{late}{sizes}', 1)

    return PICTURE.sub(lighter, text)


@functools.cache
def _as_webp(source: Path) -> tuple[int, int]:
    """Write a picture beside itself as WebP, and return its width and height in pixels."""
    with Image.open(source) as picture:
        packed = io.BytesIO()
        picture.save(packed, "WEBP", lossless=True, quality=80, method=6)
        if packed.tell() > LOSSY:
            packed = io.BytesIO()
            picture.save(packed, "WEBP", quality=82, method=6)
        source.with_suffix(".webp").write_bytes(packed.getvalue())
        return picture.size


def setup(app: Sphinx) -> dict:
    """Run last of all."""
    app.connect("build-finished", lighten, priority=1000)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
