"""A folder of pictures of one's own as an endless row of samples."""

import os
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Int64
from PIL import Image, ImageOps
from torch import Tensor

from dlsteps.data.errors import DataError
from dlsteps.data.picture_files import (
    PictureFiles,
    as_bytes,
    check_size,
    open_picture,
    opened,
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

    The middle square of each picture is resized. Files that are no pictures, or damaged, and folders that may
    not be read, are skipped and named in a warning; hidden ones are not looked at. Folders are followed where
    they are linked, each of them once.

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
        DataError: if there is no such folder or no picture in it.
        ValueError: if size, channels or part is impossible.
    """
    check_size(size, channels)
    top = Path(folder)
    found, skipped = _files_below(top)
    skipped |= {str(path): why for path in found if (why := _why_no_picture(path))}
    warn_of_skipped(skipped)
    paths = part_of([path for path in found if str(path) not in skipped], part)
    if not paths:
        raise DataError(
            f"{top} has no pictures for part {part!r} ({len(found)} files, {len(skipped)} are no pictures); "
            "give a folder with more PNG or JPEG files"
        )

    def read(k: int) -> np.ndarray:
        image = open_picture(paths[k], channels, size)
        return as_bytes(ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS))

    files = PictureFiles(paths, read, room)
    files.skipped |= skipped
    return ImageFolder(files, seed, dtype)


def _files_below(top: Path) -> tuple[list[Path], dict[str, str]]:
    """Return the files in a folder and in those in it, linked ones too; and why some could not be read."""
    if not os.path.isdir(top):  # which takes a name of any length
        raise DataError(f"{top} is no folder; give one with pictures in it, e.g. PNG or JPEG")
    found, skipped, seen = [], {}, set()

    def note(error: OSError) -> None:
        skipped[str(error.filename)] = f"this folder cannot be read: {error.strerror}"

    for folder, folders, names in os.walk(top, followlinks=True, onerror=note):
        here = os.stat(folder)
        if (here.st_dev, here.st_ino) in seen:  # a link back, or a second one to the same folder
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(folder) / name for name in names if not name.startswith(".")]
    return sorted(found), skipped


def _why_no_picture(path: Path) -> str:
    """Look at the first bytes only: a folder may be large. Damage further on shows when the file is read."""
    try:
        if not path.is_file():
            return "its link leads nowhere" if path.is_symlink() else "it is no file"
        with opened(path):
            return ""
    except Exception as error:  # a damaged file can make a decoder raise anything
        return str(error)
