"""For each check: wrong forms, each of which has to make it come out false; the reversed claim first."""

import torch

from dlsteps.chapters.convolution.evidence import POOLINGS, blurred_pool, moved_features
from dlsteps.nn.convolution import (
    AvgPool2d,
    Conv2d,
    avg_pool2d,
    conv2d_nhwc,
    depthwise_to_oihw,
    global_avg_pool,
    global_max_pool,
    max_pool2d,
    pointwise_conv2d,
    to_hwio,
)


def in_order(**changed):
    """The features of moved digits, with some poolings exchanged for others."""
    return lambda: moved_features(digits=50, poolings={**POOLINGS, **changed})


def nhwc(first=lambda t: t, padding=1, **after):
    """The separable convolution with its depthwise kernel changed, or something between."""

    def separable(x, each, mix):
        kernel = to_hwio(depthwise_to_oihw(first(each)))
        return conv2d_nhwc(conv2d_nhwc(x, kernel, padding=padding, groups=x.shape[3]), mix)

    return separable


class Halved(torch.nn.Module):
    """A pooling that keeps every second line only."""

    def forward(self, x):
        return x[:, :, ::2]


BROKEN = {
    "c01": [
        {"layer": lambda d: Conv2d(2, 2, 2 * d + 1, padding=d)},
        {"layer": lambda d: Conv2d(2, 2, 3, padding=1)},
        {"layer": lambda d: Conv2d(2, 2, 3, padding=1, stride=d)},
        {"layer": lambda d: Conv2d(2, 2, 3, padding=d, dilation=d, bias=d > 1)},
    ],
    "c02": [
        {"depthwise": lambda C: Conv2d(C, C, 3, padding=2, dilation=2, groups=C, bias=False)},
        {"depthwise": lambda C: Conv2d(C, C, 3, padding=1, bias=False)},
        {"depthwise": lambda C: Conv2d(C, C, 5, padding=2, groups=C, bias=False)},
        {"dilated": lambda C: Conv2d(C, C, 3, padding=1, groups=C, bias=False)},
        {"dilated": lambda C: Conv2d(C, C, 5, padding=2, bias=False)},
    ],
    "c03": [
        {"count": lambda K, C, D: K * K * C * D},
        {"count": lambda K, C, D: K * K * C},
        {"count": lambda K, C, D: K * K * D + C * D},
        {"separable": nhwc(lambda each: each.flip(0))},
        {"separable": nhwc(lambda each: each.transpose(0, 1))},
        {"separable": nhwc(padding=0)},
        {"separable": lambda x, each, mix: nhwc()(x, each, mix).relu()},
    ],
    "c04": [
        {"step": lambda x, weight: pointwise_conv2d(x, weight).relu()},
        {"step": lambda x, weight: pointwise_conv2d(x, weight, weight.new_ones(len(weight)))},
        {"step": lambda x, weight: pointwise_conv2d(x, weight).tanh()},
        {"step": lambda x, weight: pointwise_conv2d(x, 0 * weight)},
    ],
    "c07": [
        {"linear": lambda x, W, b: (x @ W.T if b is None else x @ W.T + b).relu()},
        {"linear": lambda x, W, b: x @ W.T},
        {"linear": lambda x, W, b: x @ W.T + (1 if b is None else b)},
        {"linear": lambda x, W, b: 2 * (x @ W.T) if b is None else x @ W.T + b},
    ],
    "c08": [{"stride": 1}, {"stride": 3}, {"widen": 1}, {"widen": 4}],
    "c12": [
        {"max_pool": lambda x: -max_pool2d(-x, 2).values},
        {"max_pool": lambda x: max_pool2d(x, 3, 2, padding=1).values},
        {"max_pool": lambda x: avg_pool2d(x, 2)},
        {"avg_pool": lambda x: 4 * avg_pool2d(x, 2)},
        {"avg_pool": lambda x: avg_pool2d(x, 3, 2, padding=1)},
        {"whole": (global_avg_pool, global_max_pool)},
        {"whole": (global_max_pool, lambda x: x.mean((1, 2, 3)))},
    ],
    "c13": [
        {"pool": lambda: Conv2d(16, 16, 2, stride=2).double()},
        {"pool": torch.nn.Identity},
        {"pool": lambda: AvgPool2d(4)},
        {"pool": Halved},
    ],
    "c14": [
        {"moved": lambda: dict.fromkeys(POOLINGS, 0.0)},
        {"moved": lambda: moved_features(shift=0)},
        {"moved": in_order(**{"max pooling": lambda x: x})},
        {"moved": in_order(**{"max pooling": blurred_pool})},
        {"moved": in_order(**{"blurred max pooling": lambda x: max_pool2d(x, 2).values})},
        {"moved": in_order(**{"blurred max pooling": global_avg_pool})},
        {"moved": in_order(**{"global average": lambda x: avg_pool2d(x, 2)})},
    ],
}
