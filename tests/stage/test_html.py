"""The figure and the page: readable without JavaScript, safe with any text, self-contained."""

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from explorers import EXPLORERS, explorer_called
from markup import read_html
from trial import CONTROLS, NASTY, trial

from dlsteps.stage import Axes, Bars, Curves, Explorer, Frame, Image, Line, Matrix, Shelf, Steps
from dlsteps.stage.controls import states
from dlsteps.stage.mathematics import mathml


def data_of(figure):
    (script,) = figure.all("script")
    return json.loads(script.text)


def shows(*panels):
    """The figure of an explorer with one frame."""
    explorer = Explorer(
        "one", "One", lambda step: Frame(panels=panels, caption="c"), [Steps("step", "s", ("a",))]
    )
    return read_html(explorer.html())


def table(*panels):
    """The cells of its table, row by row."""
    rows = shows(*panels).all("tr")
    return [[cell.text for cell in row.every() if cell.tag in ("th", "td")] for row in rows]


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_figure_is_one_element_with_title_words_tables_and_frames(name):
    explorer = explorer_called(name)
    (figure,) = read_html(explorer.html()).children
    assert figure.tag == "figure"
    assert figure.attrs == {"class": "dls", "id": explorer.name}
    assert figure.all("figcaption")[0].text == explorer.title
    data = data_of(figure)
    assert data == {**explorer.spec(), "state": explorer.state, "bank": explorer.bank()}


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_beat_is_told_without_javascript(name):
    explorer = explorer_called(name)
    steps = next(c for c in explorer.controls if isinstance(c, Steps))
    told = read_html(explorer.html()).all("li")
    assert len(told) == len(steps.values)
    for item, value in zip(told, steps.values, strict=True):
        frame = explorer.frame(**{steps.name: value})
        caption, formula = frame.text()
        assert item.text.startswith(f"{frame.lead} {caption}".strip())
        assert bool(item.all("math")) == bool(formula)


@pytest.mark.parametrize("name", EXPLORERS)
def test_tables_carry_the_numbers_of_the_first_frame(name):
    explorer = explorer_called(name)
    figure = read_html(explorer.html())
    shown = "\n".join(cell.text for cell in figure.all("td"))
    steps = next(c for c in explorer.controls if isinstance(c, Steps))
    for panel in explorer.frame(**{steps.name: steps.values[0]}).panels:
        if hasattr(panel, "nodes"):
            assert {node.label for node in panel.nodes if node.state not in ("next", "hidden")} <= {
                cell.text for cell in figure.all("th")
            }
        elif hasattr(panel, "digits"):  # a picture has a sentence in place of its pixels
            assert sorted(set(panel.texts().ravel()) - set(shown.split())) == []


def test_a_shelf_is_a_table_of_pages_with_their_lines():
    x = np.arange(12.0).reshape(2, 3, 2, 1) - 1
    assert table(Shelf(title="x", values=x, digits=0)) == [
        ["", "book 0", "book 1"],
        ["page 0", "−1\n0", "5\n6"],
        ["page 1", "1\n2", "7\n8"],
        ["page 2", "3\n4", "9\n10"],
    ]


def test_each_panel_has_its_table():
    values = [[1.0, -2.5], [float("nan"), float("inf")]]
    assert table(Matrix(values=values, rows=["r", "s"], digits=1)) == [
        ["", "0", "1"],
        ["r", "1.0", "−2.5"],
        ["s", "NaN", "∞"],
    ]
    assert table(Bars(values=values, labels=["a", "b"], series=["p", "q"], digits=1)) == [
        ["", "a", "b"],
        ["p", "1.0", "−2.5"],
        ["q", "NaN", "∞"],
    ]
    assert table(Curves(lines=[Line("loss", [0, 1, 2], [3, 2, 0.5])])) == [
        ["line", "from", "to"],
        ["loss", "3.000", "0.500"],
    ]
    assert table(Axes(axes=[("N", "books", 3, "averaged"), ("C", "page", 1, "")])) == [
        ["axis", "size", ""],
        ["N (books)", "3", "averaged"],
        ["C (page)", "1", "kept"],
    ]
    (image,) = shows(Image(title="digit", values=np.zeros((2, 3, 1)))).all("p")
    assert image.text == "digit: an image of 2 × 3 pixels."


