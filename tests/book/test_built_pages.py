"""The built pages in Chromium, opened as files with the network off."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import build_book
import pytest
from axe import violations
from playwright.sync_api import Error

pytestmark = [pytest.mark.site, pytest.mark.browser]

SCHEMES = ("light", "dark")
WIDTHS = (375, 1280)


def open_page(context, address: str) -> tuple:
    """Open a page and return it with what it fetched and what its console said."""
    page = context.new_page()
    requests, console = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on(
        "console",
        lambda message: console.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(address)
    return page, requests, console


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_pages_are_quiet_offline_and_accessible(site: Path, chromium, scheme: str, width: int):
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True, reduced_motion="reduce"
    )
    found = []
    for name in [*build_book.pages(), "search.html", "genindex.html", "404.html"]:
        page, requests, console = open_page(context, (site / name).as_uri())
        found += [
            (name, "fetched", url) for url in requests if not url.startswith(("file:", "data:", "blob:"))
        ]
        found += [(name, "console", text) for text in console]
        if page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0:
            found.append((name, "width", "the page scrolls sideways"))
        if name != "404.html" and page.evaluate("document.documentElement.dataset.theme") != scheme:
            found.append((name, "theme", "the page does not follow the reader's color scheme"))
        found += [(name, *violation) for violation in violations(page, width, scheme)]
        page.close()
    context.close()
    assert found == []


def test_search_finds_a_page_without_a_server(site: Path, chromium):
    context = chromium.new_context(offline=True)
    page, _, console = open_page(context, (site / "search.html").as_uri() + "?q=tensor")
    page.locator("#search-results ul.search li").first.wait_for()
    context.close()
    assert console == []


def test_the_reader_can_choose_dark(site: Path, chromium):
    context = chromium.new_context(offline=True, color_scheme="light")
    page, _, console = open_page(context, (site / build_book.pages()[0]).as_uri())
    seen = set()
    for _ in range(3):
        page.locator(".bd-header-article .theme-switch-button").click()
        seen.add(page.evaluate("document.documentElement.dataset.theme"))
    context.close()
    assert seen == {"light", "dark"}
    assert console == []


@pytest.mark.parametrize("name", build_book.pages())
def test_light_and_dark_can_be_chosen_where_storage_is_denied(site: Path, chromium, name: str):
    """The policy puts a page into a sandbox, where reading `localStorage` is an error."""
    context = chromium.new_context(color_scheme="light")

    def send(route):
        path = site / urlsplit(route.request.url).path[1:]
        route.fulfill(path=path, headers={"Content-Security-Policy": "sandbox allow-scripts"})

    context.route("http://book.test/**", send)
    page, _, console = open_page(context, f"http://book.test/{name}")
    with pytest.raises(Error, match="SecurityError"):
        page.evaluate("document.cookie")
    seen = set()
    for _ in range(3):
        page.locator(".bd-header-article .theme-switch-button").click()
        seen.add(page.evaluate("document.documentElement.dataset.theme"))
    if page.locator("button.all-code").count():
        page.locator("button.all-code").click()
        assert page.evaluate("document.documentElement.dataset.code") == "all"
    context.close()
    assert seen == {"light", "dark"}
    assert console == []


def test_the_page_is_dark_before_it_is_painted_for_a_reader_who_likes_dark(site: Path, chromium):
    context = chromium.new_context(offline=True, color_scheme="dark")
    page = context.new_page()
    page.add_init_script(
        """new MutationObserver((_, observer) => {
             if (!document.body) return;
             window.themeAtFirst = document.documentElement.dataset.theme;
             observer.disconnect();
           }).observe(document, { childList: true, subtree: true });"""
    )
    page.goto((site / build_book.pages()[0]).as_uri())
    assert page.evaluate("window.themeAtFirst") == "dark"
    context.close()


def test_a_page_can_be_read_without_javascript(site: Path, chromium):
    context = chromium.new_context(offline=True, java_script_enabled=False)
    for name in build_book.pages():
        page = context.new_page()
        page.goto((site / name).as_uri())
        assert page.locator("article h1").is_visible(), name
        text, paper = page.locator("body").evaluate(
            "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
        )
        assert (text, paper) == ("rgb(29, 35, 48)", "rgb(255, 255, 255)"), name
        page.close()
    context.close()
