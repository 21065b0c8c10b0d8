"""COCO's annotation file: read, checked, and turned into one entry for each picture."""

import json
import math
import os
import reprlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from dlsteps.data.errors import DataError, short

KEYS = {
    "images": ("id", "file_name"),
    "annotations": ("image_id", "category_id", "bbox"),
    "categories": ("id", "name"),
}
_GROUP = {None: False, 0: False, 1: True, "0": False, "1": True}  # what "iscrowd" may be, by its value


@dataclass(frozen=True)
class Entry:
    """A picture's file and its objects.

    Attributes:
        path: of the file.
        size: width and height in pixels, as annotated; None for what the file leaves to the picture.
        boxes: left, top, width and height in pixels, as annotated.
        labels: classes, counted from 0.
        names: what messages call each object.
    """

    path: Path
    size: tuple[int | None, int | None]
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


class Annotations(NamedTuple):
    """What an annotation file holds.

    Attributes:
        entries: one for each picture.
        classes: their names, in the order of their ids.
        groups: how many annotations are of groups ("iscrowd"), which are left out.
    """

    entries: list[Entry]
    classes: tuple[str, ...]
    groups: int


def read_coco(path: Path, top: Path) -> Annotations:
    """Read an annotation file.

    Args:
        path: of the JSON file.
        top: the folder that file names start from.

    Raises:
        DataError: if the file is not in COCO's format; it names the place, the field and the value.
    """
    found = _load(path)
    categories = sorted(
        found["categories"], key=lambda category: (isinstance(category["id"], str), category["id"])
    )
    labels = {category["id"]: k for k, category in enumerate(categories)}
    entries = {image["id"]: _entry(path, image, top) for image in found["images"]}
    for name, known in (("categories", labels), ("images", entries)):
        if len(known) < len(found[name]):
            raise DataError(f"{path}: two {name} have the same id; give each its own")
    groups, names = 0, set()
    for k, annotation in enumerate(found["annotations"]):
        name = f"annotation {short(annotation.get('id', k))}"
        name = f"annotations[{k}]" if name in names else name  # where all have the same id
        names.add(name)
        entry = _known(path, name, "image_id", annotation, entries)
        label = _known(path, name, "category_id", annotation, labels)
        box = _checked_box(path, name, annotation["bbox"])
        if _is_group(path, name, annotation.get("iscrowd")):
            groups += 1
            continue
        entry.boxes.append(box)
        entry.labels.append(label)
        entry.names.append(name)
    return Annotations(
        list(entries.values()), tuple(str(category["name"]) for category in categories), groups
    )


def _load(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        found = json.loads(path.read_bytes())  # in UTF-8, 16 or 32, with a byte-order mark or without
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}); give a JSON file in COCO's format"
        ) from error
    except (ValueError, RecursionError) as error:  # of JSON, or of its encoding
        raise DataError(f"{path} is no JSON ({error}); give a file in COCO's format") from error
    for name, keys in KEYS.items():
        items = found.get(name) if isinstance(found, dict) else None
        if not isinstance(items, list):
            raise DataError(f"{path} has no list {name!r}; COCO's format has {', '.join(KEYS)}")
        for k, item in enumerate(items):
            _check_item(f"{path}: {name}[{k}]", item, keys)
    return found


def _check_item(place: str, item: Any, keys: tuple[str, ...]) -> None:
    missing = [key for key in keys if not isinstance(item, dict) or key not in item]
    if missing:
        raise DataError(f"{place} lacks {', '.join(missing)}; each has {', '.join(keys)}")
    for key in keys:
        value = item[key]
        if key.endswith("id") and not (isinstance(value, str) or _is_whole(value)):
            raise DataError(f"{place} has the {key} {reprlib.repr(value)}; give a number or a text")
        if key.endswith("name") and not ((isinstance(value, str) and value) or _is_whole(value)):
            raise DataError(f"{place} has the {key} {reprlib.repr(value)}; give a text")


def _entry(path: Path, image: dict[str, Any], top: Path) -> Entry:
    name, sides = str(image["file_name"]), (image.get("width"), image.get("height"))
    if not all(side is None or (_is_whole(side) and side > 0) for side in sides):
        W, H = map(short, sides)
        raise DataError(
            f"{path}: {name} is {W}×{H}; width and height count pixels, from 1 up, or are left out"
        )
    if "\\" in name and not os.path.exists(top / name):  # as Windows writes folders
        name = name.replace("\\", "/")
    W, H = (None if side is None else int(side) for side in sides)
    return Entry(top / name, (W, H))


def _known(path: Path, name: str, key: str, annotation: dict[str, Any], known: dict[Any, Any]) -> Any:
    if annotation[key] not in known:
        raise DataError(
            f"{path}: {name} has the {key} {reprlib.repr(annotation[key])}, which is not in the file; add it"
        )
    return known[annotation[key]]


def _checked_box(path: Path, name: str, bbox: Any) -> tuple[float, float, float, float]:
    numbers = [_number(x) for x in bbox] if isinstance(bbox, list) else []
    if len(numbers) != 4 or None in numbers:
        raise DataError(f"{path}: {name} has bbox {short(bbox)}; give four numbers: left, top, width, height")
    return tuple(bbox)


def _is_group(path: Path, name: str, value: Any) -> bool:
    """Read "iscrowd" by its value: the text "0" is true to Python, and no group."""
    if not isinstance(value, int | float | str | None) or value not in _GROUP:
        raise DataError(
            f"{path}: {name} has iscrowd {reprlib.repr(value)}; give 0 for one object, 1 for a group"
        )
    return _GROUP[value]


def _number(value: Any) -> float | None:
    """Return a finite number; None for what is none, a text or a truth value among them."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # of a whole number with hundreds of digits
        return None


def _is_whole(value: Any) -> bool:
    number = _number(value)
    return number is not None and number.is_integer()
