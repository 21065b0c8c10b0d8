"""Digits as pen strokes again: bitmaps that average to the images, and warps that keep the strokes sharp.

The 8×8 images were made from bitmaps of 32×32 dots, black or white: a pixel counts the ink in a block of 4×4.
Sheared or bent as an image, a digit blurs. Bent as a bitmap and counted again, it is as sharp as before.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.checks import check_floating

BLOCK = 4  # dots beside each other in a pixel
DOTS = BLOCK * BLOCK
ROUNDS = 8  # after 6 no dot moves any more
STROKE = 1.2  # standard deviation of the smoothing, in dots: about half a pen stroke
CONTROL = 4  # control points of a bend along each side


def digit_bitmaps(images: Float[Tensor, "N 1 H W"]) -> Float[Tensor, "N 1 4*H 4*W"]:
    """Find bitmaps with the ink of the images: in each block of 4×4 dots as many as its pixel counts.

    Which dots of a block are black is not known. Those are taken where the smoothed bitmap is darkest, over
    and over, which draws the dots together into strokes.

    Args:
        images: in [0, 1], in steps of 1/16.

    Returns:
        0 or 1 for each dot, in the dtype of the images. Their averages over blocks are the images, exactly.

    Raises:
        TypeError: if the images are not floating point.
        ValueError: if a pixel is not one of 0, 1/16, … 1.
    """
    check_floating(images, "images")
    N, _, H, W = images.shape
    count = (images * DOTS).round()
    if not torch.equal(count, images * DOTS) or (images < 0).any() or (images > 1).any():
        raise ValueError(f"a pixel is not one of 0, 1/{DOTS}, … 1; try (x * {DOTS}).round() / {DOTS}")
    if N == 0:
        return images.new_empty(0, 1, BLOCK * H, BLOCK * W)
    count = count.double()
    field = F.interpolate(images.double(), scale_factor=BLOCK, mode="bicubic", align_corners=False)
    kernel = _gaussian(STROKE)
    for _ in range(ROUNDS):
        dots = _darkest(field.round(decimals=9), count)  # rounding error must not decide between equals
        field = F.conv2d(dots, kernel.view(1, 1, -1, 1), padding="same")
        field = F.conv2d(field, kernel.view(1, 1, 1, -1), padding="same")
    return dots.to(images.dtype)


def _darkest(field: Tensor, count: Tensor) -> Tensor:
    """Set the `count` darkest dots of each block."""
    N, _, H, W = count.shape
    blocks = field.view(N, H, BLOCK, W, BLOCK).transpose(2, 3).reshape(N, H, W, DOTS)
    rank = blocks.argsort(dim=-1, descending=True, stable=True).argsort(dim=-1)
    dots = (rank < count.view(N, H, W, 1)).to(field.dtype)
    return dots.view(N, H, W, BLOCK, BLOCK).transpose(2, 3).reshape(field.shape)


def _gaussian(std: float) -> Tensor:
    reach = torch.arange(-round(3 * std), round(3 * std) + 1, dtype=torch.float64)
    kernel = torch.exp(-0.5 * (reach / std) ** 2)
    return kernel / kernel.sum()


def warp_numbers() -> int:
    """How many standard normal numbers `warp` takes for a digit."""
    return 3 + 2 * CONTROL**2


def warp(
    bitmaps: Float[Tensor, "N 1 h w"],
    numbers: Float[Tensor, "N Z"],
    *,
    slant: float,
    rotation: float,
    stretch: float,
    bend: float,
) -> Float[Tensor, "N 1 h/4 w/4"]:
    r"""Write each digit a little differently, and count its ink in blocks of 4×4 again.

    The dot at u comes from $A u + d(u)$, where u is counted from the center in half sides:
    $A = \begin{pmatrix} e^s \cos r & k - \sin r \\ \sin r & \cos r \end{pmatrix}$ with slant k, rotation r
    and stretch s; d is a smooth field through 4×4 random control points. The numbers 0 change nothing.

    Args:
        bitmaps: from `digit_bitmaps`.
        numbers: standard normal, Z = `warp_numbers()`.
        slant: standard deviation of k: how far the top leans, as a share of the height.
        rotation: standard deviation of r, in radians.
        stretch: standard deviation of s: of the width, as its logarithm.
        bend: standard deviation of the control points, in half sides.

    Returns:
        Images in [0, 1] in steps of 1/16.

    Raises:
        ValueError: if there are not Z numbers for each digit.

    Source:
        Simard, Steinkraus and Platt, Best Practices for Convolutional Neural Networks Applied to Visual
        Document Analysis (2003), section 2, for affine and elastic distortions of digits.
    """
    N, _, h, w = bitmaps.shape
    if tuple(numbers.shape) != (N, warp_numbers()):
        raise ValueError(
            f"numbers has shape {tuple(numbers.shape)}, but {N} digits take {warp_numbers()} numbers each; "
            f"try torch.randn({N}, {warp_numbers()})"
        )
    if N == 0:
        return bitmaps.new_empty(0, 1, h // BLOCK, w // BLOCK)
    numbers = numbers.double()  # in float32 the batch that a digit is in would move a dot now and then
    k, r, s = slant * numbers[:, 0], rotation * numbers[:, 1], stretch * numbers[:, 2]
    x_row = torch.stack([s.exp() * r.cos(), k - r.sin()], -1)
    y_row = torch.stack([r.sin(), r.cos()], -1)
    affine = torch.stack([F.pad(x_row, (0, 1)), F.pad(y_row, (0, 1))], 1)  # (N, 2, 3), nothing is shifted
    source = F.affine_grid(affine, [N, 1, h, w], align_corners=False)  # (N, h, w, 2)
    field = numbers[:, 3:].reshape(2 * N, CONTROL**2) @ _control_basis(h, w)
    source = source + bend * field.view(N, 2, h, w).permute(0, 2, 3, 1)
    dots = F.grid_sample(bitmaps, source.to(bitmaps.dtype), align_corners=False) > 0.5
    return F.avg_pool2d(dots.to(bitmaps.dtype), BLOCK)


def _control_basis(h: int, w: int) -> Tensor:
    """What each control point does to each dot: (16, h·w), cubic between the points."""
    points = torch.eye(CONTROL**2, dtype=torch.float64).view(CONTROL**2, 1, CONTROL, CONTROL)
    return F.interpolate(points, (h, w), mode="bicubic", align_corners=True).flatten(1)
