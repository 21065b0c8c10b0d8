"""The built book and a browser to look at it with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import browsers
import build_book
import pytest
import stamps


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of built pages: DLSTEPS_SITE, or _build/html, which is built if it is missing."""
    folder = Path(os.environ.get("DLSTEPS_SITE") or stamps.ROOT / "_build" / "html")
    if not (folder / "index.html").exists():
        folder = build_book.build(stamps.ROOT, strict=False, everything=True)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """A running Chromium."""
    with browsers.chromium() as browser:
        yield browser
