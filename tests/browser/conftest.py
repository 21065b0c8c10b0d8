"""The explorers as pages of their own; every page is watched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sampler
from expected import expected
from explorers import EXPLORERS

from dlsteps.stage import Explorer

PROBE = (Path(__file__).parent / "probe.js").read_text(encoding="utf-8")
FACTORIES = {**EXPLORERS, "sampler": sampler.explorer}


@pytest.fixture(scope="session", params=FACTORIES)
def explorer(request) -> Explorer:
    """Each explorer of the book in turn, and the one that has every kind of panel."""
    return FACTORIES[request.param]()


@pytest.fixture(scope="session")
def saved(explorer: Explorer, tmp_path_factory) -> str:
    """The address of the explorer as one file."""
    return explorer.save(tmp_path_factory.mktemp("pages") / f"{explorer.name}.html").as_uri()


@pytest.fixture(scope="session")
def must(explorer: Explorer) -> dict[str, Any]:
    """What the page must show in each state."""
    return expected(explorer)


@pytest.fixture
def open_page(chromium) -> Iterator[Callable]:
    """Open an address with the network off. At the end, no request, error or warning is allowed."""
    contexts, requests, messages = [], [], []

    def open_page(address: str, **options: Any):
        context = chromium.new_context(**{"offline": True, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: requests.append(r.url))
        page.on("console", lambda m: m.type in ("error", "warning") and messages.append(m.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.add_init_script(PROBE)
        page.goto(address)
        if options.get("java_script_enabled", True):
            page.wait_for_function(
                "document.documentElement.dataset.dls === 'ready' || !document.querySelector('figure.dls')"
            )
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert messages == []
