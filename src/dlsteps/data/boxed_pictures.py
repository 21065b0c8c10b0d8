"""Pictures of one's own with boxes around what is in them, annotated in COCO's format."""

import hashlib
import os
from dataclasses import replace
from itertools import compress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from PIL import ExifTags, Image, ImageOps
from torch import Tensor

from dlsteps.data.coco_file import Annotations, Entry, read_coco
from dlsteps.data.errors import DataError, short
from dlsteps.data.picture_files import (
    PictureFiles,
    as_bytes,
    check_room,
    check_size,
    first_of,
    opened,
    part_of,
    plain,
    warn_of_skipped,
)
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
        counts: objects in each picture.
        boxes: (n, 4) of each picture, as shares of its square.
        labels: (n,) of each picture.
        groups: how many annotations of the file are of groups, and left out.
        files: the pictures, read when they are asked for; `files.skipped` says what was left out.
    """

    def __init__(self, entries: list[Entry], found: Annotations, files: PictureFiles, size: int, seed: int):
        self.classes, self.groups, self.files, self._seed = found.classes, found.groups, files, seed
        self.counts = [len(entry.labels) for entry in entries]
        self.most = max(1, *self.counts)
        self.boxes = [_in_square(entry, size) for entry in entries]
        self.labels = [torch.tensor(entry.labels, dtype=torch.long) for entry in entries]

    def facts(self) -> dict[str, int | str]:
        """Say by what the same annotations are known again."""
        digest = hashlib.sha256()
        for boxes, labels in zip(self.boxes, self.labels, strict=True):
            digest.update(boxes.numpy().tobytes() + labels.numpy().tobytes())
        left_out = {"groups left out": self.groups} if self.groups else {}
        return {"objects": sum(self.counts), **left_out, "boxes and labels": digest.hexdigest()[:12]}

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
            n = len(self.labels[k])
            boxes[row, :n], labels[row, :n] = self.boxes[k], self.labels[k]
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

    A picture keeps its shape: its longer side becomes `size`, and gray margins fill the square. One that the
    camera turned is shown upright, unless the annotated size is that in which it lies. Boxes are cut at the
    edge of their picture. Groups ("iscrowd") are left out and counted; boxes without area in the square, and
    pictures that are missing, damaged or of another size than annotated, are left out and named in a warning.
    Where the file gives no width or height, they are the picture's own.

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
        DataError: if the file is not in COCO's format, or no picture is left.
        ValueError: if an argument is impossible.

    Source:
        Lin et al., Microsoft COCO (2014); the format is that of cocodataset.org.
    """
    check_size(size, channels)
    path = Path(annotations)
    top = Path(images) if images else path.parent
    found = read_coco(path, top)
    everything, skipped = _looked_at(found.entries, size, path)
    warn_of_skipped(skipped)
    entries = part_of(everything, part)
    if not entries:
        raise DataError(
            f"{path} leaves no pictures for part {part!r} ({len(found.entries)} are named, {len(skipped)} "
            f"are skipped{first_of(skipped)}); is {top} the folder that file names start from?"
        )

    def read(k: int) -> np.ndarray:
        return as_bytes(_letterbox(_upright(entries[k], channels), size))

    files = PictureFiles([entry.path for entry in entries], read, room)
    files.skipped |= skipped
    return CocoBoxes(entries, found, files, size, seed)


def _looked_at(entries: list[Entry], size: int, path: Path) -> tuple[list[Entry], dict[str, str]]:
    """Hold entries against their pictures: what is usable, by file name, and what is wrong with the rest."""
    usable, skipped = [], {}
    for entry in entries:
        try:
            known = replace(entry, size=_size(entry, path))
        except Exception as error:  # a damaged file can make a decoder raise anything
            skipped[str(entry.path)] = str(error)
            continue
        boxes = _in_square(known, size)
        kept = (boxes[:, 2:] > boxes[:, :2]).all(1).tolist()  # in the precision in which they are used
        for name, box, is_kept in zip(entry.names, entry.boxes, kept, strict=True):
            if not is_kept:
                skipped[name] = f"its bbox {short(list(box))} has no area in {entry.path.name}"
        columns = {key: list(compress(getattr(entry, key), kept)) for key in ("boxes", "labels", "names")}
        usable.append(replace(known, **columns))
    return sorted(usable, key=lambda entry: entry.path), skipped


def _size(entry: Entry, path: Path) -> tuple[int, int]:
    """Return the size in which a picture was annotated: its own, upright or as it lies."""
    if not os.path.isfile(entry.path):  # which takes a name of any length
        raise DataError("no such file")
    with opened(entry.path) as image:
        if entry.size == image.size:
            return image.size
        check_room(image)  # some formats are decoded to find out how the picture lies
        lying = image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
        size = image.size[::-1] if lying else image.size
    if all(annotated in (None, own) for annotated, own in zip(entry.size, size, strict=True)):
        return size
    W, H = ("not given" if side is None else short(side) for side in entry.size)
    raise DataError(f"{path.name} says width {W}, height {H}, and it has width {size[0]}, height {size[1]}")


def _upright(entry: Entry, channels: int) -> Image.Image:
    """Open a picture in the orientation in which it was annotated."""
    with opened(entry.path) as image:
        check_room(image)
        upright = ImageOps.exif_transpose(image)
        return plain(upright if upright.size == entry.size else image, channels, image)


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
    corners = torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], 1)
    corners = corners.clamp(min=0).minimum(torch.tensor([W, H] * 2))
    factor = torch.tensor([w / W, h / H] * 2, dtype=torch.float64)
    return ((corners * factor + torch.tensor([left, above] * 2)) / size).float()
