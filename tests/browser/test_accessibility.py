"""No serious or critical finding of axe in any kind of state, and numbers that can be read on their cells."""

import pytest
from axe import violations
from expected import held

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_axe_finds_nothing_serious(open_page, saved, must, scheme, width):
    page = open_page(saved, color_scheme=scheme, viewport={"width": width, "height": 900})
    page.locator(".dls-formula math").wait_for()
    page.locator("summary").click()
    found = []
    for key in telling(must):
        page.evaluate(GO, [held(page, must), key])
        found += [(key, *finding) for finding in findings(page, width, scheme)]
    if page.locator('[data-act="look 1"]').count():
        page.locator('[data-act="look 1"]').click()
    found += [("cube", *finding) for finding in findings(page, width, scheme)]
    assert found == []


GO = """([must, key]) => {
  probe.go(document.querySelector("figure.dls"), must, key);
  return probe.frames(3);
}"""


def telling(must):
    """A state with each value of each control: axe takes a second, so not all of their product."""
    first = next(iter(must["frames"])).split(".")
    keys = {".".join(first)}
    for i, control in enumerate(must["controls"]):
        keys |= {".".join([*first[:i], str(k), *first[i + 1 :]]) for k in range(len(control["values"]))}
    return sorted(keys & set(must["frames"]))


def findings(page, width, scheme):
    return [found for found in violations(page, width, scheme) if found[0] in ("serious", "critical")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_on_lit_cells_have_contrast(open_page, saved, must, scheme):
    """Axe does not judge text inside a drawing."""
    page = open_page(saved, color_scheme=scheme, reduced_motion="reduce")
    for key in telling(must):
        page.evaluate(GO, [held(page, must), key])
        low = page.evaluate("probe.lowestContrast(document.querySelector('figure.dls'))")
        assert low is None or low["ratio"] >= 4.5, (key, low)
