"""What axe finds on a page, in as little time as the question allows."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe

# `preload` would fetch style sheets, which a page opened as a file may not.
OPTIONS = {"preload": False, "rules": {"label-content-name-mismatch": {"enabled": True}}}
# Colors depend on the theme and hardly on the width, and judging them takes nine tenths of axe's time.
# So they are judged at one width in each theme, and of the entries of a reference in the first, whose
# colors all others have.
JUDGES_COLORS = {(375, "light"), (1280, "dark")}
MORE_OF_THE_SAME = "dl.py ~ dl.py"


def violations(page: Any, width: int, scheme: str) -> list[tuple[str, str, list[str]]]:
    """Impact, rule and places of what axe finds; sections that are far away are laid out first."""
    page.add_style_tag(content="* { content-visibility: visible !important }")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    without = {**OPTIONS["rules"], "color-contrast": {"enabled": False}}
    found = _run(page, None, {**OPTIONS, "rules": without})
    if (width, scheme) in JUDGES_COLORS:
        found += _run(
            page, {"exclude": [[MORE_OF_THE_SAME]]}, {"preload": False, "runOnly": ["color-contrast"]}
        )
    return found


def _run(page: Any, context: Any, options: dict) -> list[tuple[str, str, list[str]]]:
    response = Axe().run(page, context=context, options={**options, "resultTypes": ["violations"]}).response
    return [
        (v["impact"], v["id"], [node["html"][:160] for node in v["nodes"][:3]])
        for v in response["violations"]
    ]
