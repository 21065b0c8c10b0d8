"""Every explorer of the book, by name. What must hold for all of them is tested over this list."""

import functools
from collections.abc import Callable

from dlsteps.scenes import axes, normalization, worked_examples
from dlsteps.stage import Explorer

EXPLORERS: dict[str, Callable[[], Explorer]] = {
    "axes": axes.explorer,
    "normalization": normalization.explorer,
    "worked_examples": worked_examples.explorer,
}


@functools.cache
def explorer_called(name: str) -> Explorer:
    """One explorer a session; a test that changes its traits makes its own from `EXPLORERS`."""
    return EXPLORERS[name]()
