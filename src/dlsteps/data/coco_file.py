"""COCO's annotation file: read, checked, and turned into one entry for each picture."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEYS = {
    "images": ("id", "file_name", "width", "height"),
    "annotations": ("image_id", "category_id", "bbox"),
    "categories": ("id", "name"),
}


@dataclass(frozen=True)
class Entry:
    """A picture's file and its objects.

    Attributes:
        path: of the file.
        size: width and height in pixels, as annotated.
        boxes: left, top, right and bottom in pixels, inside the picture.
        labels: classes, counted from 0.
    """

    path: Path
    size: tuple[int, int]
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)


def read_coco(path: Path, top: Path) -> tuple[list[Entry], tuple[str, ...], dict[str, str]]:
    """Read an annotation file.

    Args:
        path: of the JSON file.
        top: the folder that file names start from.

    Returns:
        An entry for each picture, in the order of file names; the names of the classes, in the order of their
        ids; and what is wrong with each picture or annotation that cannot be used.

    Raises:
        ValueError: if the file is not in COCO's format.
    """
    found = _load(path)
    categories = sorted(found["categories"], key=lambda category: (str(type(category["id"])), category["id"]))
    labels = {category["id"]: k for k, category in enumerate(categories)}
    entries = {image["id"]: _entry(path, image, top) for image in found["images"]}
    for name, known in (("categories", labels), ("images", entries)):
        if len(known) < len(found[name]):
            raise ValueError(f"{path}: two {name} have the same id; give each its own")
    skipped = {}
    for k, annotation in enumerate(found["annotations"]):
        name = f"annotation {annotation.get('id', k)}"
        entry = _known(path, name, "image_id", annotation, entries)
        label = _known(path, name, "category_id", annotation, labels)
        box = _corners(path, name, annotation["bbox"], entry.size)
        if annotation.get("iscrowd"):
            continue
        if box[2] <= box[0] or box[3] <= box[1]:
            skipped[name] = f"its bbox {annotation['bbox']} has no area in {entry.path.name}"
            continue
        entry.boxes.append(box)
        entry.labels.append(label)
    skipped |= {str(entry.path): "no such file" for entry in entries.values() if not entry.path.is_file()}
    ordered = sorted(entries.values(), key=lambda entry: entry.path)
    return ordered, tuple(str(category["name"]) for category in categories), skipped


def _load(path: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read ({error.strerror}); give a JSON file in COCO's format"
        ) from error
    except ValueError as error:  # of JSON, or of UTF-8
        raise ValueError(f"{path} is no JSON ({error}); give a file in COCO's format") from error
    for name, keys in KEYS.items():
        items = found.get(name) if isinstance(found, dict) else None
        if not isinstance(items, list):
            raise ValueError(f"{path} has no list {name!r}; COCO's format has {', '.join(KEYS)}")
        for k, item in enumerate(items):
            missing = [key for key in keys if not isinstance(item, dict) or key not in item]
            if missing:
                raise ValueError(
                    f"{path}: {name}[{k}] lacks {', '.join(missing)}; each has {', '.join(keys)}"
                )
            for key in keys:
                if key.endswith("id") and not isinstance(item[key], int | str):
                    raise ValueError(
                        f"{path}: {name}[{k}] has the {key} {item[key]!r}; give a number or a text"
                    )
    return found


def _entry(path: Path, image: dict[str, Any], top: Path) -> Entry:
    W, H = image["width"], image["height"]
    if not all(isinstance(side, int) and side > 0 for side in (W, H)):
        raise ValueError(f"{path}: {image['file_name']} is {W}×{H}; width and height count pixels, from 1 up")
    return Entry(top / str(image["file_name"]), (W, H))


def _known(path: Path, name: str, key: str, annotation: dict[str, Any], known: dict[Any, Any]) -> Any:
    if annotation[key] not in known:
        raise ValueError(
            f"{path}: {name} has the {key} {annotation[key]!r}, which is not in the file; add it"
        )
    return known[annotation[key]]


def _corners(path: Path, name: str, bbox: Any, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Turn left, top, width and height into corners inside the picture."""
    numbers = bbox if isinstance(bbox, list) else []
    if len(numbers) != 4 or not all(isinstance(x, int | float) and math.isfinite(x) for x in numbers):
        raise ValueError(f"{path}: {name} has bbox {bbox}; give four numbers: left, top, width, height")
    left, top, width, height = numbers
    W, H = size
    right, bottom = min(W, left + width), min(H, top + height)
    return float(max(0, left)), float(max(0, top)), float(right), float(bottom)
