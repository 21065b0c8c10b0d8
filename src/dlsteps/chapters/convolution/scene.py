"""The convolution explorer: one output cell at a time, with its window, the products and their sum."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.data import load_digits
from dlsteps.data.feature_maps import EDGE_FILTERS, edge_maps
from dlsteps.nn import convolution as conv
from dlsteps.show.words import plural, tex
from dlsteps.stage import Choice, Explorer, Frame, Scalar, Select, Shelf, Steps, full_color, to_display

POOLS = ("max pooling", "average pooling", "global average")
KINDS = ("standard", "depthwise", "pointwise", *POOLS)
SETTINGS = {"stride": (1, 2), "padding": (0, 1), "dilation": (1, 2)}
BEATS = 16  # output cells that Next visits


@dataclass(frozen=True)
class Layer:
    """A convolution or a pooling, and how its window moves.

    Args:
        kind: one of `KINDS`.
        window: the cells that the kernel covers, and how it moves.
        weight: (D, C/G, kH, kW); None for pooling.
        bias: (D,) or None.
        groups: G.
    """

    kind: str
    window: conv.Window
    weight: Tensor | None = None
    bias: Tensor | None = None
    groups: int = 1

    def __call__(self, x: Tensor) -> Tensor:
        w = self.window
        if self.kind == "max pooling":
            return conv.max_pool2d(x, w.kernel, w.stride).values
        if self.kind in POOLS:
            return conv.avg_pool2d(x, w.kernel, w.stride)
        return conv.conv2d(x, self.weight, self.bias, w.stride, w.padding, w.dilation, self.groups)


def explorer(x: Tensor | None = None, layer: nn.Module | None = None, **start: Scalar) -> Explorer:
    """Move a window over a picture: what each output cell reads, the products, and their sum.

    Args:
        x: a picture of your own: (H, W), (C, H, W) or (1, C, H, W), channels first.
        layer: a convolution that it goes through: torch's `nn.Conv2d` or the book's `Conv2d`.
        **start: values of controls to begin with, such as `kind="depthwise"` or `cell=6`.

    Raises:
        TypeError: `x` holds no real numbers, `layer` is no convolution, or `start` names no control.
        ValueError: the picture has a wrong number of axes, does not fit the layer, or is too large to show.
    """
    title = "Which numbers does one output cell read?"
    picture = None if x is None else as_picture(x)
    if layer is not None:
        given = through(layer)
        picture = digit_maps() if picture is None else picture
        shape = given(picture).shape  # refuses what does not fit
        channel = Choice("channel", "output channel", tuple(range(shape[1])))
        cells = Steps("cell", "cell", tuple(range(1, shape[2] * shape[3] + 1)))
        scene = functools.partial(walk, picture, given)
        return Explorer("convolution", title, scene, [channel, cells], baked=False, start=start)
    kind = Choice("kind", "layer", KINDS)
    more = [Choice(name, name, values, when={"kind": ["standard"]}) for name, values in SETTINGS.items()]
    controls = [kind, *more, Steps("cell", "cell", tuple(range(1, BEATS + 1)))]
    scene = frame if picture is None else functools.partial(frame, picture=picture)
    return Explorer("convolution", title, scene, controls, baked=picture is None, start=start)


@functools.cache
def digit_maps() -> Tensor:
    """A real digit on page 0, and its vertical edges on page 1, (1, 2, 6, 6)."""
    image = load_digits().images[3:4]
    return torch.cat([image[:, :, 1:-1, 1:-1], edge_maps(image)[:, 1:2] / 4], dim=1)


def as_picture(x: Tensor) -> Tensor:
    """A reader's picture as (1, C, H, W), float64."""
    values = torch.from_numpy(to_display(x, "x"))
    if not 2 <= values.ndim <= 4 or values.numel() == 0 or (values.ndim == 4 and len(values) != 1):
        raise ValueError(
            f"x has shape {tuple(values.shape)}; give one picture (H, W), (C, H, W) or (1, C, H, W)"
        )
    return values.reshape(1, *[1] * (3 - min(values.ndim, 3)), *values.shape[-3:])


