"""With JavaScript off the explorer still teaches: every beat in words and formulas, the numbers as tables."""

import re

import pytest

from dlsteps.stage import Steps

pytestmark = pytest.mark.browser


def test_beats_tables_and_formulas_are_visible_text(open_page, saved, explorer):
    page = open_page(saved, java_script_enabled=False)
    figure = page.locator("figure.dls")
    words = squeezed(figure.inner_text())
    frames = beats(explorer)
    for frame in frames:
        assert squeezed(f"{frame.lead} {frame.text()[0]}") in words
    shown = [math for math in figure.locator("math").all() if math.is_visible()]
    assert len(shown) == sum(bool(frame.formula) for frame in frames)
    assert explorer.title in words
    assert figure.locator("button").count() == 0, "a button that can do nothing"


def test_tables_carry_the_numbers_of_the_first_frame(open_page, saved, explorer):
    page = open_page(saved, java_script_enabled=False)
    tables = [t for t in page.locator("figure.dls table").all() if t.is_visible()]
    shown = beats(explorer)[0].panels
    panels = [panel for panel in shown if not isinstance(panel.table(), str)]
    assert len(tables) == len(panels)
    words = page.locator("figure.dls").inner_text()
    assert all(panel.table() in words for panel in shown if panel not in panels)
    for panel, table in zip(panels, tables, strict=True):
        assert panel.title in table.inner_text()
        if hasattr(panel, "values"):
            cells = " ".join(table.locator("td").all_inner_texts())
            assert len(re.findall(r"[−-]?\d+(?:\.\d+)?|NaN|[−-]?∞", cells)) == panel.values.size


def test_the_page_does_not_scroll_sideways(open_page, saved):
    for width in (375, 1280):
        page = open_page(saved, java_script_enabled=False, viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def beats(explorer):
    """The frames of the beats with everything else at its default; the first frame if there are no beats."""
    steps = next((c for c in explorer.controls if isinstance(c, Steps)), None)
    return [explorer.frame(**{steps.name: v}) for v in steps.values] if steps else [explorer.frame()]


def squeezed(text: str) -> str:
    return " ".join(text.split())
