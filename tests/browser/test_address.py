"""The address names the frame: links open it, steps write it, Back returns to it."""

from urllib.parse import quote

import pytest
import sampler
from expected import expected, held

pytestmark = pytest.mark.browser

CHECK = "must => probe.check(document.querySelector('figure.dls'), must)"
STATE = "document.querySelector('figure.dls').explorer.state"
SELECTED = "document.querySelector('figure.dls').explorer.model.selected"


def other_values(must, at=-1):
    """A state away from the defaults, and its address."""
    state = {}
    for control in must["controls"]:
        shown = all(state[name] in allowed for name, allowed in control["when"].items())
        state[control["name"]] = control["values"][at] if shown else control["default"]
    parts = [
        f"{name}={quote(str(value).lower() if isinstance(value, bool) else str(value))}"
        for name, value in state.items()
    ]
    return state, f"#{must['name']}:{'&'.join(parts)}"


def key_of(must, state):
    return ".".join(str(c["values"].index(state[c["name"]])) for c in must["controls"])


def test_a_link_opens_the_exact_frame(open_page, saved, must):
    state, address = other_values(must, at=1)
    page = open_page(f"{saved}{address}&at=1")
    assert page.evaluate(STATE) == state
    assert page.evaluate(SELECTED) == min(1, len(must["frames"][key_of(must, state)]["captions"]) - 1)
    assert page.evaluate(CHECK, held(page, must)) is None


@pytest.mark.parametrize(
    "rest", ["", "nonsense=1", "at=99999", "at=-3", "at=x", "%E0%A4%A", "=&&=", "<b>=<i>"]
)
def test_an_address_that_names_no_frame_is_harmless(open_page, saved, must, rest):
    page = open_page(f"{saved}#{must['name']}:{rest}")
    assert page.evaluate(CHECK, held(page, must)) is None
    assert page.evaluate(STATE) == {c["name"]: c["default"] for c in must["controls"]}


def test_what_the_reader_does_is_written_into_the_address(open_page, saved, must):
    page = open_page(saved)
    entries = page.evaluate("history.length")
    state, _ = other_values(must)
    page.evaluate("state => document.querySelector('figure.dls').explorer.setState(state)", state)
    page.wait_for_function(f"location.hash.startsWith('#{must['name']}:')")
    page.wait_for_timeout(300)
    again = open_page(page.url)
    assert again.evaluate(STATE) == state
    assert again.evaluate(CHECK, held(again, must)) is None
    assert page.evaluate("history.length") == entries, "steps must not fill the history"


def test_a_link_in_the_text_and_back(open_page, saved, must):
    page = open_page(saved)
    start = page.evaluate(STATE)
    state, address = other_values(must)
    page.evaluate(ADD_LINK, address)
    page.locator("#link").click()
    shows = f"state => JSON.stringify({STATE}) === JSON.stringify(state)"
    page.wait_for_function(shows, arg=state)  # the browser tells of a new address a moment later
    page.go_back()
    page.wait_for_function(shows, arg=start)
    page.go_forward()
    page.wait_for_function(shows, arg=state)
    assert page.evaluate(CHECK, held(page, must)) is None


ADD_LINK = """address => {
  const link = document.createElement("a");
  Object.assign(link, { id: "link", href: address, textContent: "see this frame" });
  document.querySelector("main").prepend(link);
}"""


def test_two_explorers_on_one_page(open_page, tmp_path):
    """Each follows its own name, and stepping one leaves the other where it is."""
    one, two = sampler.explorer("one"), sampler.explorer("two")
    figures = [e.save(tmp_path / f"{e.name}.html").read_text("utf-8") for e in (one, two)]
    figure = figures[1][figures[1].index("<figure") : figures[1].index("</figure>") + len("</figure>")]
    both = tmp_path / "both.html"
    both.write_text(figures[0].replace("</main>", f"{figure}</main>"), encoding="utf-8")
    page = open_page(f"{both.as_uri()}#two:kind=bars&size=5&at=3")
    states = """[...document.querySelectorAll("figure.dls")].map(({ explorer }) =>
      [explorer.state.kind, explorer.state.size, explorer.model.selected])"""
    assert page.evaluate(states) == [["matrix", 2, 0], ["bars", 5, 3]]
    page.locator("#one").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(states) == [["matrix", 2, 1], ["bars", 5, 3]]
    page.wait_for_function("location.hash === '#one:at=1'")
    page.locator("#two [data-set=kind]").select_option("3")
    assert page.evaluate(states) == [["matrix", 2, 1], ["image", 5, 3]]
    for explorer in (one, two):
        must = expected(explorer)
        assert (
            page.evaluate(
                "([must, css]) => probe.check(document.querySelector(css), must)", [must, f"#{explorer.name}"]
            )
            is None
        )
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
