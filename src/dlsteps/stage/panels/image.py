"""A picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from .panel import Cells, Panel


@dataclass(frozen=True, kw_only=True, eq=False)
class Image(Cells, Panel):
    """A gray (H, W, 1) or RGB (H, W, 3) image in [0, 1], with a grid and boxes (x, y, w, h, label).

    Its cells are its pixels: `keys` broadcast to (H, W).
    """

    kind: ClassVar[str] = "image"
    values: Any
    keys: Any = None
    grid: int = 0
    boxes: Sequence[tuple[float, float, float, float, str]] = ()

    def __post_init__(self) -> None:
        self._prepare(3, "an (H, W, 1) or (H, W, 3) image")
        if self.values.shape[2] not in (1, 3):
            raise ValueError(f"an Image has 1 or 3 channels; got {self.values.shape[2]}")

    @property
    def cell_shape(self) -> tuple[int, ...]:
        return self.values.shape[:2]

    def table(self) -> str:
        H, W = self.cell_shape
        return f"{self.title}: an image of {H} × {W} pixels."
