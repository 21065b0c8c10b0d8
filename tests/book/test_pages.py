"""The made pages, built by Sphinx: claims, glossary and API."""

import importlib
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import pytest

from dlsteps.bookext import api

CONF = """
extensions = ["myst_parser", "sphinxcontrib.bibtex", "dlsteps.bookext.claims_page",
              "dlsteps.bookext.glossary_page", "dlsteps.bookext.api"]
html_theme = "basic"
bibtex_bibfiles = ["book/references.bib"]
master_doc = "index"
myst_enable_extensions = ["dollarmath"]
"""
CHAPTER = "book/normalization/normalization.md"
PAGES = {
    "index.md": "# Home\n\n```{toctree}\n:glob:\n\nbook/*\nbook/normalization/*\n```\n",
    "book/claims.md": "# Claims\n\n```{claims-ledger}\n```\n",
    "book/glossary.md": "# Glossary\n\n```{book-glossary}\n```\n",
    "book/bibliography.md": "# Bibliography\n\n```{bibliography}\n```\n",
    "book/api.md": (
        "# API\n\n```{eval-rst}\n.. api-reference:: dlsteps.nn\n   :exclude: dlsteps.nn.checks\n```\n"
    ),
    CHAPTER: (
        "# A stack of books\n\n{term}`axis`, {term}`轴`, {py:func}`dlsteps.nn.normalization.batch_norm`.\n\n"
        '```{raw} html\n<div class="claim-card" id="claim-N01" data-verdict="holds when">N01</div>\n```\n\n'
        "```{page-claims}\n```\n"
    ),
    "book/claims.yml": """
- {id: N01, statement: "BN: a < b.", notes: [B, D], verdict: holds when, truth: "In *training*.",
   chapter: normalization/normalization, sources: [ioffe2015batch]}
- {id: N02, statement: "Two.", notes: [E], verdict: holds, truth: "2.", chapter: normalization/normalization}
- {id: A01, statement: "Three.", notes: [A], verdict: open}
""",
    "book/glossary.yml": """
- {term: axis, chinese: 轴, definition: "One direction, of `x.shape`.", chapter: normalization/normalization}
""",
    "book/references.bib": """
@misc{ioffe2015batch, author = {Ioffe, Sergey and Szegedy, Christian}, title = {Batch}, year = {2015}}
""",
}


def build(root: Path, **changed: str) -> SimpleNamespace:
    """Build the pages strictly; return the exit status, the warnings and the HTML of each page."""
    for name, text in {"conf.py": CONF, **PAGES, **changed}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-n",
        "-W",
        "--keep-going",
        "-b",
        "html",
        root,
        root / "out",
    ]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    html = {
        path.relative_to(root / "out").with_suffix("").as_posix(): path.read_text(encoding="utf-8")
        for path in (root / "out").rglob("*.html")
    }
    return SimpleNamespace(status=run.returncode, warnings=run.stderr, html=html)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return build(tmp_path_factory.mktemp("book"))


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def card(built, id: str) -> str:
    start = built.html["book/claims"].index(f'id="{id}"')
    return built.html["book/claims"][start:].split("</li>")[0]


def test_the_strict_build_has_no_warning(built):
    assert (built.status, built.warnings) == (0, "")


def test_counts_are_computed(built):
    table = re.search(r"<table[^>]*claim-counts.*?</table>", built.html["book/claims"], re.DOTALL)[0]
    rows = [text_of(row) for row in table.split("</tr>")[1:]]
    assert [(row.split()[0], row.split()[-1]) for row in rows if row] == [
        ("holds", "1"),
        ("holds", "1"),
        ("corrected", "0"),
        ("dated", "0"),
        ("open", "1"),
        ("all", "3"),
    ]


def test_parts_are_sections_in_the_contents(built):
    page = built.html["book/claims"]
    assert re.findall(r'<section id="(claims-[\w-]+)"', page) == [
        "claims-normalization",
        "claims-activations",
    ]
    assert "2 of 2 settled." in page
    assert "Open: its chapter is not written yet." in page


def test_a_card_says_all_that_the_ledger_says(built):
    text = text_of(card(built, "N01"))
    for part in ("N01 holds when", "The notes say: BN: a < b.", "What is true: In *training*."):
        assert part in text
    assert "Said in: Batch normalization (B); Q & A: a stack of books (D)" in text
    assert "Ioffe and Szegedy" in text


def test_a_card_links_to_the_line_that_settles_it(built):
    assert 'href="normalization/normalization.html#claim-N01"' in card(built, "N01")
    assert "Tested in: A stack of books" in text_of(card(built, "N01"))


def test_a_chapter_lists_the_claims_that_it_settles(built):
    page = built.html["book/normalization/normalization"]
    chips = re.search(r'<ul class="claim-chips.*?</ul>', page, re.DOTALL)[0]
    assert re.findall(r'href="(#[^"]+)"', chips) == ["#claim-N01", "#claim-N02"]
    assert text_of(chips) == "N01 holds when N02 holds"


def test_an_open_card_has_no_truth_and_no_link(built):
    assert text_of(card(built, "A01")).endswith("Said in: Deep learning (A)")
    assert "href" not in card(built, "A01")


def test_each_verdict_has_a_class_of_its_own(built):
    assert 'class="claim verdict-holds-when"' in built.html["book/claims"]
    assert 'class="verdict verdict-open"' in card(built, "A01")


