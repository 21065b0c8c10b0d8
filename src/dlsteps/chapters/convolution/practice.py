"""The convolution to write oneself, and the mistakes that are made in it."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from dlsteps.nn.convolution import conv2d
from dlsteps.practice import Arguments, Case, Draws, Exercise, Layer, Mistake

__all__ = ["EXERCISES"]


def with_weight(change: Callable[[Tensor, int], Tensor]) -> Callable:
    """Convolve with a kernel that was changed before; the change may look at the number of groups."""

    def wrong(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
        return conv2d(x, change(weight, groups), bias, stride, padding, dilation, groups)

    return wrong


def thinned(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    padded = F.pad(x, [padding] * 4)
    return conv2d(padded[..., ::stride, ::stride], weight, bias, 1, 0, dilation, groups)


def dilation_in_stride(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return conv2d(x, weight, bias, stride * dilation, padding, dilation, groups)


def one_sided(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return conv2d(F.pad(x, (0, padding, 0, padding)), weight, bias, stride, 0, dilation, groups)


def edges_repeated(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return conv2d(F.pad(x, [padding] * 4, mode="replicate"), weight, bias, stride, 0, dilation, groups)


def mixed_inputs(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    mixed = x.unflatten(1, (-1, groups)).transpose(1, 2).flatten(1, 2)
    return conv2d(mixed, weight, bias, stride, padding, dilation, groups)


def mixed_outputs(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    def turned(t: Tensor, rows: int, columns: int) -> Tensor:
        return t.unflatten(0, (rows, columns)).transpose(0, 1).flatten(0, 1)

    each = len(weight) // groups
    y = conv2d(x, turned(weight, each, groups), None, stride, padding, dilation, groups)
    y = turned(y.transpose(0, 1), groups, each).transpose(0, 1)
    return y if bias is None else y + bias[:, None, None]


def no_bias(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return conv2d(x, weight, None, stride, padding, dilation, groups)


def no_dilation(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    y = conv2d(x, weight, bias, stride, padding, dilation, groups)
    full = conv2d(x, weight, bias, stride, padding, 1, groups)
    return full if dilation > 1 else y


def conv_cases() -> list[Case]:
    """Small pictures, with one setting after another, and with all of them."""
    draw = Draws(51)

    def case(
        N: int,
        C: int,
        H: int,
        W: int,
        D: int,
        kernel: tuple[int, int],
        note: str = "",
        groups: int = 1,
        **more: int,
    ) -> Case:
        dtype = torch.float32 if note == "float32" else torch.float64
        arguments: Arguments = {
            "x": draw.normal(N, C, H, W, dtype=dtype),
            "weight": draw.normal(D, C // groups, *kernel, dtype=dtype),
        }
        if more or groups > 1:
            settings = {"stride": 1, "padding": 0, "dilation": 1} | more | {"groups": groups}
            arguments |= {"bias": draw.normal(D, dtype=dtype)} | settings
        return Case(arguments, note)

    return [
        case(1, 1, 2, 3, 1, (2, 2)),
        case(2, 2, 4, 3, 3, (3, 2)),
        case(2, 2, 5, 4, 2, (2, 3), stride=2, note="stride 2"),
        case(1, 2, 3, 4, 2, (3, 3), padding=1, note="padding 1"),
        case(1, 1, 5, 6, 2, (2, 3), dilation=2, note="dilation 2"),
        case(1, 4, 3, 3, 4, (2, 2), groups=2, note="2 groups"),
        case(2, 6, 3, 4, 6, (2, 2), groups=2, note="2 groups"),
        case(2, 4, 7, 8, 4, (3, 2), stride=2, padding=1, dilation=2, groups=2, note="everything at once"),
        case(2, 2, 4, 4, 3, (2, 2), note="float32"),
    ]


def settings(a: Arguments) -> Arguments:
    D, C_g, kH, kW = a["weight"].shape
    made = {"in_channels": C_g * a.get("groups", 1), "out_channels": D, "kernel_size": (kH, kW)}
    if "bias" not in a:
        return made | {"bias": False}
    return made | {name: a[name] for name in ("stride", "padding", "dilation", "groups")}


CONV2D = Exercise(
    name="conv2d",
    right=conv2d,
    cases=conv_cases,
    layer=Layer(settings=settings, keeps={"weight": ("kernel",), "bias": ()}),
    mistakes=(
        Mistake(
            "kernel flipped",
            "This is the convolution of mathematics. In deep learning the kernel is laid on the picture as "
            "it is: "
            "its first cell meets the first cell of the window.",
            with_weight(lambda weight, groups: weight.flip(-2, -1)),
            section="convolution#one-cell-at-a-time",
        ),
        Mistake(
            "the picture thinned out by the stride",
            "The stride is from one window to the next. Inside a window all cells are read.",
            thinned,
            section="convolution#stride-padding-dilation",
        ),
        Mistake(
            "dilation stretches the stride too",
            "Dilation spreads the cells of one window. From one window to the next it is stride cells, and "
            "no more.",
            dilation_in_stride,
            section="convolution#stride-padding-dilation",
        ),
        Mistake(
            "dilation forgotten",
            "The cells of a window stand dilation apart: row i·stride + u·dilation.",
            no_dilation,
            section="convolution#stride-padding-dilation",
        ),
        Mistake(
            "padding on one side",
            "padding zeros are added at each border: above and below, left and right.",
            one_sided,
            section="convolution#stride-padding-dilation",
        ),
        Mistake(
            "edges repeated",
            "What is added at the border is 0, not the nearest pixel.",
            edges_repeated,
            section="convolution#stride-padding-dilation",
        ),
        Mistake(
            "input groups mixed",
            "A group reads neighboring input channels: group g those from g·C/G on, not every G-th.",
            mixed_inputs,
            section="convolution#each-page-alone-then-across",
        ),
        Mistake(
            "output groups mixed",
            "Neighboring output channels belong to one group: channel o to group o // (D/G), not to o % G.",
            mixed_outputs,
            section="convolution#each-page-alone-then-across",
        ),
        Mistake(
            "bias forgotten",
            "Each output channel has one number that is added everywhere.",
            no_bias,
            section="convolution#one-cell-at-a-time",
        ),
    ),
)

EXERCISES = (CONV2D,)
