"""The panels that a frame can show, one file each; this is the one list of them."""

from .axes import Axes
from .bars import Bars
from .curves import Curves, Line
from .graph import Graph, Node
from .image import Image
from .matrix import Matrix
from .shelf import Shelf
from .tokens import Tokens

__all__ = ["Axes", "Bars", "Curves", "Graph", "Image", "Line", "Matrix", "Node", "Shelf", "Tokens"]