def test_style_sheets_come_only_where_they_are_needed(built):
    with_style = {name for name, html in built.html.items() if "claims.css" in html}
    assert with_style == {"book/claims", "book/normalization/normalization"}
    assert {name for name, html in built.html.items() if "api.css" in html} == {"book/api"}


def test_both_names_of_a_term_lead_to_the_glossary(built):
    chapter = built.html["book/normalization/normalization"]
    assert len(re.findall(r'href="\.\./glossary\.html#term-[^"]+"', chapter)) == 2
    assert 'href="normalization/normalization.html"' in built.html["book/glossary"]


@pytest.mark.parametrize(
    ("page", "old", "new", "warning"),
    [
        (
            "book/claims.yml",
            "chapter: normalization/normalization}",
            "chapter: elsewhere}",
            "N02 is settled in",
        ),
        ("book/claims.yml", "ioffe2015batch", "nobody2015", "nobody2015"),
        ("book/claims.yml", "verdict: open", "verdict: maybe", "A01 has verdict 'maybe'"),
        ("book/glossary.yml", "chinese", "japanese", "exactly the fields"),
    ],
)
def test_a_fault_fails_the_strict_build(tmp_path, page, old, new, warning):
    changed = PAGES[page].replace(old, new)
    assert changed != PAGES[page]
    # Without the code's pages and what refers to them: they take seconds, and have no part in this.
    chapter = PAGES[CHAPTER].replace(", {py:func}`dlsteps.nn.normalization.batch_norm`", "")
    failed = build(tmp_path, **{CHAPTER: chapter, "book/api.md": "# API\n", page: changed})
    assert failed.status != 0
    assert warning in failed.warnings


def test_the_api_page_finds_what_the_package_exports(built):
    page = built.html["book/api"]
    assert 'id="dlsteps.nn.normalization.batch_norm"' in page
    assert 'id="dlsteps.nn.normalization.batch.batch_norm"' not in page
    assert "check_channels" not in re.sub(r"<title>.*?</title>", "", page)


def test_the_api_page_reads_markdown(built):
    page = built.html["book/api"]
    assert 'class="math notranslate nohighlight">\\(\\gamma\\)' in page
    assert "<td><p>token</p></td>" in page
    assert "$" not in text_of(page)


def test_own_names_come_from_all_or_from_the_file():
    from dlsteps.nn import normalization
    from dlsteps.nn.normalization import layer

    assert "batch_norm" in api.own_names(normalization)
    assert "KINDS" not in api.own_names(normalization)
    assert api.own_names(layer) == ["layer_norm", "token_norm", "LayerNorm"]


def test_members_of_other_packages_are_left_out():
    """matplotlib writes a `set` of its own into each subclass of its artists, in markup of its own."""
    from dlsteps.show import plots

    classes = [value for value in vars(plots).values() if isinstance(value, type)]
    ours = [value for value in classes if value.__module__ == plots.__name__]
    assert ours
    for value in ours:
        for name, member in vars(value).items():
            foreign = getattr(member, "__module__", plots.__name__) != plots.__name__
            assert bool(api.skip_foreign(None, "class", name, member, False, None)) == foreign, name
    assert any("set" in vars(value) for value in ours)


def test_to_rst_turns_dollars_and_tables():
    lines = [
        "Mean $\\mu$ and $a",
        "b$.",
        "",
        "  | k | n |",
        "  | --- | --- |",
        "  | x | 1 |",
        "",
        ":param C: C.",
    ]
    assert api.to_rst(lines) == [
        "Mean :math:`\\mu` and :math:`a b`.",
        "",
        "  .. list-table::",
        "     :header-rows: 1",
        "",
        "     * - k",
        "       - n",
        "     * - x",
        "       - 1",
        "",
        "",
        ":param C: \\C.",
    ]


def test_to_rst_keeps_bars():
    assert api.to_rst(["|a| of `|b|` and $|c|$"]) == [r"\|a\| of `|b|` and :math:`|c|`"]


ROOT = Path(__file__).parents[2]
PRACTICE = sorted((ROOT / "src" / "dlsteps" / "chapters").glob("*/practice.py"))


@pytest.mark.parametrize("path", PRACTICE, ids=lambda path: path.parent.name)
def test_the_book_has_the_sections_that_mistakes_name(path):
    """A known mistake names a heading of a page, as soon as its chapter has one; there the card links to."""
    chapter = path.parent.name
    names = {chapter, chapter.replace("_", "-")}  # an address has hyphens, a Python package cannot
    written = any(twin.stem in names for twin in (ROOT / "book").glob("*/*.md"))
    for exercise in importlib.import_module(f"dlsteps.chapters.{chapter}.practice").EXERCISES:
        for mistake in exercise.mistakes:
            told = f"{mistake.name!r} of {exercise.name} in {chapter}/practice.py"
            assert bool(mistake.section) == written, f"{told}: name a section of the page {chapter}"
            page, _, slug = mistake.section.partition("#")
            for twin in (ROOT / "book").glob(f"*/{page}.md") if page else ():
                headings = re.findall(r"^#+ (.+)$", twin.read_text(encoding="utf-8"), re.MULTILINE)
                slugs = [re.sub(r"[^\w-]", "", text.lower().replace(" ", "-")) for text in headings]
                assert slug in slugs, f"{told} names {slug!r}, which {twin.name} has not; try one of {slugs}"
