"""What shows things: controls, frames and the explorer that runs in a notebook and in plain HTML.

The stage knows nothing of deep learning. A scene, elsewhere, turns control values into a frame;
the stage lays the frame out, links its cells, and steps through it with or without a kernel.
"""

from .controls import Choice, Scalar, Slider, Steps, Toggle
from .display import full_color, to_display
from .explorer import Explorer
from .frame import Axes, Bars, Curves, Frame, Image, Line, Matrix, Select, Shelf

__all__ = [
    "Axes",
    "Bars",
    "Choice",
    "Curves",
    "Explorer",
    "Frame",
    "Image",
    "Line",
    "Matrix",
    "Scalar",
    "Select",
    "Shelf",
    "Slider",
    "Steps",
    "Toggle",
    "full_color",
    "to_display",
]
