"""The former home of the explorers, kept for one version: they stand in `dlsteps.chapters` now."""

import importlib
import warnings
from types import ModuleType

_MOVED = {
    "axes": "dlsteps.chapters.axes",
    "normalization": "dlsteps.chapters.normalization",
    "worked_examples": "dlsteps.chapters.normalization.worked_examples",
}


def __getattr__(name: str) -> ModuleType:
    if name not in _MOVED:
        raise AttributeError(f"module 'dlsteps.scenes' has no attribute {name!r}")
    warnings.warn(f"dlsteps.scenes.{name} is {_MOVED[name]} now", DeprecationWarning, stacklevel=2)
    return importlib.import_module(_MOVED[name])
