"""The built pages as files: complete, and asking nothing of other hosts."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import build_book
import pytest
from bs4 import BeautifulSoup
from fontTools.ttLib import TTFont

from dlsteps.bookext.formulas import font

pytestmark = pytest.mark.site

# What a browser fetches by itself, as against a link that a reader may follow.
FETCHED = {
    "script": ["src"],
    "link": ["href"],
    "img": ["src", "srcset"],
    "source": ["src", "srcset"],
    "iframe": ["src"],
    "video": ["src", "poster"],
    "audio": ["src"],
    "object": ["data"],
    "embed": ["src"],
}
# link elements that only describe the page
DESCRIPTIONS = {"canonical", "next", "prev", "search", "index", "genindex", "author", "license", "alternate"}


@pytest.fixture(scope="session")
def html(site: Path) -> dict[Path, BeautifulSoup]:
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in sorted(site.rglob("*.html"))
        if "_static" not in path.relative_to(site).parts
    }


def fetched(page: BeautifulSoup) -> list[str]:
    """Return the addresses that a browser fetches to show a page."""
    return [
        tag[attribute]
        for name, attributes in FETCHED.items()
        for tag in page.find_all(name)
        if not (name == "link" and DESCRIPTIONS.intersection(tag.get("rel", [])))
        for attribute in attributes
        if tag.get(attribute)
    ]


def test_every_page_of_the_contents_is_built(site: Path):
    assert [
        page
        for page in [*build_book.pages(), "404.html", "index.html", "search.html", "genindex.html"]
        if not (site / page).exists()
    ] == []


def test_no_page_fetches_from_another_host(html: dict[Path, BeautifulSoup]):
    elsewhere = [
        (path.name, address)
        for path, page in html.items()
        for address in fetched(page)
        if re.match(r"(?i)([a-z]+:)?//", address)
    ]
    assert elsewhere == []


def test_no_style_sheet_fetches_from_another_host(site: Path):
    for sheet in site.rglob("*.css"):
        text = sheet.read_text(encoding="utf-8")
        assert not re.search(r"""(url\(\s*|@import\s+)["']?(https?:)?//""", text), sheet


def test_every_file_a_page_fetches_is_there(html: dict[Path, BeautifulSoup]):
    missing = []
    for path, page in html.items():
        for address in fetched(page):
            parts = urlsplit(address)
            if parts.scheme == "data":
                continue
            if not (path.parent / unquote(parts.path)).exists():
                missing.append((path.name, address))
    assert missing == []


def test_every_file_a_style_sheet_of_a_page_fetches_is_there(html: dict[Path, BeautifulSoup]):
    links = {
        (path.parent / urlsplit(link["href"]).path).resolve()
        for path, page in html.items()
        for link in page.select('link[rel~="stylesheet"]')
    }
    missing = [
        (sheet.name, address)
        for sheet in links
        for address in re.findall(r"""(?:url\(\s*|@import\s+)["']?([^"')]+)""", sheet.read_text("utf-8"))
        if not address.startswith(("data:", "%23", "#")) and not (sheet.parent / address).exists()
    ]
    assert links
    assert missing == []


def test_every_link_inside_the_book_arrives(html: dict[Path, BeautifulSoup]):
    lost = []
    ids = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in html.items()}
    for path, page in html.items():
        for link in page.select("article a[href], .bd-sidebar-primary a[href]"):
            parts = urlsplit(link["href"])
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            # A source page links back from every object, also from those that the reference leaves out.
            anchor = "" if "_modules" in path.parts else unquote(parts.fragment)
            known = target not in html or not anchor or anchor in ids[target]
            if not target.exists() or not (known or arrives(html[target], parts.fragment)):
                lost.append((path.name, link["href"]))
    assert lost == []


def arrives(page: BeautifulSoup, anchor: str) -> bool:
    """Whether a page has the frame "name:control=value" of the explorer of that name."""
    name, _, settings = anchor.partition(":")
    figure = page.find("figure", id=name, class_="dls")
    if figure is None:
        return False
    controls = {c["name"]: c["values"] for c in json.loads(figure.script.string)["controls"]}
    for control, value in parse_qsl(settings, strict_parsing=True):
        known = any(_names(value, v) for v in controls.get(control, []))
        if not known and not (control == "at" and value.isdigit()):
            return False
    return True


def _names(text: str, value: object) -> bool:
    """Whether a text in an address names a control's value; 1.0 and 1 are one number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return re.fullmatch(r"-?\d+(\.\d+)?", text) is not None and float(text) == value
    return json.dumps(value, ensure_ascii=False).strip('"') == text


def test_a_link_to_a_frame_names_its_controls():
    controls = [{"name": "norm", "values": ["Batch", "Layer"]}, {"name": "poke", "values": [False, True]}]
    spec = json.dumps({"controls": controls})
    page = BeautifulSoup(f'<figure class="dls" id="x"><script>{spec}</script></figure>', "html.parser")
    assert arrives(page, "x:norm=Layer&poke=true&at=2")
    assert not arrives(page, "y:norm=Layer")
    assert not arrives(page, "x:norm=Group")
    assert not arrives(page, "x:form=Layer")


def test_no_module_loader_and_no_widget_manager(html: dict[Path, BeautifulSoup]):
    for path, page in html.items():
        scripts = " ".join(tag.get("src", "") for tag in page.find_all("script"))
        for unwanted in ("require", "html-manager", "embed-amd", "thebe", "fontawesome"):
            assert unwanted not in scripts, f"{path.name} loads {unwanted}"


def test_every_formula_is_set_and_its_letters_are_in_the_font(site: Path, html: dict[Path, BeautifulSoup]):
    drawn = set(TTFont(io.BytesIO(font())).getBestCmap())
    missing, count = {}, 0
    for path, page in html.items():
        if "_modules" not in path.parts:  # source is shown as it is written
            assert not re.search(r"\\\(|\\\[|\\begin\{", page.get_text()), f"{path.name} shows TeX"
        for kind, text in re.findall(r"<m([ino])\b[^>]*>([^<]+)<", path.read_text("utf-8")):
            count += 1
            letters = unescape(text)
            codes = {italic(letters)} if kind == "i" else set(map(ord, letters))
            missing.update({chr(code): path.name for code in codes - drawn})
    assert count > 1000
    assert missing == {}
    assert "font/woff2" in (site / "_static" / "formulas.css").read_text("ascii")


def italic(name: str) -> int:
    """The code of the letter that a browser draws for a name of one letter, which MathML sets in italics."""
    if name == "h":
        return 0x210E  # the italic h was there before the others
    for first, last, start in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E), ("α", "ω", 0x1D6FC)):
        if len(name) == 1 and first <= name <= last:
            return start + ord(name) - ord(first)
    return ord(name[0])


def test_a_font_is_never_preloaded_across_origins(html: dict[Path, BeautifulSoup]):
    # A page opened as a file may not: Chromium reports an error for each.
    for path, page in html.items():
        assert page.select("[crossorigin]") == [], path.name


def test_a_page_teaches_without_its_scripts(html: dict[Path, BeautifulSoup]):
    for path, page in html.items():
        if path.name in ("index.html", "search.html") and not page.find("article"):
            continue  # a redirect
        assert page.find("h1"), path.name
        assert page.find("main"), path.name
        assert page.html.get("lang") == "en", path.name
