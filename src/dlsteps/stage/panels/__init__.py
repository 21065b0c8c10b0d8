"""The panels that a frame can show, one file each; this is the one list of them."""

from .axes import Axes
from .bars import Bars
from .curves import Curves, Line
from .image import Image
from .matrix import Matrix
from .shelf import Shelf

__all__ = ["Axes", "Bars", "Curves", "Image", "Line", "Matrix", "Shelf"]
