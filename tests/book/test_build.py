"""The build's own honesty: what is wrong with a book must fail its build."""

from __future__ import annotations

import shutil
from pathlib import Path

import build_book
import pytest
import stamps


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A book of two pages with this book's configuration."""
    source = tmp_path / "source"
    (source / "book" / "assets").mkdir(parents=True)
    shutil.copy(stamps.ROOT / "_config.yml", source)
    for drawing in ("logo.svg", "favicon.svg"):
        shutil.copy(stamps.ROOT / "book" / "assets" / drawing, source / "book" / "assets")
    (source / "book" / "references.bib").write_text("")
    (source / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/next\n")
    (source / "book" / "index.md").write_text("# Front\n\nSee [](next.md).\n")
    (source / "book" / "next.md").write_text("# Next\n\n$x^2$\n")
    return source


def test_a_sound_book_builds(tiny: Path, tmp_path: Path):
    html = build_book.build(tmp_path / "out", strict=True, everything=True, source=tiny)
    assert (html / "book" / "next.html").exists()


def test_pages_of_an_earlier_theme_do_not_stay(tiny: Path, tmp_path: Path):
    old = tmp_path / "out" / "_build" / "html" / "_modules" / "old.html"
    old.parent.mkdir(parents=True)
    old.write_text('<link rel="stylesheet" href="../_static/gone.css"/><link href="../_static/gone2.css"/>')
    build_book.build(tmp_path / "out", strict=False, everything=True, source=tiny)
    assert not old.exists()


def test_every_fault_fails_the_build_and_is_named(tiny: Path, tmp_path: Path):
    faults = {
        "[](nowhere.md)": "nowhere.md",
        "{eq}`no-such-equation`": "no-such-equation",
        "{cite}`nobody1999`": "nobody1999",
        "![](missing.png)": "missing.png",
        "```{nonsense}\n```": "nonsense",
    }
    with (tiny / "book" / "next.md").open("a") as page:
        page.write("\n" + "\n\n".join(faults) + "\n")
    with pytest.raises(build_book.BuildError) as failure:
        build_book.build(tmp_path / "out", strict=True, everything=True, source=tiny)
    unnamed = [fault for fault in faults.values() if fault not in str(failure.value)]
    assert unnamed == []


def test_a_missing_page_fails_the_build(tiny: Path, tmp_path: Path):
    (tiny / "book" / "next.md").unlink()
    (tiny / "book" / "index.md").write_text("# Front\n")
    with pytest.raises(build_book.BuildError, match=r"missing page: book/next\.html"):
        build_book.build(tmp_path / "out", strict=False, everything=True, source=tiny)


def test_pages_follow_the_table_of_contents(tmp_path: Path):
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/index\nparts:\n- caption: A\n  chapters:\n"
        "  - file: book/a.ipynb\n    sections:\n    - file: book/b\n  - url: https://example.org\n"
    )
    assert build_book.pages(tmp_path) == ["book/index.html", "book/a.html", "book/b.html"]
