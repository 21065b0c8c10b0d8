"""Our layers beside PyTorch's: output, every gradient, and the state after 20 batches, in float64."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dlsteps.nn import normalization as ours
from dlsteps.nn.compare import compare

PAIRS: dict[str, tuple[Callable[[], nn.Module], Callable[[], nn.Module], tuple[int, ...]]] = {
    "BatchNorm2d": (lambda: ours.BatchNorm2d(6), lambda: nn.BatchNorm2d(6), (4, 6, 5, 5)),
    "BatchNorm1d": (lambda: ours.BatchNorm1d(6), lambda: nn.BatchNorm1d(6), (9, 6)),
    "LayerNorm (C, H, W)": (lambda: ours.LayerNorm((6, 5, 5)), lambda: nn.LayerNorm((6, 5, 5)), (4, 6, 5, 5)),
    "LayerNorm (C)": (lambda: ours.LayerNorm(8), lambda: nn.LayerNorm(8), (4, 7, 8)),
    "InstanceNorm": (
        lambda: ours.InstanceNorm(6, affine=True),
        lambda: nn.InstanceNorm2d(6, affine=True),
        (4, 6, 5, 5),
    ),
    "GroupNorm": (lambda: ours.GroupNorm(3, 6), lambda: nn.GroupNorm(3, 6), (4, 6, 5, 5)),
}


def against_torch(batches: int = 20) -> list[tuple[str, float, float, float]]:
    """For each layer the largest difference of outputs, of gradients, and of running statistics.

    Training mode on one batch after another, then evaluation mode on one more.
    """
    return [(name, *_layer(*pair, batches)) for name, pair in PAIRS.items()]


def _layer(
    make: Callable[[], nn.Module], make_theirs: Callable[[], nn.Module], shape: tuple[int, ...], batches: int
) -> tuple[float, float, float]:
    mine, theirs = make().double(), make_theirs().double()
    largest = {"output": 0.0, "gradient": 0.0, "buffer": 0.0}
    for k, x in enumerate(_inputs(shape, batches + 1)):
        if k == batches:
            mine.eval(), theirs.eval()
        for found in compare(mine, theirs, x, seed=k, share_state=k == 0):
            what = found.name.split()[0]
            largest[what] = max(largest[what], found.largest)
    return largest["output"], largest["gradient"], largest["buffer"]


def _inputs(shape: tuple[int, ...], count: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [3 * torch.randn(shape, generator=generator, dtype=torch.float64) + 1 for _ in range(count)]
