"""Everything is reached with the keyboard alone, focus is seen, and nothing traps it."""

import re

import pytest
from expected import held

pytestmark = pytest.mark.browser

CHECK = "must => probe.check(document.querySelector('figure.dls'), must)"
REACHABLE = "(globalThis.reachable = probe.reachable()).length"
FOCUS = """() => {
  const style = getComputedStyle(document.activeElement);
  return {
    at: reachable.indexOf(document.activeElement),
    name: document.activeElement.outerHTML.slice(0, 90),
    outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}"""


def test_tab_reaches_every_control_in_order_and_leaves(open_page, saved, explorer):
    page = open_page(saved)
    for share in (False, True):
        if share:
            page.locator("summary").click()
            page.evaluate("document.activeElement.blur(); getSelection().removeAllRanges()")
            page.mouse.click(2, 2)
        count = page.evaluate(REACHABLE)
        assert count > len(explorer.controls)
        order = []
        for _ in range(count):
            page.keyboard.press("Tab")
            focus = page.evaluate(FOCUS)
            order.append(focus["at"])
            assert focus["outlined"], f"no focus ring on {focus['name']}"
        assert order == list(range(count))
        page.keyboard.press("Tab")
        assert page.evaluate(FOCUS)["at"] == -1, "Tab does not leave the explorer"
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(FOCUS)["at"] == count - 1


def test_every_control_has_a_name(open_page, saved):
    page = open_page(saved)
    page.locator("summary").click()
    names = page.locator("figure.dls").aria_snapshot()
    for line in names.splitlines():
        if any(f"- {role}" in line for role in ("button", "slider", "combobox")):
            assert re.search(r'"[^"]*\w', line), f"a control without a name in letters: {line.strip()}"


def test_arrows_home_end_and_space(open_page, saved, must):
    steps = next((c for c in must["controls"] if c["kind"] == "steps"), None)
    if steps is None:
        pytest.skip("this explorer has no beats")
    page = open_page(saved)
    page.locator("figure.dls").focus()
    last = len(steps["values"]) - 1
    # Every row: a key, and the beat that it leads to from the row above.
    rows = [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", last), ("ArrowRight", last)]
    rows += [("Home", 0), ("ArrowLeft", 0)]
    for key, beat in rows:
        page.keyboard.press(key)
        assert beat_of(page, steps) == beat, key
        assert page.evaluate(CHECK, held(page, must)) is None
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Pause").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Play").get_attribute("aria-pressed") == "false"


def test_without_beats_the_arrows_select(open_page, saved, must):
    if any(c["kind"] == "steps" for c in must["controls"]):
        pytest.skip("this explorer has beats")
    page = open_page(saved)
    page.locator("figure.dls").focus()
    for key, selected in [("ArrowRight", 1), ("ArrowRight", 1), ("ArrowLeft", 0)]:
        page.keyboard.press(key)
        assert page.evaluate("document.querySelector('figure.dls').explorer.model.selected") == selected
        assert page.evaluate(CHECK, held(page, must)) is None


def test_space_and_enter_on_a_button_press_it_once(open_page, saved, must):
    steps = next((c for c in must["controls"] if c["kind"] == "steps"), None)
    if steps is None:
        pytest.skip("this explorer has no beats")
    page = open_page(saved)
    page.get_by_role("button", name="Next", exact=True).focus()
    for key, beat in [("Space", 1), ("Enter", 2)]:
        page.keyboard.press(key)
        assert beat_of(page, steps) == beat
        assert page.evaluate("document.activeElement.textContent").startswith("Next"), "focus was lost"
    assert page.get_by_role("button", name="Play").get_attribute("aria-pressed") == "false"


def test_arrows_in_a_field_move_the_field_and_not_the_beat(open_page, saved, must):
    slider = next((c for c in must["controls"] if c["kind"] == "slider"), None)
    steps = next((c for c in must["controls"] if c["kind"] == "steps"), None)
    if slider is None:
        pytest.skip("this explorer has no slider")
    page = open_page(saved)
    for name, allowed in slider["when"].items():
        control = next(c for c in must["controls"] if c["name"] == name)
        if control["default"] in allowed:
            continue
        at = control["values"].index(allowed[0])
        if control["kind"] == "steps":
            for _ in range(at):
                page.get_by_role("button", name="Next", exact=True).click()
        else:
            page.locator(f'[data-act="set {name} {at}"]').click()
    before = page.evaluate("document.querySelector('figure.dls').explorer.state")
    page.locator(f"[data-set={slider['name']}]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    state = page.evaluate("document.querySelector('figure.dls').explorer.state")
    assert state[slider["name"]] == slider["values"][1]
    assert steps is None or state[steps["name"]] == before[steps["name"]]
    assert page.evaluate("document.activeElement.dataset.set") == slider["name"], "focus was lost"


def test_the_caption_is_one_live_region_that_stays(open_page, saved, must):
    page = open_page(saved)
    regions = page.locator("figure.dls [aria-live]")
    assert regions.count() == 1
    page.evaluate("globalThis.region = document.querySelector('figure.dls [aria-live]')")
    before = regions.inner_text()
    page.locator("figure.dls").focus()
    page.keyboard.press("ArrowRight")
    assert regions.inner_text() != before
    assert page.evaluate("region === document.querySelector('figure.dls [aria-live]')")
    assert page.evaluate("region.getAttribute('aria-live')") == "polite"
    assert page.evaluate(CHECK, held(page, must)) is None  # its text is the caption


def beat_of(page, steps):
    state = page.evaluate("document.querySelector('figure.dls').explorer.state")
    return steps["values"].index(state[steps["name"]])
