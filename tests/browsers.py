"""Chromium for the tests: where it is, how it is started, and what its absence means."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
PLACES = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
]
# No sandbox: continuous integration runs as root in a container. The rest keeps Chromium from calling home.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str | None:
    """Return the path of a Chromium, the one named by CHROMIUM first, or None."""
    candidates = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in NAMES), *PLACES]
    return next((path for path in candidates if path and Path(path).exists()), None)


def required() -> bool:
    """Return whether a missing browser is an error (DLSTEPS_REQUIRE_BROWSER=1)."""
    return os.environ.get("DLSTEPS_REQUIRE_BROWSER", "") not in ("", "0")


@contextmanager
def chromium() -> Iterator:
    """Start Chromium and yield Playwright's browser.

    Raises:
        RuntimeError: if there is none and one is required.
        pytest.skip.Exception: if there is none and that is allowed.
    """
    import pytest
    from playwright.sync_api import sync_playwright

    path = find_chromium()
    if path is None and required():
        raise RuntimeError(
            "DLSTEPS_REQUIRE_BROWSER=1 and no Chromium found; install it or set CHROMIUM=/path/to/it"
        )
    if path is None:
        pytest.skip("no Chromium here; set CHROMIUM=/path/to/it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
