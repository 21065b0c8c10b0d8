"""The checks of the claims about convolution and pooling (C01 to C04, C07, C08, C12 to C14)."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.claims.evidence import SAME, Evidence, gap, same
from dlsteps.data import load_digits
from dlsteps.data.feature_maps import edge_maps
from dlsteps.nn.convolution import (
    Conv2d,
    MaxPool2d,
    avg_pool2d,
    conv2d,
    conv2d_nhwc,
    depthwise_to_oihw,
    global_avg_pool,
    global_max_pool,
    gradient_support,
    max_pool2d,
    merged_kernel,
    multiply_adds,
    parameter_count,
    pointwise_conv2d,
    to_hwio,
    to_nchw,
    to_nhwc,
    to_oihw,
)
from dlsteps.numbers import number

Map = Callable[[Tensor], Tensor]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    """Normal float64 numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def c01(layer: Callable[[int], nn.Module] = lambda d: Conv2d(2, 2, 3, padding=d, dilation=d)) -> Evidence:
    """Dilation 1, 2 and 3: as many parameters, and a gradient that reaches 3, 5 and 7 cells."""
    layers = [layer(d).double() for d in (1, 2, 3)]
    counts = {_parameters(each) for each in layers}
    fields = [_field(each) for each in layers]
    return Evidence(
        len(counts) == 1 and fields == [3, 5, 7],
        f"with dilation 1, 2 and 3 one output reads a square of side {fields}; parameters: {sorted(counts)}",
    )


def c02(
    depthwise: Callable[[int], nn.Module] = lambda C: Conv2d(C, C, 3, padding=1, groups=C, bias=False),
    dilated: Callable[[int], nn.Module] = lambda C: Conv2d(C, C, 3, padding=2, dilation=2, bias=False),
) -> Evidence:
    """Depthwise saves parameters and leaves the field alone; dilation does the opposite."""
    C = 8
    plain, each, spread = (make(C).double() for make in (_plain, depthwise, dilated))
    fields = [_field(layer) for layer in (plain, each, spread)]
    counts = [_parameters(layer) for layer in (plain, each, spread)]
    saves = fields[1] == fields[0] and counts[1] * C == counts[0]
    spreads = fields[2] > fields[0] and counts[2] == counts[0]
    return Evidence(
        saves and spreads,
        f"plain, depthwise and dilated 3×3 on {C} channels: field {fields}, parameters {counts}",
    )


def c03(
    separable: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None,
    count: Callable[[int, int, int], int] = lambda K, C, D: K * K * C + C * D,
) -> Evidence:
    """Both steps with the notes' kernels on NHWC, against loops; and the share of parameters they take."""
    K, C, D = 3, 4, 5
    x, each, mix = drawn(2, 6, 5, C), drawn(K, K, C, 1, seed=1), drawn(1, 1, C, D, seed=2)
    y = (separable or _separable_nhwc)(x, each, mix)
    one = to_nhwc(conv2d(to_nchw(x), merged_kernel(depthwise_to_oihw(each), to_oihw(mix)), padding=1))
    by_hand = _by_loops(x, each, mix)
    right = y.shape == by_hand.shape and gap(y, by_hand) < SAME and gap(one, by_hand) < SAME
    shares = [count(K, C, D) / parameter_count(C, D, (K, K), bias=False) for K, C, D in SIZES]
    wanted = [1 / D + 1 / K**2 for K, C, D in SIZES]
    far_fewer = shares[0] < 0.15 and shares[1] > 1 and shares[2] > 1
    told = ", ".join(number(share, 3) for share in shares)
    return Evidence(
        right and far_fewer and all(abs(a - b) < SAME for a, b in zip(shares, wanted, strict=True)),
        f"share of the parameters for (K, C, D) = {SIZES}: {told}; outputs are those of loops, to 1e-9",
    )


SIZES = ((3, 64, 64), (1, 64, 64), (3, 64, 1))


def c04(step: Callable[[Tensor, Tensor], Tensor] = pointwise_conv2d) -> Evidence:
    """A step f is linear if f(2x − 3z) = 2 f(x) − 3 f(z). A ReLU after it breaks that."""
    x, z, weight = drawn(2, 3, 4, 4), drawn(2, 3, 4, 4, seed=1), drawn(5, 3, 1, 1, seed=2)

    def broken_by(f: Map) -> float:
        return gap(f(2 * x - 3 * z), 2 * f(x) - 3 * f(z))

    alone, followed = broken_by(lambda t: step(t, weight)), broken_by(lambda t: step(t, weight).relu())
    return Evidence(
        alone < SAME and followed > 1,
        f"f(2x − 3z) and 2 f(x) − 3 f(z) differ by {number(alone, 3)} for the 1×1 convolution, and with a "
        f"ReLU after it by {number(followed, 3)}",
    )


