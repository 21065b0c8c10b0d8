"""Convolution, pooling and recurrence against torch's own: one thread, float32, forward and backward.

`benchmarks.others` says how to add labml-nn; it has an LSTM and a residual block from scratch, and no
convolution.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from benchmarks import others
from benchmarks.layers import seconds
from benchmarks.report import table
from dlsteps.nn.convolution import AvgPool2d, Conv2d, DepthwiseSeparable, MaxPool2d, residual_block
from dlsteps.nn.recurrent import GRU, LSTM, RNN

REPEATS = 11
IMAGES = [(8, 32, 32, 32), (4, 128, 28, 28), (32, 256, 7, 7)]
SEQUENCES = [(16, 32, 64), (32, 128, 128), (8, 512, 256)]  # B, T, C


def run() -> None:
    torch.set_num_threads(1)
    others.announce("labml-nn")
    table(["layer", "shape", "ours", "torch's", "ratio", "from", "to", "to labml-nn"], rows())
    print(
        f"\nMedians of {REPEATS} pairs measured in turn. Torch's are kernels in C++ that keep no columns; "
        "ours copy every window, and step through time in Python. There is no budget; a ratio that grows "
        "with the size would be a fault."
    )


def rows() -> Iterator[list[str]]:
    for name, shapes, make in CASES:
        for shape in shapes:
            ours, theirs, scratch = (*make(shape), None)[:3]
            pairs = measured(ours, theirs, shape)
            ratios = [a / b for a, b in pairs]
            medians = [statistics.median(side) * 1000 for side in zip(*pairs, strict=True)]
            spread = (statistics.median(ratios), min(ratios), max(ratios))
            yield [
                name,
                "×".join(map(str, shape)),
                *(f"{m:.2f} ms" for m in medians),
                *(f"{ratio:.2f}" for ratio in spread),
                "–" if scratch is None else f"{median_ratio(ours, scratch, shape):.2f}",
            ]


def median_ratio(ours: nn.Module, theirs: nn.Module, shape: tuple[int, ...]) -> float:
    return statistics.median(a / b for a, b in measured(ours, theirs, shape))


def measured(ours: nn.Module, theirs: nn.Module, shape: tuple[int, ...]) -> list[tuple[float, float]]:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    seconds(ours, x), seconds(theirs, x)
    return [(seconds(ours, x), seconds(theirs, x)) for _ in range(REPEATS)]


def convolution(D: int | None, kernel: int, **options) -> Callable:
    """Both convolutions to D channels; None keeps the channels, each alone."""

    def make(shape: tuple[int, ...]) -> tuple[nn.Module, ...]:
        C = shape[1]
        settings = {"padding": kernel // 2, "groups": 1 if D else C} | options
        return tuple(form(C, D or C, kernel, **settings) for form in (Conv2d, nn.Conv2d))

    return make


def separable(shape: tuple[int, ...]) -> tuple[nn.Module, nn.Module]:
    C = shape[1]
    theirs = nn.Sequential(nn.Conv2d(C, C, 3, padding=1, groups=C), nn.Conv2d(C, 2 * C, 1))
    return DepthwiseSeparable(C, 2 * C, 3, padding=1), theirs


class TorchResidual(nn.Module):
    def __init__(self, C: int):
        super().__init__()
        layers = [nn.Conv2d(C, C, 3, padding=1, bias=False), nn.BatchNorm2d(C), nn.ReLU()]
        layers += [nn.Conv2d(C, C, 3, padding=1, bias=False), nn.BatchNorm2d(C)]
        self.body = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + x)


class Outputs(nn.Module):
    """A recurrent layer without its last state."""

    def __init__(self, layer: nn.Module):
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)[0]


def recurrent(ours: type, theirs: type) -> Callable:
    def make(shape: tuple[int, ...]) -> tuple[nn.Module, ...]:
        C = shape[2]
        scratch = others.labml_lstm(C) if theirs is nn.LSTM else None
        return Outputs(ours(C, C)), Outputs(theirs(C, C, batch_first=True)), scratch

    return make


def residual(shape: tuple[int, ...]) -> tuple[nn.Module | None, ...]:
    C = shape[1]
    return residual_block(C, C), TorchResidual(C), others.labml_residual(C)


CASES: list[tuple[str, list, Callable]] = [
    ("Conv2d 3×3", IMAGES, convolution(64, 3)),
    ("Conv2d 3×3, stride 2", IMAGES, convolution(64, 3, stride=2)),
    ("Conv2d 3×3, 4 groups", IMAGES, convolution(64, 3, groups=4)),
    ("Conv2d 1×1", IMAGES, convolution(64, 1)),
    ("Conv2d 3×3, depthwise", IMAGES, convolution(None, 3)),
    ("DepthwiseSeparable", IMAGES, separable),
    ("MaxPool2d 2×2", IMAGES, lambda s: (MaxPool2d(2), nn.MaxPool2d(2))),
    ("MaxPool2d 3×3, stride 2", IMAGES, lambda s: (MaxPool2d(3, 2, 1), nn.MaxPool2d(3, 2, 1))),
    ("AvgPool2d 2×2", IMAGES, lambda s: (AvgPool2d(2), nn.AvgPool2d(2))),
    ("residual_block", IMAGES, residual),
    ("RNN", SEQUENCES, recurrent(RNN, nn.RNN)),
    ("LSTM", SEQUENCES, recurrent(LSTM, nn.LSTM)),
    ("GRU", SEQUENCES, recurrent(GRU, nn.GRU)),
]