def through(layer: nn.Module) -> Layer:
    """A reader's convolution in float64, with its parameters."""
    if isinstance(layer, conv.Conv2d):
        window = layer.window
    elif (
        isinstance(layer, nn.Conv2d) and layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    ):
        window = conv.window(layer.kernel_size, layer.stride, layer.padding, layer.dilation)
    else:
        raise TypeError(
            f"layer is {layer}; give an nn.Conv2d with padding in numbers and padding_mode='zeros', or the "
            "book's Conv2d"
        )
    weight, bias = (
        None if t is None else torch.from_numpy(to_display(t, name))
        for name, t in (("weight", layer.weight), ("bias", layer.bias))
    )
    return Layer("standard", window, weight, bias, layer.groups)


def layer_called(kind: str, C: int, size: tuple[int, int], **settings: int) -> Layer:
    """The layer of one value of the control `kind`, for pictures of C channels and this size."""
    if kind == "global average":
        return Layer(kind, conv.window(size, size))
    if kind in POOLS:
        return Layer(kind, conv.window(2, 2))
    filters = torch.tensor(list(EDGE_FILTERS.values()), dtype=torch.float64)
    if kind == "depthwise":
        weight = torch.stack([filters[c % len(filters)] for c in range(C)]).unsqueeze(1)
        return Layer(kind, conv.window(3), weight, groups=C)
    if kind == "pointwise":
        mix = torch.arange(2 * C, dtype=torch.float64).reshape(2, C, 1, 1) - 1
        return Layer(kind, conv.window(1), mix)
    order = (torch.arange(2)[:, None] + torch.arange(C)) % len(filters)
    return Layer(kind, conv.window(3, **settings), filters[order])


def frame(
    *,
    kind: str,
    cell: int,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    picture: Tensor | None = None,
) -> Frame:
    """What the explorer shows for these control values."""
    x = digit_maps() if picture is None else picture
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    layer = layer_called(kind, x.shape[1], tuple(x.shape[2:]), **settings)
    return walk(x, layer, channel=0, cell=cell)


def walk(x: Tensor, layer: Layer, *, channel: int, cell: int) -> Frame:
    """One output cell of a layer: cell 1 is the first of its map, and after the last comes the first."""
    y = layer(x)
    D, Ho, Wo = y.shape[1:]
    at = (cell - 1) % (Ho * Wo)
    i, j = divmod(at, Wo)
    read, pages = reads(x, layer, D, (Ho, Wo))
    w = layer.window
    padded = F.pad(x, (w.padding[1], w.padding[1], w.padding[0], w.padding[0]))
    here = read[channel * Ho * Wo + at]
    seen = padded.flatten()[here].reshape(1, len(pages(channel)), *w.kernel)
    keys = np.full(y.shape, -1)
    keys[0, channel, i, j] = 0
    parts = [
        Shelf(
            title="x",
            note=f"shape {list(x.shape)}"
            + (f", {max(w.padding)} of padding around" if max(w.padding) else ""),
            values=padded,
            column="picture",
            row="page",
        ),
        *middle(seen, layer, channel),
        Shelf(
            title="y",
            note=f"shape {list(y.shape)}",
            values=y,
            keys=keys,
            reads={"x": read},
            column="picture",
            row="page",
        ),
    ]
    caption, formula = words(seen, layer, y[0, channel, i, j], (channel, i, j))
    return Frame(
        panels=parts,
        lead=f"y[0, {channel}, {i}, {j}].",
        caption=caption,
        formula=formula,
        readout=costs(layer, x, y),
        select=Select("output cell", [f"y[0, {channel}, {i}, {j}]"]),
    )


