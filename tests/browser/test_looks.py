"""Themes, motion, narrow screens, touch, pictures to keep, and Play."""

import re
import xml.etree.ElementTree as ET

import pytest
from expected import held

pytestmark = pytest.mark.browser

CHECK = "must => probe.check(document.querySelector('figure.dls'), must)"
STATE = "document.querySelector('figure.dls').explorer.state"
TRANSITIONS = """() => {
  const all = [...document.querySelectorAll("figure.dls *")].map((e) => getComputedStyle(e));
  const moving = all.filter((s) => s.transitionDuration.split(", ").some((t) => parseFloat(t) > 0));
  return moving.length + all.filter((s) => s.animationName !== "none").length;
}"""


def steps_of(must):
    return next((c for c in must["controls"] if c["kind"] == "steps"), None)


def test_reduced_motion_means_jump_cuts(open_page, saved):
    page = open_page(saved, reduced_motion="reduce")
    assert page.evaluate(TRANSITIONS) == 0
    page.add_style_tag(content=".dls svg * { transition: opacity 0.1s }")
    assert page.evaluate(TRANSITIONS) > 0, "the test would not see motion"


def test_the_theme_follows_the_page_while_stepping(open_page, saved, must):
    page = open_page(saved, reduced_motion="reduce")
    grounds = {"light": set(), "dark": set()}
    for theme in ("light", "dark", "light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.locator("figure.dls").focus()
        page.keyboard.press("ArrowRight")
        ground = page.evaluate("getComputedStyle(document.querySelector('figure.dls')).backgroundColor")
        grounds[theme].add(ground)
        assert page.evaluate(CHECK, held(page, must)) is None
    assert {len(colors) for colors in grounds.values()} == {1}, grounds
    assert grounds["light"] != grounds["dark"]


@pytest.mark.parametrize("width", [320, 375, 700])
def test_a_narrow_page_never_scrolls_sideways(open_page, saved, must, width):
    page = open_page(saved, viewport={"width": width, "height": 800}, has_touch=True, reduced_motion="reduce")
    wide = page.evaluate(
        """must => {
        const root = document.querySelector("figure.dls");
        const wide = () => document.documentElement.scrollWidth > innerWidth;
        for (const key of Object.keys(must.frames)) {
          probe.go(root, must, key);
          if (wide()) return key;
        }
        root.querySelector('[data-act="look 1"]')?.click();
        return wide() ? "cube" : null;
      }""",
        held(page, must),
    )
    assert wide is None
    small = page.evaluate(
        """() => probe.reachable().map((e) => [e.textContent, e.getBoundingClientRect().height])
        .filter(([, height]) => height < 24)"""
    )
    assert small == [], "a finger needs 24 px"


def test_a_tap_on_a_cell_selects_its_statistic(open_page, saved, must):
    page = open_page(saved, viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    found = selectable(must)
    if found is None:
        pytest.skip("this explorer has nothing to select")
    key, at, keys = found
    page.evaluate(GO, [held(page, must), key])
    last = max(keys)
    page.locator(f'[data-panel="{at}"] [data-cell="{keys.index(last)}"]').tap()
    assert page.evaluate("document.querySelector('figure.dls').explorer.model.selected") == last
    assert page.evaluate(CHECK, held(page, must)) is None


def selectable(must):
    """A state, the place of a panel in it, and that panel's keys, of which there are several; or None."""
    for key, frame in must["frames"].items():
        for at, panel in enumerate(frame["panels"]):
            if not frame["everything"] and max(panel["keys"] or [0]) > 0:
                return key, at, panel["keys"]
    return None


GO = "([must, key]) => probe.go(document.querySelector('figure.dls'), must, key)"


def test_the_saved_picture_is_xml_with_the_numbers(open_page, saved, explorer, tmp_path):
    page = open_page(saved, accept_downloads=True)
    page.locator("summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save picture").click()
    path = tmp_path / "picture.svg"
    download.value.save_as(path)
    assert download.value.suggested_filename.endswith(".svg")
    tree = ET.parse(path)
    drawn = [t.text for t in tree.iter("{http://www.w3.org/2000/svg}text") if t.text]
    shown = page.evaluate(
        "[...document.querySelectorAll('.dls-panel svg text')].map(t => t.textContent).filter(Boolean)"
    )
    assert drawn == shown
    no_numbers = all(isinstance(panel.table(), str) for panel in explorer.frame().panels)
    assert any(re.search(r"\d", text) for text in drawn) or no_numbers
    source = path.read_text("utf-8")
    assert not re.search(r"(href|src)=|url\((?!#)", source), "the picture depends on something outside it"
    alone = open_page(path.as_uri())
    first = "svg :is(rect, path, polygon)"
    color = "css => (({ fill, stroke }) => fill + stroke)(getComputedStyle(document.querySelector(css)))"
    assert alone.evaluate(color, first) == page.evaluate(color, f".dls-panel {first}")


def test_copy_link_copies_the_address_of_the_frame(open_page, saved, must):
    page = open_page(saved, permissions=["clipboard-read", "clipboard-write"])
    page.locator("figure.dls").focus()
    page.keyboard.press("ArrowRight")
    page.locator("summary").click()
    page.get_by_role("button", name="Copy link").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{saved}#{must['name']}:")
    assert open_page(copied).evaluate(STATE) == page.evaluate(STATE)


def test_copy_link_without_permission_says_nothing_wrong(open_page, saved):
    page = open_page(saved)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed')) }")
    page.locator("summary").click()
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_timeout(50)


def test_nothing_plays_by_itself(open_page, saved):
    page = open_page("about:blank")
    page.clock.install()
    page.goto(saved)
    page.locator(".dls-caption").wait_for()
    before = page.evaluate(STATE), page.locator(".dls-caption").inner_text()
    page.clock.run_for(120_000)
    assert (page.evaluate(STATE), page.locator(".dls-caption").inner_text()) == before


def test_play_stops_at_the_last_beat_and_waits_while_a_cell_is_pointed_at(open_page, saved, must):
    steps = steps_of(must)
    if steps is None:
        pytest.skip("this explorer has no beats")
    page = open_page("about:blank")
    page.clock.install()
    page.goto(saved)
    beat = f"{STATE}.{steps['name']}"
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(2500)
    assert page.evaluate(beat) == steps["values"][1]
    cells = page.locator("rect[data-cell]")  # the middle of a line's box is not on the line
    if cells.count():
        cells.first.hover()
        page.clock.run_for(20_000)
        assert page.evaluate(beat) == steps["values"][1], "hover must pause"
        page.mouse.move(1, 1)  # where no later frame has a cell
    page.clock.run_for(60_000)
    assert page.evaluate(beat) == steps["values"][-1]
    assert page.get_by_role("button", name="Play").get_attribute("aria-pressed") == "false"
    page.get_by_role("button", name="Play").click()
    assert page.evaluate(beat) == steps["values"][0], "Play at the end starts again"
    page.clock.run_for(2500)
    page.get_by_role("button", name="Next", exact=True).click()
    page.clock.run_for(60_000)
    assert page.evaluate(beat) == steps["values"][2], "a step by hand ends Play"
    assert page.evaluate(CHECK, held(page, must)) is None
