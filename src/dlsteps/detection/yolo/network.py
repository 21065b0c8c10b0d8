"""A small network that looks at a picture once and fills the S×S grid."""

from collections.abc import Callable
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.detection.yolo.grid import Grid
from dlsteps.nn.checks import check_channels, check_sizes, typed
from dlsteps.nn.normalization import GroupNorm


class YoloNet(nn.Module):
    """Halve the picture until one pixel is left for each cell, then read off the cell's numbers.

    Each halving is a 3×3 convolution at stride 2 with group norm and a leaky ReLU, and doubles the
    channels; `depth` more 3×3 convolutions let neighbors speak. Two departures from the paper, both smaller
    than what they replace: a 1×1 convolution gives the S·S·(B·5+C) numbers with the same weights in every
    cell, where the paper has two fully connected layers; and a sigmoid (for the classes a softmax) keeps
    every number between 0 and 1, where the paper has none.

    Args:
        grid: S, B and C.
        image_size: Height and width of the picture in pixels: S times a power of 2.
        in_channels: 1 for gray pictures, 3 for color.
        width: Channels after the first halving; a multiple of 4.
        depth: Convolutions after the last halving.
        norm: Makes the norm from a number of groups and of channels. `torch.nn.GroupNorm` computes the same
            as ours, has the same state, and is faster.

    Raises:
        ValueError: If the size is not S times 2, 4, 8, …, the width is no multiple of 4, there is no channel,
            or the depth is negative.

    Source:
        Redmon et al., You Only Look Once (2016), section 2.1, reduced.
    """

    @typed
    def __init__(
        self,
        grid: Grid,
        image_size: int,
        in_channels: int = 1,
        width: int = 16,
        depth: int = 1,
        norm: Callable[[int, int], nn.Module] = GroupNorm,
    ):
        super().__init__()
        self.grid, self.image_size, self.in_channels = grid, image_size, in_channels
        check_sizes(in_channels=in_channels)
        if width < 4 or width % 4:
            raise ValueError(f"width={width} is not a multiple of 4, the groups of its norm; try 16")
        if depth < 0:
            raise ValueError(f"depth={depth} is negative; try 1, or 0 for the halvings alone")
        channels = [in_channels, *(width * 2**k for k in range(_halvings(image_size, grid.S)))]
        blocks = [_block(*pair, 2, norm) for pair in pairwise(channels)]
        blocks += [_block(channels[-1], channels[-1], 1, norm) for _ in range(depth)]
        self.features = nn.Sequential(*blocks)
        self.head = nn.Conv2d(channels[-1], grid.depth, 1)

    def forward(self, x: Float[Tensor, "N C H W"]) -> Float[Tensor, "N S S D"]:
        size = (self.in_channels, self.image_size, self.image_size)
        check_channels(x)
        if tuple(x.shape[1:]) != size:
            raise ValueError(
                f"x of shape {tuple(x.shape)} does not hold pictures (C, H, W) = {size}; "
                "try to resize them, or a network made for their size"
            )
        numbers = self.head(self.features(x)).movedim(1, -1)  # (N, S, S, B·5+C)
        boxes, classes = numbers.split([5 * self.grid.B, self.grid.C], -1)
        return torch.cat([boxes.sigmoid(), classes.softmax(-1)], -1)


def _halvings(image_size: int, S: int) -> int:
    ratio, rest = divmod(image_size, S)
    if rest or ratio < 2 or ratio & (ratio - 1):
        raise ValueError(
            f"image_size={image_size} is not S={S} times 2, 4, 8, …; try {8 * S}, or pad the pictures"
        )
    return ratio.bit_length() - 1


def _block(C: int, D: int, stride: int, norm: Callable[[int, int], nn.Module]) -> nn.Module:
    # The norm subtracts the mean, so a bias before it would do nothing.
    convolution = nn.Conv2d(C, D, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, norm(4, D), nn.LeakyReLU(0.1))