def test_rows_and_columns_are_headed():
    figure = shows(Matrix(title="m", values=[[1.0]], rows=["r"], columns=["c"]))
    assert [(th.attrs["scope"], th.text) for th in figure.all("th")] == [
        ("col", "c"),
        ("row", "r"),
    ]
    assert figure.all("caption")[0].text == "m"


def test_markup_in_any_text_is_shown_as_text():
    (figure,) = read_html(trial().html()).children
    assert len(figure.all("script")) == 1
    assert not figure.all("b")
    assert NASTY in figure.all("figcaption")[0].text
    assert all(NASTY in item.text for item in figure.all("li"))
    assert [th.text for th in figure.all("th")].count(NASTY) == 6
    assert data_of(figure)["title"].endswith(NASTY)
    assert data_of(figure)["controls"][0]["labels"][1].endswith(NASTY)


def test_a_figure_starts_where_its_words_are():
    explorer = trial()
    explorer.norm, explorer.groups = "Group", 4
    (figure,) = read_html(explorer.html()).children
    assert data_of(figure)["state"] == {"norm": "Group", "groups": 4, "poke": False, "step": "numbers"}
    assert "of Group" in figure.all("li")[0].text


@pytest.mark.parametrize("name", EXPLORERS)
def test_every_formula_of_every_frame_is_well_formed_mathml(name):
    explorer = explorer_called(name)
    for state in states(explorer.controls):
        frame = explorer.frame(**state)
        for key in range(len(frame.select.labels) if frame.select else 1):
            formula = frame.text(key)[1]
            assert "«" not in formula
            if formula:
                root = ET.fromstring(mathml(formula))
                assert root.tag == "math"
                assert root.get("display") == "block"
                assert not re.search(r"\\[a-zA-Z]", "".join(root.itertext())), formula
    assert mathml("") == ""


def outside(root):
    """Every address in a document that is not inside it."""
    found = [
        (e.tag, n, v)
        for e in root.every()
        for n, v in e.attrs.items()
        if n in ("src", "href", "srcset", "data", "action")
    ]
    style = " ".join(e.text for e in root.all("style"))
    return found + re.findall(r"@import[^;]*|url\((?!['\"]?(?:data:|#))[^)]*\)", style)


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_a_saved_page_is_one_file_that_asks_for_nothing(name, theme, tmp_path):
    explorer = explorer_called(name)
    path = explorer.save(tmp_path / "page.html", theme=theme)
    text = path.read_text("utf-8")
    root = read_html(text)
    assert outside(root) == []
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    assert root.all("html")[0].attrs.get("data-theme") == (None if theme == "auto" else theme)
    assert root.all("title")[0].text == explorer.title
    assert len(root.all("figure")) == 1
    kinds = [s.attrs.get("type", "script") for s in root.all("script")]
    assert kinds == ["application/json", "script"]


def test_a_saved_page_has_every_formula_that_a_step_can_show(tmp_path):
    explorer = explorer_called("normalization")
    root = read_html(explorer.save(tmp_path / "page.html").read_text("utf-8"))
    math = data_of(root.all("figure")[0])["bank"]["math"]
    wanted = set()
    for state in states(explorer.controls):
        frame = explorer.frame(**state)
        wanted |= {frame.text(key)[1] for key in range(len(frame.select.labels))}
    assert set(math) == wanted - {""}


def test_a_saved_page_survives_any_text(tmp_path):
    root = read_html(trial().save(tmp_path / "page.html").read_text("utf-8"))
    assert len(root.all("script")) == 2
    assert root.all("title")[0].text.endswith(NASTY)
    assert len(CONTROLS) == len(data_of(root.all("figure")[0])["controls"])


def test_saving_where_nothing_can_be_saved_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing is no folder; create it first, or save elsewhere"):
        trial().save(tmp_path / "missing" / "page.html")
    with pytest.raises(
        ValueError, match="theme='blue' is not one of the themes; try 'auto', 'light' or 'dark'"
    ):
        trial().save(tmp_path / "page.html", theme="blue")
    assert list(tmp_path.iterdir()) == []
