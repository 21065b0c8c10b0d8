"""Picture files of any size and kind as squares of bytes, read when they are asked for."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

PARTS = ("all", "train", "test")
HELD_OUT = 10  # every tenth file is in the test part
MODES = {1: "L", 3: "RGB"}
NAMED = 5  # as many of the skipped files stand in the warning; `skipped` has them all

Item = TypeVar("Item")


class PictureFiles:
    """Squares that are read from files on demand and kept while there is room.

    A file that turns out to be damaged is skipped: the next one that can be read is shown in its place, and
    it is named once, as a warning, and in `skipped`.

    Args:
        paths: the files, in an order that does not depend on the machine.
        read: takes the position of a file to its square (channels, size, size), bytes.
        room: bytes that may be kept.

    Attributes:
        skipped: what is wrong with each file that cannot be read.
        kept: bytes that are kept now.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[int], np.ndarray], room: int):
        self.paths, self._read, self._room = paths, read, room
        self.skipped: dict[str, str] = {}
        self.kept = 0
        self._squares: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def readable(self, k: int) -> tuple[int, np.ndarray]:
        """Return the first readable file from position k on, going round, and its square.

        Raises:
            ValueError: if no file can be read.
        """
        for turn in range(len(self)):
            place = (k + turn) % len(self)
            square = self._square(place)
            if square is not None:
                return place, square
        raise ValueError(f"none of the {len(self)} picture files can be read, {self.paths[0]} among them")

    def _square(self, k: int) -> np.ndarray | None:
        if k in self._squares:
            return self._squares[k]
        name = str(self.paths[k])
        if name in self.skipped:
            return None
        try:
            square = self._read(k)
        except Exception as error:  # a damaged file can make a decoder raise anything
            self.skipped[name] = str(error)
            warn_of_skipped({name: str(error)})
            return None
        if self.kept + square.nbytes <= self._room:
            self._squares[k] = square
            self.kept += square.nbytes
        return square


def open_picture(path: Path, channels: int, size: int) -> Image.Image:
    """Open a picture upright, in gray or in color, on white where it is transparent.

    A JPEG that is far larger than `size` is decoded at a fraction of its size, which bounds the memory.
    """
    with Image.open(path) as image:
        image.draft(MODES[channels], (size, size))
        return plain(ImageOps.exif_transpose(image), channels)


def plain(image: Image.Image, channels: int) -> Image.Image:
    """Return a picture of any kind in 8 bits, gray or color."""
    if image.mode.startswith("I"):  # 16 bits a pixel; the plain conversion would cut at 255
        image = Image.fromarray((np.asarray(image, dtype=np.int64).clip(0, 65535) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert(MODES[channels])


def as_bytes(image: Image.Image) -> np.ndarray:
    """Return an image as an array (channels, height, width)."""
    array = np.asarray(image)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def part_of(items: Sequence[Item], part: str) -> list[Item]:
    """Return all items, those to learn from, or every tenth, which is held out."""
    if part not in PARTS:
        raise ValueError(f"no part is called {part!r}; try one of {', '.join(PARTS)}")
    held_out = range(HELD_OUT - 1, len(items), HELD_OUT)
    return [item for k, item in enumerate(items) if part == "all" or (k in held_out) == (part == "test")]


def check_size(size: int, channels: int) -> None:
    """Refuse squares that cannot be."""
    if size < 1:
        raise ValueError(f"size={size} leaves no pixel; give 1 or more")
    if channels not in MODES:
        raise ValueError(f"channels={channels} is neither gray nor color; try 1 or 3")


def warn_of_skipped(skipped: dict[str, str]) -> None:
    """Name files that are skipped."""
    if skipped:
        listed = "; ".join(f"{name} ({why})" for name, why in list(skipped.items())[:NAMED])
        more = f" and {len(skipped) - NAMED} more" if len(skipped) > NAMED else ""
        warnings.warn(f"skipped: {listed}{more}", stacklevel=3)
