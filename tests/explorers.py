"""Every explorer of the book, by name: what must hold for all of them is tested over what is found here."""

import functools
import importlib
import pkgutil
from collections.abc import Callable

from dlsteps import chapters
from dlsteps.stage import Explorer


def found() -> dict[str, Callable[[], Explorer]]:
    """The functions called `explorer` in the chapters' modules, by the name of what they make."""
    makers = {}
    for chapter in pkgutil.iter_modules(chapters.__path__, f"{chapters.__name__}."):
        folder = importlib.import_module(chapter.name).__path__
        for module in pkgutil.iter_modules(folder, f"{chapter.name}."):
            make = getattr(importlib.import_module(module.name), "explorer", None)
            if make is not None:
                makers[make().name] = make
    return makers


EXPLORERS = found()


@functools.cache
def explorer_called(name: str) -> Explorer:
    """One explorer a session; a test that changes its traits makes its own from `EXPLORERS`."""
    return EXPLORERS[name]()
