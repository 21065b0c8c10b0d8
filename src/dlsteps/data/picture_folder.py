"""A folder of pictures of one's own as an endless row of samples."""

from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64
from PIL import Image, ImageOps
from torch import Tensor

from dlsteps.data.picture_files import (
    PictureFiles,
    as_bytes,
    check_size,
    open_picture,
    part_of,
    warn_of_skipped,
)
from dlsteps.data.shuffle import shuffled


class ImageFolder:
    """Pictures by sample number; made by `image_folder`.

    Attributes:
        files: the pictures, read when they are asked for; `files.skipped` says what is wrong with others.
    """

    def __init__(self, files: PictureFiles, seed: int, dtype: torch.dtype):
        self.files, self._seed, self._dtype = files, seed, dtype

    def __len__(self) -> int:
        return len(self.files)

    def __call__(self, numbers: Int64[Tensor, " n"]) -> Float[Tensor, "n C size size"]:
        """Return the pictures of some samples, in [0, 1]; each file comes once before any comes again."""
        items = shuffled(numbers, len(self), self._seed).tolist()
        squares = np.stack([self.files.readable(k)[1] for k in items])
        return torch.from_numpy(squares).to(self._dtype) / 255


def image_folder(
    folder: str | Path,
    size: int,
    channels: int = 3,
    *,
    part: str = "all",
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    room: int = 2**28,
) -> ImageFolder:
    """Read a folder of pictures, and the folders in it, as squares of one size.

    The middle square of each picture is resized. Files that are no pictures, or damaged, are skipped and
    named in a warning; hidden ones are not looked at.

    Args:
        folder: where the pictures are.
        size: side of the squares in pixels.
        channels: 3 for color, 1 for gray.
        part: "all", or "train" and "test": every tenth file is in the latter. Pictures that were taken one
            after the other may be in both.
        seed: of the order.
        dtype: of the pictures.
        room: bytes of pictures that are kept in memory; those beyond are read anew each time.

    Returns:
        A function from sample numbers (n,) to pictures (n, channels, size, size) in [0, 1].

    Raises:
        ValueError: if there is no such folder or no picture in it, or size, channels or part is impossible.
    """
    check_size(size, channels)
    top = Path(folder)
    if not top.is_dir():
        raise ValueError(f"{top} is no folder; give one with pictures in it, e.g. PNG or JPEG")
    found = sorted(path for path in top.rglob("*") if path.is_file() and not _hidden(path.relative_to(top)))
    skipped = {str(path): why for path in found if (why := _why_no_picture(path))}
    warn_of_skipped(skipped)
    paths = part_of([path for path in found if str(path) not in skipped], part)
    if not paths:
        raise ValueError(
            f"{top} has no pictures for part {part!r} ({len(found)} files, {len(skipped)} are no pictures); "
            "give a folder with more PNG or JPEG files"
        )

    def read(k: int) -> np.ndarray:
        image = open_picture(paths[k], channels, size)
        return as_bytes(ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS))

    files = PictureFiles(paths, read, room)
    files.skipped |= skipped
    return ImageFolder(files, seed, dtype)


def _hidden(path: Path) -> bool:
    return any(name.startswith(".") for name in path.parts)


def _why_no_picture(path: Path) -> str:
    """Look at the first bytes only: a folder may be large. Damage further on shows when the file is read."""
    try:
        with Image.open(path):
            return ""
    except Exception as error:  # a damaged file can make a decoder raise anything
        return str(error)
