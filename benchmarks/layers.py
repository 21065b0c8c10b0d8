"""Each normalization layer against torch's own, side by side on the same input: one thread, float32."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from benchmarks.report import table
from dlsteps.nn.normalization import (
    BatchNorm2d,
    BatchRenorm,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    SpectralNorm,
)

REPEATS = 25
IMAGES = [(8, 32, 32, 32), (16, 64, 16, 16), (32, 256, 7, 7)]
TOKENS = [(8, 128, 256), (4, 512, 512), (32, 64, 768)]
WEIGHTS = [(64, 32, 128), (64, 128, 512), (64, 512, 1024)]  # batch, inputs, outputs


def run() -> None:
    torch.set_num_threads(1)
    rows = [
        row(name, shape, *pair) for name, shapes, make in LAYERS for shape in shapes for pair in [make(shape)]
    ]
    table(["layer", "shape", "ours", "torch's", "ratio", "from", "to"], rows)
    print(
        f"\nForward and backward, medians of {REPEATS} pairs in turn. Torch's are fused kernels in C++; "
        "ours are written to be read. Batch renormalization has no counterpart and stands beside torch's "
        "BatchNorm2d. There is no budget; a ratio that grows with the size would be a fault."
    )


def linear(shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    _, inputs, outputs = shape
    ours = nn.Linear(inputs, outputs)
    nn.utils.parametrize.register_parametrization(ours, "weight", SpectralNorm(ours.weight.detach()))
    return ours, spectral_norm(nn.Linear(inputs, outputs))


LAYERS: list[tuple[str, list, Callable]] = [
    ("BatchNorm2d", IMAGES, lambda s: (BatchNorm2d(s[1]), nn.BatchNorm2d(s[1]))),
    ("BatchRenorm", IMAGES, lambda s: (BatchRenorm(s[1]), nn.BatchNorm2d(s[1]))),
    (
        "InstanceNorm",
        IMAGES,
        lambda s: (InstanceNorm(s[1], affine=True), nn.InstanceNorm2d(s[1], affine=True)),
    ),
    ("GroupNorm(8)", IMAGES, lambda s: (GroupNorm(8, s[1]), nn.GroupNorm(8, s[1]))),
    ("LayerNorm", TOKENS, lambda s: (LayerNorm(s[-1]), nn.LayerNorm(s[-1]))),
    ("SpectralNorm", WEIGHTS, linear),
]


def row(name: str, shape: tuple[int, ...], ours: nn.Module, theirs: nn.Module) -> list[str]:
    x = torch.randn(
        shape[:2] if name == "SpectralNorm" else shape, generator=torch.Generator().manual_seed(0)
    )
    for _ in range(3):
        seconds(ours, x), seconds(theirs, x)
    pairs = [(seconds(ours, x), seconds(theirs, x)) for _ in range(REPEATS)]
    ratios = [a / b for a, b in pairs]
    a, b = (statistics.median(side) * 1000 for side in zip(*pairs, strict=True))
    return [
        name,
        "×".join(map(str, shape)),
        f"{a:.2f} ms",
        f"{b:.2f} ms",
        f"{statistics.median(ratios):.2f}",
        f"{min(ratios):.2f}",
        f"{max(ratios):.2f}",
    ]


def seconds(layer: nn.Module, x: Tensor) -> float:
    """One forward and backward pass, gradients of the input and of the parameters."""
    x = x.clone().requires_grad_()
    layer.zero_grad(set_to_none=True)
    start = time.perf_counter()
    layer(x).square().mean().backward()
    return time.perf_counter() - start
