"""Real digits, scaled, turned, slanted and bent to patches of ink, with the box that is tight around it."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from dlsteps.data.digits import split_digits
from dlsteps.data.scenes.shares import Shares
from dlsteps.data.scenes.style import SceneStyle

CELLS = 10  # a digit's 8 rows and columns, with a blank one around
FINER = 3  # the file's cells are cut into 3×3 once, smoothly; patches are then read off by straight lines
INK = 0.25  # what covers at least a quarter of a pixel is ink, and the box goes around it
CONTROLS = 4  # a bend moves 4×4 points of a digit, and what lies between them with them


class Sheet(NamedTuple):
    """All that can be pasted from one part of the digits.

    Attributes:
        images: (5·D, 1, 30, 30): D digits, then their four quarters each.
        labels: (D,) the digits' classes.
    """

    images: Tensor
    labels: np.ndarray


@lru_cache
def sheet(part: str) -> Sheet:
    """Cut out the digits of a part and their quarters, once."""
    digits = getattr(split_digits(), part)
    whole = digits.images.float()
    quarters = whole.unfold(2, 4, 4).unfold(3, 4, 4).reshape(-1, 1, 4, 4)  # (4·D, 1, 4, 4), digit by digit
    coarse = torch.cat([F.pad(whole, [1] * 4), F.pad(quarters, [3] * 4)])
    fine = F.interpolate(coarse, scale_factor=FINER, mode="bicubic")
    return Sheet(fine.clamp(0, 1), digits.labels.numpy())


class Glyphs(NamedTuple):
    """What is to be pasted, scene by scene.

    Attributes:
        patches: (n, K, P, P) how much of each pixel is covered, 0 to 1.
        boxes: (n, K, 4) first and last row and column with ink: left, top, right, bottom in pixels of the
            patch, right and bottom one beyond the last. All 0 where there is no ink.
    """

    patches: np.ndarray
    boxes: np.ndarray


def draw_glyphs(
    which: np.ndarray, wanted: np.ndarray, part: str, shares: Shares, style: SceneStyle
) -> Glyphs:
    """Deform images of the sheet, each at random.

    Args:
        which: (n, K) rows of the sheet.
        wanted: (n, K) those that are drawn; the others stay blank.
        part: One of `PARTS`.
        shares: Random numbers of the n scenes.
        style: The ranges.

    Returns:
        A patch with its box for each, as `Glyphs`.
    """
    (n, K), P = which.shape, style.patch
    grid = _grid(_to_sheet(shares, K, style)[wanted], P)
    moves = shares.real(-style.bend, style.bend, K, 2, CONTROLS, CONTROLS)[wanted]
    if style.bend:
        grid += _bend((2 / CELLS * moves).astype(np.float32), P)
    ink = F.grid_sample(sheet(part).images[which[wanted]], torch.from_numpy(grid), align_corners=False)
    patches = np.zeros((n, K, P, P), dtype=np.float32)
    patches[wanted] = ink[:, 0].numpy()
    return Glyphs(patches, tight_boxes(patches))


def _to_sheet(shares: Shares, K: int, style: SceneStyle) -> np.ndarray:
    """Draw the matrices (n, K, 2, 2) that take a point of the patch to a point of the sheet's image.

    Both are measured from the center, as shares of half a side.
    """
    height = shares.real(style.smallest, style.largest, K) / 8  # pixels a cell
    width = height * shares.real(1 - style.stretch, 1 + style.stretch, K)
    turn = np.radians(shares.real(-style.turn, style.turn, K))
    slant = np.tan(np.radians(shares.real(-style.slant, style.slant, K)))
    turned_back = np.stack([np.cos(turn), np.sin(turn), -np.sin(turn), np.cos(turn)], -1).reshape(-1, K, 2, 2)
    shrink = np.stack([1 / width, -slant / width, 0 * width, 1 / height], -1).reshape(-1, K, 2, 2)
    return (shrink @ turned_back * (style.patch / CELLS)).astype(np.float32)


def _grid(matrices: np.ndarray, P: int) -> np.ndarray:
    """Do what `F.affine_grid` does, but faster: where each pixel's center lies, (m, P, P, 2)."""
    pixel = (2 * np.arange(P, dtype=np.float32) + 1) / P - 1
    grid = np.empty((len(matrices), P, P, 2), dtype=np.float32)
    for axis in (0, 1):
        x, y = (matrices[:, axis, i, None, None] for i in (0, 1))
        np.add(x * pixel, y * pixel[:, None], out=grid[..., axis])
    return grid


def _bend(moves: np.ndarray, P: int) -> np.ndarray:
    """Spread the moves (m, 2, 4, 4) of 4×4 points over all pixels (m, P, P, 2), as a Bézier surface does."""
    t = ((np.arange(P) + 0.5) / P)[:, None]
    i = np.arange(CONTROLS)
    weights = (np.array([1, 3, 3, 1]) * t**i * (1 - t) ** (CONTROLS - 1 - i)).astype(np.float32)  # (P, 4)
    return np.moveaxis(weights @ moves @ weights.T, 1, -1)


def tight_boxes(patches: np.ndarray) -> np.ndarray:
    """Return (..., 4): the least box around all pixels with ink, 0 0 0 0 where there are none."""
    ink = patches >= INK
    (left, right), (top, bottom) = (_ends(ink.any(axis)) for axis in (-2, -1))
    return np.stack([left, top, right, bottom], -1)


def _ends(line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first = line.argmax(-1)
    end = line.shape[-1] - line[..., ::-1].argmax(-1)
    return first, np.where(line.any(-1), end, 0)