def c07(linear: Callable[[Tensor, Tensor, Tensor | None], Tensor] = F.linear) -> Evidence:
    """Without a bias, x Wᵀ; with one, b more in every row. A 1×1 convolution is the same product."""
    x, W, b = drawn(4, 3), drawn(5, 3, seed=1), drawn(5, seed=2)
    product = torch.stack([(W * row).sum(1) for row in x])
    alone, shifted = linear(x, W, None), linear(x, W, b)
    as_conv = conv2d(x[:, :, None, None], W[:, :, None, None])[:, :, 0, 0]
    zero = linear(torch.zeros_like(x), W, b)
    is_product = gap(alone, product) < SAME and gap(as_conv, product) < SAME
    adds_b = gap(shifted - product, b.expand(4, 5)) < SAME and gap(zero, b.expand(4, 5)) < SAME
    return Evidence(
        is_product and adds_b,
        f"without bias x Wᵀ to 1e-9, as the 1×1 convolution is; with it f(0) = b, up to "
        f"{number(zero.abs().max(), 3)}",
    )


def c08(stride: int = 2, widen: int = 2) -> Evidence:
    """Two 3×3 layers after a stride of 2: cells and products are counted, with C channels and with 2C."""
    C, n = 16, 32
    after = Conv2d(1, C, 3, stride, padding=1)(torch.zeros(1, 1, n, n)).shape[-1]
    cells = C * n * n / (C * after * after)
    work = _work(C, n) / _work(C, after)
    wide_cells = C * n * n / (widen * C * after * after)
    wide_work = _work(C, n) / _work(widen * C, after)
    return Evidence(
        cells == work == 4 and wide_cells == 2 and wide_work == 1,
        f"a stride of {stride} leaves 1/{cells:.0f} of the numbers and 1/{work:.0f} of the multiply-adds; "
        f"with {widen} times the channels after it 1/{wide_cells:.0f} and 1/{wide_work:.0f}",
    )


