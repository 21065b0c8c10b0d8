"""The Sphinx extension on a small project: script and style where an explorer is, and nowhere else."""

import json
import re
from pathlib import Path

import pytest
from trial import trial

import dlsteps.stage

application = pytest.importorskip("sphinx.application")
STAGE = Path(dlsteps.stage.__file__).parent
ADDRESSES = ("dlsteps-stage.js", "dlsteps-stage.css")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A built project of a front page, a page with an explorer and a page without."""
    root = tmp_path_factory.mktemp("project")
    source = root / "source"
    source.mkdir()
    second = trial()
    second.norm = "Group"
    figures = trial().html(), second.html()
    figure = "\n".join(f"   {line}" for html in figures for line in html.splitlines())
    pages = {
        "conf.py": "extensions = ['dlsteps.bookext.formulas', 'dlsteps.stage.sphinx_ext']\n"
        "html_theme = 'basic'\nhtml_math_renderer = 'mathml'\n",
        "index.rst": "Front\n=====\n\n.. toctree::\n\n   with\n   without\n",
        "with.rst": f"With\n====\n\n.. raw:: html\n\n{figure}\n",
        "without.rst": 'Without\n=======\n\nIt speaks of ``<figure class="dls">``, but has none. :math:`x`\n',
    }
    for name, text in pages.items():
        (source / name).write_text(text, "utf-8")
    app = application.Sphinx(
        source,
        source,
        root / "out",
        root / "doctrees",
        "html",
        status=None,
        warning=None,
        warningiserror=True,
    )
    app.build()
    assert app.statuscode == 0
    return root / "out"


def test_a_page_with_an_explorer_has_script_and_style_once(built):
    page = (built / "with.html").read_text("utf-8")
    assert '<figure class="dls" id="trial">' in page
    for address in ADDRESSES:
        assert (
            page.count(f"_static/{address}?v=") == 1
        )  # with a checksum, so that no browser keeps an old one


@pytest.mark.parametrize("name", ["index.html", "without.html", "search.html"])
def test_other_pages_have_neither(built, name):
    page = (built / name).read_text("utf-8")
    assert not any(address in page for address in ADDRESSES)


def test_the_files_are_the_stage_s_own(built):
    for name, source in zip(ADDRESSES, (STAGE / "js" / "dist" / "page.js", STAGE / "stage.css"), strict=True):
        assert (built / "_static" / name).read_bytes() == source.read_bytes()


def test_explorers_of_one_name_are_numbered_and_share_their_frames(built):
    page = (built / "with.html").read_text("utf-8")
    assert re.findall(r'<figure class="dls" id="([^"]*)">', page) == ["trial", "trial-2"]
    first, second = map(json.loads, re.findall(r'<script type="application/json">(.*?)</script>', page))
    assert first["bank"]["frames"]
    assert second["bank"] == "trial"
    assert (first["state"]["norm"], second["state"]["norm"]) == ("Batch", "Group")
