"""What shows things: controls, frames, questions, and the explorer that runs in a notebook and in plain HTML.

The stage knows nothing of deep learning. A scene, elsewhere, turns control values into a frame;
the stage lays the frame out, links its cells, and steps through it with or without a kernel.
The widgets are imported when they are asked for: a page of plain HTML needs none.
"""

from importlib import import_module
from typing import Any

from .controls import Choice, Scalar, Slider, Steps, Toggle
from .display import full_color, to_display
from .frame import Frame, Select
from .panels import *  # noqa: F403 - the list of panels stands there alone
from .panels import __all__ as _PANELS
from .scene import Scene

_QUESTIONS = ("Answer", "Choose", "ChooseAll", "Enter", "Mistake", "Pick", "Quiz", "keyed")
_WIDGETS = {"Explorer": "explorer", **dict.fromkeys(_QUESTIONS, "question")}

__all__ = [
    "Choice",
    "Frame",
    "Scalar",
    "Scene",
    "Select",
    "Slider",
    "Steps",
    "Toggle",
    "full_color",
    "to_display",
    *_PANELS,
    *_WIDGETS,
]


def __getattr__(name: str) -> Any:
    if name not in _WIDGETS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_WIDGETS[name]}", __name__), name)
