"""What the theme puts around a page works: side bars, search, menus, tips, icons."""

import pytest

pytestmark = [pytest.mark.site, pytest.mark.browser]

BAR = ".bd-header-article"


@pytest.fixture(scope="session")
def chapter(site):
    """A page with everything that the theme puts around one."""
    return site / "book/normalization/normalization.html"


def test_the_contents_fold_away_on_a_wide_screen_and_slide_in_on_a_phone(open_page, chapter):
    wide = open_page(chapter.as_uri(), viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    wide.locator(f"{BAR} .primary-toggle").click()
    wide.wait_for_function("document.querySelector('.bd-sidebar-primary').getBoundingClientRect().right <= 0")
    wide.locator(f"{BAR} .primary-toggle").click()
    wide.wait_for_function("document.querySelector('.bd-sidebar-primary').getBoundingClientRect().left >= 0")
    phone = open_page(chapter.as_uri(), viewport={"width": 375, "height": 800}, reduced_motion="reduce")
    contents = phone.locator(".bd-sidebar-primary")
    assert not contents.get_by_role("link", name="The stack of books").is_visible()
    phone.locator(f"{BAR} .primary-toggle").click()
    contents.get_by_role("link", name="The stack of books").wait_for(state="visible")


def test_the_search_dialog_opens_takes_the_focus_and_closes(open_page, chapter):
    page = open_page(chapter.as_uri())
    field = page.locator(".search-button__wrapper input")
    for opened in (
        page.locator(".search-button__button:visible").first.click,
        lambda: page.keyboard.press("Control+k"),
    ):
        assert not field.is_visible()
        opened()
        field.wait_for(state="visible")
        assert field.evaluate("field => field === document.activeElement")
        page.keyboard.press("Escape")
        field.wait_for(state="hidden")


def test_the_download_menu_opens_and_its_notebook_is_there(open_page, chapter):
    page = open_page(chapter.as_uri())
    notebook = page.locator(".btn-download-source-button")
    assert not notebook.is_visible()
    page.get_by_role("button", name="Download this page").click()
    notebook.wait_for(state="visible")
    assert (chapter.parent / notebook.get_attribute("href")).resolve().is_file()


def test_a_button_says_what_it_is_for_when_pointed_at(open_page, chapter):
    page = open_page(chapter.as_uri(), reduced_motion="reduce")
    page.locator(f"{BAR} .theme-switch-button").hover()
    page.get_by_role("tooltip", name="light/dark").wait_for()


def test_the_list_of_sections_follows_the_reader(open_page, chapter):
    page = open_page(chapter.as_uri(), viewport={"width": 1400, "height": 900})
    page.evaluate("document.querySelector('#pitfalls').scrollIntoView()")
    page.locator('.bd-toc-nav a.active[href="#pitfalls"]').wait_for()


def test_every_icon_is_drawn(open_page, chapter):
    """Its place does not look the same with the icon taken out."""
    page = open_page(chapter.as_uri(), viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page.get_by_role("button", name="Download this page").click()
    icons = [icon for icon in page.locator(":is(i, span):is(.fas, .fa-solid)").all() if icon.is_visible()]
    assert len(icons) >= 8
    for icon in icons:
        icon.scroll_into_view_if_needed()
        place = icon.locator("xpath=..")
        drawn = place.screenshot()
        icon.evaluate("icon => (icon.style.visibility = 'hidden')")
        assert place.screenshot() != drawn, icon.get_attribute("class")
