"""The built book: its explorers step, and its mathematics is set, from files and with the network off."""

import json
import re
from urllib.parse import unquote

import pytest
from expected import expected
from explorers import EXPLORERS

pytestmark = [pytest.mark.site, pytest.mark.browser]


@pytest.fixture(scope="session")
def chapters(site):
    """The pages with explorers: address -> names of their explorers."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        names = re.findall(r'<figure class="dls" id="([^"]+)"', path.read_text("utf-8"))
        if names:
            found[path.as_uri()] = names
    assert found, "no page of the book has an explorer"
    return found


def made(name):
    """The explorer of this name; "axes-2" is the second on its page that is called "axes"."""
    return EXPLORERS[name if name in EXPLORERS else re.sub(r"-\d+$", "", name)]()


def is_the_books(state, name):
    """Whether an explorer shows what it shows by default; one of a page's own function has other controls."""
    return set(state) == {control.name for control in made(name).controls}


def test_every_explorer_has_its_place_in_the_book(chapters):
    assert {name for names in chapters.values() for name in names} >= set(EXPLORERS)


def test_explorers_step_on_their_pages(open_page, chapters):
    compared = set()
    for address, names in chapters.items():
        page = open_page(address)
        for name in names:
            state = page.evaluate("name => document.getElementById(name).explorer.state", name)
            if not is_the_books(state, name):
                continue
            page.evaluate(
                """([must, name]) => {
                globalThis.fuzz = new probe.Fuzz(document.getElementById(name), must, 7);
              }""",
                [expected(made(name)), name],
            )
            assert page.evaluate("fuzz.run(300)") is None, (address, name)
            compared.add(name)
    assert compared >= set(EXPLORERS)


def test_mathematics_is_set_in_the_text_and_in_the_explorers(open_page, chapters):
    for address, names in chapters.items():
        page = open_page(address)
        assert page.locator(".math math").count() >= page.locator(".math").count(), address
        for name in names:
            figure = page.locator(f"figure#{name}")
            for _ in range(3):
                tex = figure.locator(".dls-formula").get_attribute("data-tex")
                if tex:
                    figure.locator(".dls-formula math").first.wait_for()
                figure.focus()
                page.keyboard.press("ArrowRight")
        assert page.locator("merror").count() == 0, address


@pytest.mark.parametrize("width", [375, 1280])
def test_no_step_makes_a_page_scroll_sideways(open_page, chapters, width):
    wide = []
    for address, names in chapters.items():
        page = open_page(address, viewport={"width": width, "height": 900})
        for name in names:
            page.locator(f"figure#{name}").focus()
            page.keyboard.press("ArrowRight")
            page.evaluate("probe.frames(3)")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((address, name))
    assert wide == []


def meant(value):
    """A value as an address may write it: 1.0 and 1 are one number."""
    text = str(value).lower()
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def test_a_link_to_a_frame_opens_it(open_page, chapters):
    """Every link from the book's text into an explorer names a frame that is there."""
    for address, names in chapters.items():
        page = open_page(address)
        links = page.evaluate("[...document.querySelectorAll('a[href*=\"#\"]')].map(a => a.hash)")
        for link in {hash for hash in links if any(hash.startswith(f"#{name}:") for name in names)}:
            name = link[1:].split(":")[0]
            there = open_page(f"{address}{link}")
            state = there.evaluate("name => document.getElementById(name).explorer.state", name)
            for part in filter(None, link.split(":", 1)[1].split("&")):
                key, value = part.split("=")
                assert key == "at" or meant(state[key]) == meant(unquote(value)), link


def test_captions_and_numbers_are_text_without_javascript(open_page, chapters):
    compared = set()
    for address, names in chapters.items():
        page = open_page(address, java_script_enabled=False)
        for name in names:
            data = json.loads(page.locator(f"figure#{name} > script").text_content())
            if not is_the_books(data["state"], name):
                continue
            frame = made(name).frame(**data["state"])  # where the page lets it begin
            compared.add(name)
            words = " ".join(page.locator(f"figure#{name}").inner_text().split())
            assert " ".join(frame.text()[0].split()) in words
            assert page.locator(f"figure#{name} math").first.is_visible() or not frame.formula
    assert compared >= set(EXPLORERS)
