"""Pictures of one's own with boxes around what is in them, annotated in COCO's format."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from PIL import Image, ImageOps
from torch import Tensor

from dlsteps.data.coco_file import Entry, read_coco
from dlsteps.data.picture_files import PictureFiles, as_bytes, check_size, part_of, plain, warn_of_skipped
from dlsteps.data.shuffle import shuffled

GRAY = 128  # of the margins


class BoxedPictures(NamedTuple):
    """Pictures with the truth about them.

    Attributes:
        pictures: (n, C, size, size) in [0, 1].
        boxes: (n, most, 4) in the format xyxy, as shares of the picture; 0 where there is no object.
        labels: (n, most) classes, counted from 0; -1 where there is no object. Objects come first.
    """

    pictures: Tensor
    boxes: Tensor
    labels: Tensor


class CocoBoxes:
    """Annotated pictures by sample number; made by `coco_boxes`.

    Attributes:
        classes: their names, in the order of the labels.
        most: objects in the fullest picture.
        files: the pictures, read when they are asked for; `files.skipped` says what was left out.
    """

    def __init__(
        self, entries: list[Entry], classes: tuple[str, ...], files: PictureFiles, size: int, seed: int
    ):
        self.classes, self.files, self._size, self._seed = classes, files, size, seed
        self.most = max(1, *(len(entry.labels) for entry in entries))
        self._boxes = [_in_square(entry, size) for entry in entries]
        self._labels = [torch.tensor(entry.labels, dtype=torch.long) for entry in entries]

    def __len__(self) -> int:
        return len(self.files)

    def __call__(self, numbers: Int64[Tensor, " n"]) -> BoxedPictures:
        """Return some samples; each picture comes once before any comes again."""
        items = shuffled(numbers, len(self), self._seed).tolist()
        found = [self.files.readable(k) for k in items]
        squares = np.stack([square for _, square in found])
        boxes = torch.zeros(len(items), self.most, 4)
        labels = torch.full((len(items), self.most), -1)
        for row, (k, _) in enumerate(found):
            n = len(self._labels[k])
            boxes[row, :n], labels[row, :n] = self._boxes[k], self._labels[k]
        return BoxedPictures(torch.from_numpy(squares).float() / 255, boxes, labels)


def coco_boxes(
    annotations: str | Path,
    size: int,
    channels: int = 3,
    *,
    images: str | Path = "",
    part: str = "all",
    seed: int = 0,
    room: int = 2**28,
) -> CocoBoxes:
    """Read annotated pictures as squares of one size, with their boxes.

    A picture keeps its shape: its longer side becomes `size`, and gray margins fill the square. Boxes are cut
    at the edge of their picture. Groups ("iscrowd") are left out; boxes without area inside their picture,
    and pictures that are missing or damaged, are left out and named in a warning.

    Args:
        annotations: a JSON file with images, annotations and categories.
        size: side of the squares in pixels.
        channels: 3 for color, 1 for gray.
        images: the folder that file names start from; by default, that of the JSON file.
        part: "all", or "train" and "test": every tenth picture is in the latter.
        seed: of the order.
        room: bytes of pictures that are kept in memory; those beyond are read anew each time.

    Returns:
        A function from sample numbers (n,) to `BoxedPictures`.

    Raises:
        ValueError: if the file is not in COCO's format, no picture is left, or an argument is impossible.

    Source:
        Lin et al., Microsoft COCO (2014); the format is that of cocodataset.org.
    """
    check_size(size, channels)
    path = Path(annotations)
    top = Path(images) if images else path.parent
    everything, classes, skipped = read_coco(path, top)
    warn_of_skipped(skipped)
    entries = part_of([entry for entry in everything if str(entry.path) not in skipped], part)
    if not entries:
        raise ValueError(
            f"{path} leaves no pictures for part {part!r} ({len(everything)} are named, {len(skipped)} are "
            f"skipped); is {top} the folder that file names start from?"
        )

    def read(k: int) -> np.ndarray:
        return as_bytes(_letterbox(_opened(entries[k], channels), size))

    files = PictureFiles([entry.path for entry in entries], read, room)
    files.skipped |= skipped
    return CocoBoxes(entries, classes, files, size, seed)


def _opened(entry: Entry, channels: int) -> Image.Image:
    """Open a picture in the orientation in which it was annotated."""
    with Image.open(entry.path) as image:
        upright = image if image.size == entry.size else ImageOps.exif_transpose(image)
        if upright.size != entry.size:
            raise ValueError(f"it has {image.size} pixels, and was annotated with {entry.size}")
        return plain(upright, channels)


def _scaled(size: tuple[int, int], side: int) -> tuple[int, int, int, int]:
    """Width and height in a square of a picture of some size, and the margins to its left and above it."""
    W, H = size
    scale = side / max(W, H)
    w, h = max(1, round(W * scale)), max(1, round(H * scale))
    return w, h, (side - w) // 2, (side - h) // 2


def _letterbox(image: Image.Image, size: int) -> Image.Image:
    w, h, left, above = _scaled(image.size, size)
    square = Image.new(image.mode, (size, size), (GRAY,) * len(image.getbands()))
    square.paste(image.resize((w, h), Image.Resampling.LANCZOS), (left, above))
    return square


def _in_square(entry: Entry, size: int) -> Tensor:
    W, H = entry.size
    w, h, left, above = _scaled(entry.size, size)
    boxes = torch.tensor(entry.boxes, dtype=torch.float64).view(-1, 4)
    factor = torch.tensor([w / W, h / H] * 2, dtype=torch.float64)
    return ((boxes * factor + torch.tensor([left, above] * 2)) / size).float()
