"""What the chapters' tests declare, gathered by looking: `tests/chapters/<chapter>/<module>.py`."""

import importlib
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "chapters"


def gathered(module: str, name: str) -> dict[str, Any]:
    """Join the dictionaries called `name` of all chapters' modules of one name; no key may come twice."""
    joined: dict[str, Any] = {}
    for path in sorted(FOLDER.glob(f"*/{module}.py")):
        found = getattr(importlib.import_module(f"chapters.{path.parent.name}.{module}"), name)
        assert not joined.keys() & found.keys(), f"{path} repeats {joined.keys() & found.keys()}"
        joined |= found
    return joined
