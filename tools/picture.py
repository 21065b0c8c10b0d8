"""Take the pictures of the README: the normalization explorer in Chromium, in light and in dark."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import stamps
from playwright.sync_api import sync_playwright

from dlsteps.chapters import normalization

ASSETS = stamps.ROOT / "book" / "assets"
FRAME = "#normalization:step=mean&at=1"
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def main() -> int:
    """Write explorer-light.png and explorer-dark.png."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    if browser_path is None:
        print("Chromium is needed for the pictures; install it and try again.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=CHROMIUM)
        for theme in ("light", "dark"):
            page_file = normalization.explorer().save(Path(folder) / f"{theme}.html", theme=theme)
            page = browser.new_page(viewport={"width": 760, "height": 900}, device_scale_factor=2)
            page.goto(page_file.as_uri() + FRAME)
            page.wait_for_selector(".dls-formula math")
            page.locator("figure.dls").screenshot(path=ASSETS / f"explorer-{theme}.png")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
