"""What shows things: controls, frames, questions, and the explorer that runs in a notebook and in plain HTML.

The stage knows nothing of deep learning. A scene, elsewhere, turns control values into a frame;
the stage lays the frame out, links its cells, and steps through it with or without a kernel.
"""

from .controls import Choice, Scalar, Slider, Steps, Toggle
from .display import full_color, to_display
from .explorer import Explorer
from .frame import Axes, Bars, Curves, Frame, Image, Line, Matrix, Select, Shelf
from .question import Answer, Choose, ChooseAll, Enter, Mistake, Pick, Quiz, keyed

__all__ = [
    "Answer",
    "Axes",
    "Bars",
    "Choice",
    "Choose",
    "ChooseAll",
    "Curves",
    "Enter",
    "Explorer",
    "Frame",
    "Image",
    "Line",
    "Matrix",
    "Mistake",
    "Pick",
    "Quiz",
    "Scalar",
    "Select",
    "Shelf",
    "Slider",
    "Steps",
    "Toggle",
    "full_color",
    "keyed",
    "to_display",
]
