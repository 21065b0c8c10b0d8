"""From a file, with the network cut off: every value of every control is reached, nothing is asked for."""

import pytest
from expected import held

pytestmark = pytest.mark.browser

FIGURE = "figure.dls"
CHECK = "must => probe.check(document.querySelector('figure.dls'), must)"


def test_every_value_of_every_control_is_reached_by_mouse_and_keyboard(open_page, saved, must):
    page = open_page(saved)
    for control in must["controls"]:
        for name, allowed in control["when"].items():
            show(page, must, name, allowed[0])
        for value in [*control["values"], control["default"]]:
            show(page, must, control["name"], value)
            assert page.evaluate(CHECK, held(page, must)) is None
            state = page.evaluate("document.querySelector('figure.dls').explorer.state")
            assert state[control["name"]] == value
    page.wait_for_timeout(100)  # what the page might still ask for or complain about


def show(page, must, name, value):
    """Set a control as a reader would: press its button, move its slider, choose from its menu."""
    control = next(c for c in must["controls"] if c["name"] == name)
    at = control["values"].index(value)
    field = page.locator(f"{FIGURE} [data-set={name}]")
    if control["kind"] == "steps":
        page.locator(FIGURE).focus()
        page.keyboard.press("Home")
        for _ in range(at):
            page.get_by_role("button", name="Next", exact=True).click()
    elif control["kind"] == "toggle":
        button = page.locator(f'{FIGURE} [data-act^="set {name} "]')
        if (button.get_attribute("aria-pressed") == "true") != value:
            button.click()
    elif field.count() and field.evaluate("field => field.tagName") == "SELECT":
        field.select_option(str(at))
    elif field.count():
        field.focus()
        page.keyboard.press("Home")
        for _ in range(at):
            page.keyboard.press("ArrowRight")
    else:
        page.locator(f'{FIGURE} [data-act="set {name} {at}"]').click()


def test_every_state_and_selection_shows_its_own_frame(open_page, saved, must):
    page = open_page(saved)
    wrong = page.evaluate(
        "must => probe.checkAll(document.querySelector('figure.dls'), must)", held(page, must)
    )
    assert wrong is None
    seen = page.evaluate("[...probe.check.visited].map(v => v.split(' ')[0])")
    assert set(seen) == set(must["frames"])


def test_formulas_follow_the_steps(open_page, saved, must):
    page = open_page(saved)
    page.locator(f"{FIGURE} .dls-formula math").wait_for()
    before = page.locator(".dls-formula").inner_text()
    page.locator(FIGURE).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.dls-formula').innerText !== before", arg=before
    )
    assert page.locator(".dls-formula math").count() == 1
    assert page.locator(".dls-formula merror").count() == 0
