"""Scenes to detect digits in: drawn when they are asked for, and the same whenever they are."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Int64
from torch import Tensor

from dlsteps.data.photographs import NAMES, load_photograph
from dlsteps.data.scenes.glyphs import CONTROLS, Glyphs, draw_glyphs, sheet
from dlsteps.data.scenes.layout import place
from dlsteps.data.scenes.shares import Shares
from dlsteps.data.scenes.style import PARTS, TRIES, SceneStyle

# Columns of the two photographs (213×320 after halving) that each part's backgrounds are cut from.
COLUMNS = {"train": (0, 128), "validation": (128, 224), "test": (224, 320)}
NARROWEST = 96
NUMBERS = 8 + 2 * CONTROLS**2 + 2 * TRIES  # random numbers for each digit or fragment, and for the scene


class Scenes(NamedTuple):
    """Pictures with the truth about them.

    Attributes:
        pictures: (n, 1, size, size), gray, in steps of 1/255.
        boxes: (n, most, 4) in the format xyxy, as shares of the picture; 0 where there is no digit.
        labels: (n, most) the digits; -1 where there is none. Digits come before the gaps.
    """

    pictures: Tensor
    boxes: Tensor
    labels: Tensor


class Sketch(NamedTuple):
    """A scene before it is painted.

    Attributes:
        glyphs: What is pasted.
        boxes: (n, K, 4) where, in pixels of the picture; digits first, then fragments.
        placed: (n, K) whether it is.
        labels: (n, most) the digits.
        ink: (n, K) how bright.
        backgrounds: (n, size, size).
    """

    glyphs: Glyphs
    boxes: np.ndarray
    placed: np.ndarray
    labels: np.ndarray
    ink: np.ndarray
    backgrounds: np.ndarray


def draw_scenes(
    numbers: Int64[Tensor, " n"], part: str = "train", seed: int = 0, style: SceneStyle | None = None
) -> Scenes:
    """Draw scenes by their numbers: real digits on pieces of photographs, among quarters of other digits.

    A scene depends on its number, the part, the seed and the style, and on nothing else: not on the batch
    or the order in which it is drawn. No digit, and no column of a photograph, is in two parts.

    A digit is where its ink covers a quarter of a pixel or more, and its box is the least one around that.

    Args:
        numbers: Which scenes, from 0 on; there is no last one.
        part: "train", "validation" or "test".
        seed: Another seed gives another endless row of scenes of the same digits.
        style: The ranges; None for the defaults.

    Returns:
        The pictures with boxes and labels, as `Scenes`.

    Raises:
        ValueError: If the part is unknown, or a number or the seed is negative.
    """
    style = style or SceneStyle()
    _check(numbers, part, seed)
    if not len(numbers):
        labels = torch.zeros(0, style.most, dtype=torch.long)
        return Scenes(torch.zeros(0, 1, style.size, style.size), torch.zeros(0, style.most, 4), labels)
    plan = sketch(numbers.numpy(), part, seed, style)
    real = plan.placed[:, : style.most]
    order = np.argsort(~real, axis=1, kind="stable")  # a digit that found no place leaves no gap
    boxes = np.where(real[..., None], plan.boxes[:, : style.most] / style.size, 0)
    labels = np.where(real, plan.labels, -1)
    return Scenes(
        torch.from_numpy(paint(plan)).unsqueeze(1),
        torch.from_numpy(np.take_along_axis(boxes, order[..., None], 1).astype(np.float32)),
        torch.from_numpy(np.take_along_axis(labels, order, 1)),
    )


def _check(numbers: Tensor, part: str, seed: int) -> None:
    if part not in PARTS:
        raise ValueError(f"no part is called {part!r}; try one of {', '.join(PARTS)}")
    if seed < 0:
        raise ValueError(f"seed={seed} is negative; try 0 or more")
    if len(numbers) and numbers.min() < 0:
        raise ValueError(f"scene number {int(numbers.min())} is negative; try 0 or more")


def sketch(numbers: np.ndarray, part: str, seed: int, style: SceneStyle) -> Sketch:
    """Decide what stands where in each scene, before anything is painted."""
    K, most = style.slots, style.most
    shares = Shares(seed, PARTS.index(part), numbers, NUMBERS * (K + 1))
    digits = shares.whole(len(sheet(part).labels), K)
    quarters = len(sheet(part).labels) + 4 * digits + shares.whole(4, K)
    which = np.where(np.arange(K) < most, digits, quarters)
    counts = 1 + shares.whole(most, 1), shares.whole(style.fragments + 1, 1)
    wanted = np.concatenate([np.arange(most) < counts[0], np.arange(K - most) < counts[1]], 1)
    glyphs = draw_glyphs(which, wanted, part, shares, style)
    sizes = glyphs.boxes[..., 2:] - glyphs.boxes[..., :2]
    tries = shares.real(0, 1, K, TRIES, 2)
    boxes, placed = place(sizes, wanted & sizes.any(-1), tries, style)
    labels = sheet(part).labels[digits[:, :most]]
    ink = shares.real(0.75, 1, K)
    return Sketch(glyphs, boxes, placed, labels, ink, _backgrounds(part, shares, style))


@lru_cache
def _strips(part: str, size: int) -> np.ndarray:
    """Return the part's columns of both photographs in gray (2, H, W), enlarged if size needs it."""
    gray = torch.stack([load_photograph(name, 2)[0].mean(0) for name in NAMES]).float()
    left, right = COLUMNS[part]
    strips = gray[None, :, :, left:right]
    if size > NARROWEST:
        strips = F.interpolate(strips, scale_factor=size / NARROWEST, mode="bilinear")
    return strips[0].numpy()


def _backgrounds(part: str, shares: Shares, style: SceneStyle) -> np.ndarray:
    """Cut a square out of a photograph for each scene, perhaps mirrored, and take most contrast off."""
    strips = _strips(part, style.size)
    _, H, W = strips.shape
    photo, top = shares.whole(2), shares.whole(H - style.size + 1)
    column, mirrored = shares.whole(W - style.size + 1), shares.whole(2, 2)
    level, contrast = shares.real(0.2, 0.4), shares.real(0.2, 0.5)
    pieces = np.empty((len(photo), style.size, style.size), dtype=np.float32)
    for n, (p, y, x, (down, across)) in enumerate(zip(photo, top, column, mirrored, strict=True)):
        piece = strips[p, y : y + style.size, x : x + style.size]
        pieces[n] = piece[:: 1 - 2 * down, :: 1 - 2 * across]
    level, contrast = (number.astype(np.float32)[:, None, None] for number in (level, contrast))
    return level + contrast * (pieces - 0.5)


def paint(plan: Sketch) -> np.ndarray:
    """Paint what was planned, (n, size, size), and round it to the 256 shades of a picture file."""
    size, P = plan.backgrounds.shape[-1], plan.glyphs.patches.shape[-1]
    # A patch may hang over the edge with pixels that hold no ink: they are painted on a margin.
    canvas = np.pad(plan.backgrounds, [(0, 0), (P, P), (P, P)])
    corners = plan.boxes[..., :2] - plan.glyphs.boxes[..., :2] + P
    for scene, k in zip(*plan.placed.nonzero(), strict=True):
        x, y = corners[scene, k]
        region, covered = canvas[scene, y : y + P, x : x + P], plan.glyphs.patches[scene, k]
        region += covered * (plan.ink[scene, k] - region)
    picture = canvas[:, P : P + size, P : P + size].clip(0, 1)
    return np.rint(255 * picture) / np.float32(255)