def reads(
    x: Tensor, layer: Layer, D: int, size: tuple[int, int]
) -> tuple[list[list[int]], Callable[[int], list[int]]]:
    """For each output cell the cells of the padded picture that it reads; and the pages of each channel."""
    C, w = x.shape[1], layer.window
    padded = (x.shape[2] + 2 * w.padding[0], x.shape[3] + 2 * w.padding[1])
    numbers = torch.arange(C * padded[0] * padded[1]).reshape(1, C, *padded)
    seen = conv.windows(numbers, w)[0]  # (C, Ho, Wo, kH, kW)

    def pages(o: int) -> list[int]:
        if layer.weight is None:
            return [o]
        each = layer.weight.shape[1]
        first = o // (D // layer.groups) * each
        return list(range(first, first + each))

    lists = [
        seen[pages(o), i, j].flatten().tolist()
        for o in range(D)
        for i in range(size[0])
        for j in range(size[1])
    ]
    return lists, pages


def middle(seen: Tensor, layer: Layer, channel: int) -> list[Shelf]:
    """Between picture and output: the window, and for a convolution the kernel and the products."""
    names = {"column": "window", "row": "page"}
    window = Shelf(title="window", note=f"{seen.numel()} numbers", values=seen, keys=0, digits=2, **names)
    if layer.weight is None:
        return [window]
    kernel = layer.weight[channel : channel + 1]
    digits = 0 if torch.equal(kernel, kernel.round()) else 2
    return [
        window,
        Shelf(
            title="kernel", note=f"of output page {channel}", values=kernel, digits=digits, column="kernel"
        ),
        Shelf(
            title="window × kernel",
            note="cell by cell",
            values=seen * kernel,
            keys=0,
            digits=2,
            scale=full_color((seen * kernel).numpy()),
            column="products",
            row="page",
        ),
    ]


def words(seen: Tensor, layer: Layer, value: Tensor, at: tuple[int, int, int]) -> tuple[str, str]:
    """Caption and formula of one output cell."""
    o, i, j = at
    count, left = seen.numel(), f"y_{{0,{o},{i},{j}}}"
    place = f"page {o}, line {i}, character {j}"
    if layer.kind == "max pooling":
        return (
            f"Of the {count} numbers in its window, {place} keeps the largest, {tex(value)}. "
            "Nothing is learned.",
            rf"{left} = \max(\text{{window}}) = {tex(value)}",
        )
    if layer.weight is None:
        return (
            f"The {count} numbers in its window make one mean, {tex(value)}, at {place}. Nothing is learned.",
            rf"{left} = \frac{{{tex(seen.sum())}}}{{{count}}} = {tex(value)}",
        )
    sums = (seen * layer.weight[o : o + 1]).sum((0, 2, 3))
    terms = [tex(v) for v in sums[:4]] + ([r"\dots"] if len(sums) > 4 else [])
    bias = [] if layer.bias is None else [tex(layer.bias[o])]
    pages = plural(len(sums), "page")
    each = f"{count // len(sums)} numbers on {pages if len(sums) == 1 else f'each of {pages}'}"
    return (
        f"The window lies on {each}: {plural(count, 'product')}. They add up to {tex(value)}, at {place}."
        if not bias
        else f"The window lies on {each}: {plural(count, 'product')}. With the bias {bias[0]} they add up to "
        f"{tex(value)}, at {place}.",
        rf"{left} = {' + '.join([*terms, *bias]).replace('+ -', '- ')} = {tex(value)}",
    )


def costs(layer: Layer, x: Tensor, y: Tensor) -> list[tuple[str, str]]:
    """What the layer learns, and the products that one picture takes."""
    size = f"{y.shape[2]} × {y.shape[3]}"
    if layer.weight is None:
        return [("output", size), ("parameters", "0"), ("multiply-adds", "0")]
    C, D, bias = x.shape[1], len(layer.weight), layer.bias is not None
    kernel = layer.window.kernel
    return [
        ("output", size),
        ("parameters", str(conv.parameter_count(C, D, kernel, layer.groups, bias))),
        ("multiply-adds", str(conv.multiply_adds(C, D, kernel, tuple(y.shape[2:]), layer.groups))),
    ]
