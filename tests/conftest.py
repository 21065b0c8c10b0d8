"""Every test runs with the shapes in public signatures checked, and every figure repeats.

The browser and the built book stand here because a session can start Playwright only once.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import browsers
import build_book
import pytest
import stamps
import torch
from annotations import CHECKED
from hypothesis import settings
from jaxtyping import install_import_hook

# The hook must be in place before any of these is imported.
install_import_hook([f"dlsteps.{name}" for name in CHECKED], "annotations.check")

settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=40, database=None)
settings.load_profile("repeatable")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Where tests are dealt out in groups, an explorer's stay together, and so do those of one file."""
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        item.add_marker(pytest.mark.xdist_group(params.get("explorer", item.path.stem)))


def pytest_runtest_setup():
    torch.manual_seed(0)


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
