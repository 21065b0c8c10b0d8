"""The S×S grid and its B·5 + C numbers a cell: where each number of a YOLO tensor stands."""

from dataclasses import dataclass
from numbers import Integral
from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.checks import check_floating


class Cells(NamedTuple):
    """A YOLO tensor taken apart.

    Attributes:
        boxes: (..., S, S, B, 4), x and y from the cell's corner in cells, w and h as shares of the image.
        confidence: (..., S, S, B).
        classes: (..., S, S, C).
    """

    boxes: Tensor
    confidence: Tensor
    classes: Tensor


@dataclass(frozen=True)
class Grid:
    """How YOLO cuts an image up.

    The vector of a cell is B times (x, y, w, h, confidence), and then C class probabilities. The
    defaults are the paper's: 7·7·30 numbers.

    Attributes:
        S: Rows and columns of cells.
        B: Boxes that each cell proposes.
        C: Classes.

    Raises:
        TypeError: If one of them is not a whole number.
        ValueError: If one of them is below 1.

    Source:
        Redmon et al., You Only Look Once (2016), section 2.
    """

    S: int = 7
    B: int = 2
    C: int = 20

    def __post_init__(self) -> None:
        for name in ("S", "B", "C"):
            value = getattr(self, name)
            if not isinstance(value, Integral):
                raise TypeError(f"{name}={value!r} is not a whole number; try {name}=1 or more")
            if value < 1:
                raise ValueError(f"{name}={value} leaves nothing to predict; try 1 or more")

    @property
    def depth(self) -> int:
        """How many numbers a cell has: B·5 + C."""
        return self.B * 5 + self.C

    def split(self, tensor: Float[Tensor, "... S S D"], name: str = "tensor") -> Cells:
        """Take a YOLO tensor apart into boxes, confidences and class probabilities.

        Args:
            tensor: Numbers of every cell, shape (..., S, S, B·5+C).
            name: What to call it in an error.

        Returns:
            Three views of the tensor, as `Cells`.

        Raises:
            TypeError: If the tensor is not floating point.
            ValueError: If the last three axes are not (S, S, B·5+C), or a number is not finite.
        """
        S, B = self.S, self.B
        check_floating(tensor, name)
        if tuple(tensor.shape[-3:]) != (S, S, self.depth):
            raise ValueError(
                f"{name} of shape {tuple(tensor.shape)} does not end in (S, S, B·5+C) = "
                f"({S}, {S}, {self.depth}); try Grid(S, B, C) with the numbers that it was made for"
            )
        if not tensor.isfinite().all():
            raise ValueError(f"{name} has NaN or infinite numbers; try a lower learning rate")
        proposals = tensor[..., : 5 * B].unflatten(-1, (B, 5))  # (..., S, S, B, 5)
        return Cells(proposals[..., :4], proposals[..., 4], tensor[..., 5 * B :])