def c12(
    max_pool: Map = lambda x: max_pool2d(x, 2).values,
    avg_pool: Map = lambda x: avg_pool2d(x, 2),
    whole: tuple[Map, Map] = (global_max_pool, global_avg_pool),
) -> Evidence:
    """Each window of real feature maps, cut out by hand, against the three poolings."""
    x = edge_maps(load_digits().images[:20])  # (20, 4, 6, 6)
    N, C, H, W = x.shape
    squares = x.reshape(N, C, H // 2, 2, W // 2, 2).transpose(3, 4).flatten(4)
    largest, mean, maps = squares.sort(4).values[..., -1], squares.sum(4) / 4, x.flatten(2)
    pairs = [
        (max_pool(x), largest),
        (avg_pool(x), mean),
        (whole[0](x), maps.sort(2).values[..., -1]),
        (whole[1](x), maps.sum(2) / (H * W)),
    ]
    right = [a.shape == b.shape and same(a, b) for a, b in pairs]
    return Evidence(all(right), f"{sum(right)} of 4 poolings equal those by hand on 80 maps of digits")


def c13(pool: Callable[[], nn.Module] = lambda: MaxPool2d(2)) -> Evidence:
    """Parameters of what follows: a convolution has as many with pooling, a linear layer a quarter."""
    C, n = 16, 8
    x, layer = drawn(1, C, n, n), pool()
    pooled = layer(x)
    own = _parameters(layer)
    inputs = [t.flatten(1).shape[1] for t in (x, pooled)]
    linear = [parameter_count(size, 10, (1, 1)) for size in inputs]
    conv = [parameter_count(t.shape[1], C, (3, 3)) for t in (x, pooled)]
    return Evidence(
        own == 0 and conv[0] == conv[1] and 3.9 < linear[0] / linear[1] < 4,
        f"the pooling has {own} parameters; a 3×3 convolution after it {conv[1]} as without it ({conv[0]}), "
        f"a linear layer {linear[1]} in place of {linear[0]}",
    )


def c14(moved: Callable[[], dict[str, float]] | None = None) -> Evidence:
    """Digits move by one pixel; how much do their features, as a share of their own size?"""
    found = (moved or moved_features)()
    none, pooled, blurred, whole = (found[name] for name in POOLINGS)
    told = ", ".join(f"{name} {number(100 * share, 0)} %" for name, share in found.items())
    return Evidence(
        none > pooled > blurred > 0.2 and whole < SAME,
        f"after a shift by one pixel features differ by: {told}",
    )


def blurred_pool(x: Tensor) -> Tensor:
    """The largest of each 2×2 square at every place, then a binomial blur, and every second cell."""
    C = x.shape[1]
    line = torch.tensor([1.0, 3.0, 3.0, 1.0], dtype=x.dtype) / 8
    kernel = torch.outer(line, line).expand(C, 1, 4, 4)
    return conv2d(max_pool2d(x, 2, stride=1).values, kernel, stride=2, padding=1, groups=C)


POOLINGS: dict[str, Map] = {
    "no pooling": lambda x: x,
    "max pooling": lambda x: max_pool2d(x, 2).values,
    "blurred max pooling": blurred_pool,
    "global average": global_avg_pool,
}


def moved_features(
    shift: int = 1, digits: int = 200, poolings: dict[str, Map] = POOLINGS
) -> dict[str, float]:
    """How far features move when digits on wide paper move to the right.

    Args:
        shift: by so many pixels.
        digits: how many.
        poolings: what follows the edge filters and ReLU, by name.

    Returns:
        For each pooling, the norm of the change as a share of the norm of the features, on average.
    """
    images = F.pad(load_digits().images[:digits], [5] * 4)  # so much paper that nothing leaves it
    maps, shifted = (edge_maps(t).relu() for t in (images, images.roll(shift, 3)))
    found = {}
    for name, pool in poolings.items():
        before, after = pool(maps).flatten(1), pool(shifted).flatten(1)
        found[name] = ((after - before).norm(dim=1) / before.norm(dim=1)).mean().item()
    return found


def against_torch(seed: int = 0) -> list[tuple[str, float, float]]:
    """Largest differences from torch's convolution: (setting, output, any gradient)."""
    settings = {
        "as it is": {},
        "stride 2, padding 1": {"stride": 2, "padding": 1},
        "dilation 2": {"dilation": 2},
        "2 groups": {"groups": 2},
        "everything": {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2},
    }
    rows = []
    for name, setting in settings.items():
        given = [
            drawn(2, 4, 9, 8, seed=seed),
            drawn(6, 4 // setting.get("groups", 1), 3, 3),
            drawn(6, seed=1),
        ]
        outputs, gradients = zip(
            *(_forward_and_back(f, given, setting) for f in (conv2d, F.conv2d)), strict=True
        )
        rows.append((name, gap(*outputs), max(map(gap, *gradients))))
    return rows


def _forward_and_back(f: Callable, given: list[Tensor], setting: dict) -> tuple[Tensor, tuple[Tensor, ...]]:
    leaves = [t.clone().requires_grad_() for t in given]
    y = f(*leaves, **setting)
    return y.detach(), torch.autograd.grad((y * drawn(*y.shape, seed=3)).sum(), leaves)


def _parameters(layer: nn.Module) -> int:
    return sum(p.numel() for p in layer.parameters())


def _field(layer: nn.Module) -> int:
    """The side of the square that the gradient of a middle cell reaches."""
    first = next(layer.parameters())
    channels = first.shape[1] * getattr(layer, "groups", 1)
    x = drawn(1, channels, 15, 15)
    middle = layer(x).shape[-1] // 2
    return len(gradient_support(layer, x, (middle, middle)).rows)


def _plain(C: int) -> nn.Module:
    return Conv2d(C, C, 3, padding=1, bias=False)


def _separable_nhwc(x: Tensor, each: Tensor, mix: Tensor) -> Tensor:
    """The notes' two steps, channels last."""
    C = x.shape[3]
    looked = conv2d_nhwc(x, to_hwio(depthwise_to_oihw(each)), padding=each.shape[0] // 2, groups=C)
    return conv2d_nhwc(looked, mix)


def _by_loops(x: Tensor, each: Tensor, mix: Tensor) -> Tensor:
    """The same, cell by cell, with indices alone."""
    H, W = x.shape[1:3]
    K, padded = each.shape[0], F.pad(x, (0, 0, 1, 1, 1, 1))
    looked = torch.zeros_like(x)
    for i in range(H):
        for j in range(W):
            looked[:, i, j] = (padded[:, i : i + K, j : j + K] * each[..., 0]).sum((1, 2))
    return looked @ mix[0, 0]


def _work(C: int, n: int) -> int:
    return multiply_adds(C, C, (3, 3), (n, n))
