"""What scenes look like: how large, how many, how crooked."""

from dataclasses import dataclass
from math import ceil, cos, radians, sin, tan

PARTS = ("train", "validation", "test")
TRIES = 12  # places that are tried for a digit before it is left out


@dataclass(frozen=True)
class SceneStyle:
    """The ranges that a scene is drawn from; each number is evenly spread over its range.

    Attributes:
        size: Height and width of the picture in pixels.
        most: Largest number of digits; the least is 1.
        fragments: Largest number of quarter digits that are strewn between; the least is 0.
        smallest: Least height of a digit's 8 rows, in pixels.
        largest: Largest height of a digit's 8 rows, in pixels.
        stretch: Width over height of a cell, from 1 − stretch to 1 + stretch.
        turn: Largest turn to either side, in degrees.
        slant: Largest slant to either side, in degrees.
        bend: How far 4×4 points of a digit are moved at random, in its cells, so that lines become curves.
        overlap: Largest part of the smaller of two boxes that the other may cover.
    """

    size: int = 96
    most: int = 6
    fragments: int = 4
    smallest: float = 16.0
    largest: float = 34.0
    stretch: float = 0.15
    turn: float = 12.0
    slant: float = 8.0
    bend: float = 0.0
    overlap: float = 0.1

    def __post_init__(self) -> None:
        if self.most < 1 or self.fragments < 0:
            raise ValueError(
                f"most={self.most} and fragments={self.fragments} leave no digit; try most=6 and fragments=4"
            )
        if not 8 <= self.smallest <= self.largest:
            raise ValueError(
                f"digits from smallest={self.smallest} to largest={self.largest} pixels cannot be drawn; "
                "try 16 and 34, and 8 or more for both"
            )
        if not (0 <= self.stretch < 1 and 0 <= self.turn <= 180 and 0 <= self.slant < 60 and self.bend >= 0):
            raise ValueError(
                f"stretch={self.stretch}, turn={self.turn}, slant={self.slant} and bend={self.bend} leave "
                "[0, 1), [0, 180], [0, 60) or [0, ∞); try 0.15, 12, 8 and 0"
            )
        if not 0 <= self.overlap <= 1:
            raise ValueError(f"overlap={self.overlap} is not a share from 0 to 1; try 0.1")
        if self.patch > self.size:
            raise ValueError(
                f"size={self.size} has no room for a digit of up to {self.patch} pixels; "
                f"try size={self.patch} or more, or a smaller largest={self.largest}"
            )

    @classmethod
    def of_size(cls, size: int, bend: float = 0.0) -> "SceneStyle":
        """Return the default ranges for pictures of another size: digits grow or shrink with them."""
        zoom = size / cls.size
        return cls(size=size, smallest=zoom * cls.smallest, largest=zoom * cls.largest, bend=bend)

    @property
    def slots(self) -> int:
        """How many digits and fragments a scene can hold."""
        return self.most + self.fragments

    @property
    def patch(self) -> int:
        """Side in pixels of a square that holds any digit, however it is turned, slanted and stretched."""
        turn = radians(min(self.turn, 45))
        wide = 1 + self.stretch + tan(radians(self.slant))
        return ceil(self.largest * (wide * cos(turn) + sin(turn))) + 1
