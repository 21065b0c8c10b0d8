"""What shows things: controls, frames, questions, and the explorer that runs in a notebook and in plain HTML.

The stage knows nothing of deep learning. A scene, elsewhere, turns control values into a frame;
the stage lays the frame out, links its cells, and steps through it with or without a kernel.
"""

from .controls import Choice, Scalar, Slider, Steps, Toggle
from .display import full_color, to_display
from .explorer import Explorer
from .frame import Frame, Select
from .panels import *  # noqa: F403 - the list of panels stands there alone
from .panels import __all__ as _PANELS
from .question import Answer, Choose, ChooseAll, Enter, Mistake, Pick, Quiz, keyed

__all__ = [
    "Answer",
    "Choice",
    "Choose",
    "ChooseAll",
    "Enter",
    "Explorer",
    "Frame",
    "Mistake",
    "Pick",
    "Quiz",
    "Scalar",
    "Select",
    "Slider",
    "Steps",
    "Toggle",
    "full_color",
    "keyed",
    "to_display",
    *_PANELS,
]
