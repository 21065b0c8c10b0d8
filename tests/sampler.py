"""An explorer for the tests alone: the kinds of panel and control that the book's first scenes do not use."""

from __future__ import annotations

import numpy as np

from dlsteps.stage import (
    Bars,
    Choice,
    Curves,
    Explorer,
    Frame,
    Graph,
    Image,
    Line,
    Matrix,
    Node,
    Select,
    Shelf,
    Slider,
    Toggle,
    Tokens,
)

KINDS = ("matrix", "bars", "curves", "image", "small pages", "not numbers", "windows", "graph", "tokens")


def explorer(name: str = "sampler") -> Explorer:
    """No beats, a menu, a slider, and a toggle that only one kind of panel has."""
    controls = [
        Choice("kind", "panel", KINDS),
        Slider("size", "size", (2, 3, 5)),
        Toggle("reveal", "one by one", when={"kind": ["matrix"]}),
    ]
    return Explorer(name, "One panel of each kind", frame, controls)


def frame(*, kind: str, size: int, reveal: bool) -> Frame:
    """One panel of `size` selectable parts."""
    made = PANELS[kind](size, reveal)
    return Frame(
        panels=made if isinstance(made, list) else [made],
        lead=f"A {kind}.",
        caption=f"Size {size}: «label» has the value «value» - or -{size} with its sign.",
        formula=rf"v_{{{size}}} = «value»",
        readout=[("size", str(size))],
        select=Select(
            "part", [f"part {k}" for k in range(size)], {"value": [f"{k * size}" for k in range(size)]}
        ),
        everything=kind == "small pages",
    )


def matrix(size: int, reveal: bool) -> Matrix:
    values = np.arange(size * size).reshape(size, size) - size
    return Matrix(
        title="M",
        values=values,
        keys=np.arange(size)[:, None],
        rows=[f"row {r}" for r in range(size)],
        columns=[f"<b>{k}</b>" for k in range(size)],
        reveal=reveal,
    )


def bars(size: int, _: bool) -> Bars:
    values = np.stack([np.arange(size) - 1.0, np.linspace(0, 1, size)])
    labels = [f"bar {k}" for k in range(size)]
    return Bars(title="B", values=values, labels=labels, series=["p", "q"], keys=np.arange(size))


def curves(size: int, _: bool) -> Curves:
    x = np.linspace(0.1, 10, 12)
    lines = [Line(f"x to the {k}", x, x**k) for k in range(1, size)]
    return Curves(title="C", lines=lines, ylog=True, marker=3.0, keys=range(size - 1))


def image(size: int, _: bool) -> Image:
    values = np.linspace(0, 1, 4 * size * size).reshape(2 * size, 2 * size, 1)
    keys = (np.arange(2 * size) // 2)[:, None]
    return Image(title="I", values=values, keys=keys, grid=size, boxes=[(1, 1, 2, 2, "a box")])


def small_pages(size: int, _: bool) -> Shelf:
    values = np.sin(np.arange(size * 2 * 64)).reshape(size, 2, 8, 8)
    return Shelf(title="S", values=values, keys=np.arange(size)[:, None, None, None], cube=True)


def not_numbers(size: int, _: bool) -> Shelf:
    values = np.ones((size, 2, 2, 2))
    values[0, 0] = [[np.nan, np.inf], [-np.inf, -1e300]]
    return Shelf(title="S", values=values, keys=np.arange(size)[:, None, None, None], cube=True)


def windows(size: int, _: bool) -> list[Matrix]:
    """Sums over two neighbors: every cell but the outer ones is read twice."""
    values = np.arange(size + 1.0)[None]
    sums = values[:, 1:] + values[:, :-1]
    pairs = [[k, k + 1] for k in range(size)]
    return [
        Matrix(title="x", values=values),
        Matrix(title="sums", values=sums, keys=np.arange(size)[None], reads={"x": pairs}),
    ]


def graph(size: int, _: bool) -> Graph:
    """A chain, a node that reads its first and its last, and one of each state."""
    states = ["", "folded", "dead", "new", "next"]
    nodes = [Node(f"v{k}", 0.5 * k, -1e-30, states[k % 5]) for k in range(size)]
    edges = [(k, k + 1) for k in range(size - 1)]
    return Graph(
        title="G", nodes=[*nodes, Node("sum", "[2, 3]")], edges=[*edges, (0, size, 0.5), (size - 1, size, 2)]
    )


def tokens(size: int, _: bool) -> Tokens:
    words = ["the", "cat", "sat", "on", "it"][:size]
    weights = np.tril(np.ones((size, size))) / np.arange(1, size + 1)[:, None]
    keys = [*[-1] * size, *range(size)]
    return Tokens(title="T", above=words, below=list("那只猫坐着")[:size], weights=weights, keys=keys)


PANELS = dict(
    zip(KINDS, (matrix, bars, curves, image, small_pages, not_numbers, windows, graph, tokens), strict=True)
)
