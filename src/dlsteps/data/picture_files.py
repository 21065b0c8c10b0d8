"""Picture files of any size and kind as squares of bytes, read when they are asked for."""

import hashlib
import os
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageOps

from dlsteps.data.errors import DataError
from dlsteps.data.picture_values import in_bytes

PARTS = ("all", "train", "test")
HELD_OUT = 10  # every tenth file is in the test part
MODES = {1: "L", 3: "RGB"}
MOST = 2**32  # bytes of a picture while it is read
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

    def check_parts(self, where: str | Path, counts: Sequence[int] | None = None) -> None:
        """Require a picture that can be read to learn from, and one to judge by.

        Args:
            where: the pictures come from, for messages.
            counts: of objects on each picture; if given, there must be one on such a picture.

        Raises:
            DataError: if a part has none.
        """
        if len(self) < HELD_OUT:
            raise DataError(
                f"{where} has {len(self)} pictures that can be used, and every {HELD_OUT}th is held out; "
                f"give {HELD_OUT} or more{first_of(self.skipped)}"
            )
        for part in ("train", "test"):
            places = part_of(range(len(self)), part)
            if not any((not counts or counts[k]) and self._square(k) is not None for k in places):
                objects = f" with one of its {sum(counts)} objects" if counts else ""
                raise DataError(
                    f"{where} has no picture{objects} that can be read in part {part!r}, {len(places)} of "
                    f"{len(self)} pictures, every {HELD_OUT}th held out; give more{first_of(self.skipped)}"
                )

    def facts(self, where: str | Path) -> dict[str, int | str]:
        """Say by what the same files are known again: how many, and a digest of their names and sizes."""
        top = Path(where) if Path(where).is_dir() else Path(where).parent
        lines = (f"{os.path.relpath(path, top)} {path.stat().st_size}" for path in self.paths)
        digest = hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape"))
        return {"pictures": len(self), "names and sizes of files": digest.hexdigest()[:12]}

    def readable(self, k: int) -> tuple[int, np.ndarray]:
        """Return the first readable file from position k on, going round, and its square.

        Raises:
            DataError: if no file can be read.
        """
        for turn in range(len(self)):
            place = (k + turn) % len(self)
            square = self._square(place)
            if square is not None:
                return place, square
        raise DataError(f"none of the {len(self)} picture files can be read{first_of(self.skipped)}")

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


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Open a picture file of any size: Pillow's own limit is against pictures that strangers send."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(path) as image:
            yield image
    finally:
        Image.MAX_IMAGE_PIXELS = before


def open_picture(path: Path, channels: int, size: int) -> Image.Image:
    """Open a picture upright, in gray or in color, on white where it is transparent.

    A JPEG that is far larger than `size` is decoded at a fraction of its size, which bounds the memory.
    """
    with opened(path) as image:
        image.draft(MODES[channels], (size, size))
        check_room(image)
        return plain(ImageOps.exif_transpose(image), channels, image)


def check_room(image: Image.Image) -> None:
    """Refuse what would fill the memory: a run of many hours should not end with it."""
    W, H = image.size
    size = W * H * len(image.getbands()) * (4 if image.mode in ("I", "F") else 1)
    if size > MOST:
        raise DataError(f"its {W}×{H} pixels take {size} bytes, and {MOST} are the most; make it smaller")


def plain(image: Image.Image, channels: int, source: Image.Image | None = None) -> Image.Image:
    """Return a picture of any kind in 8 bits, gray or color.

    Args:
        image: the picture, upright.
        channels: 1 or 3.
        source: the picture as it was opened, which knows what its file says; by default, `image`.
    """
    if image.mode.startswith(("I", "F")):  # more than 8 bits a pixel; the plain conversion would cut at 255
        image = in_bytes(image, source or image)
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


def first_of(skipped: dict[str, str]) -> str:
    """Name one of the files that were skipped, and why."""
    return "".join(f"; {name}: {why}" for name, why in list(skipped.items())[:1])


def warn_of_skipped(skipped: dict[str, str]) -> None:
    """Name files that are skipped."""
    if skipped:
        listed = "; ".join(f"{name} ({why})" for name, why in list(skipped.items())[:NAMED])
        more = f" and {len(skipped) - NAMED} more" if len(skipped) > NAMED else ""
        warnings.warn(f"skipped: {listed}{more}", stacklevel=3)
