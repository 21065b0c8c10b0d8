"""A small explorer for the tests of the stage: every kind of control, most kinds of panel, awkward labels."""

import numpy as np

from dlsteps.stage import (
    Axes,
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
    Steps,
    Toggle,
    Tokens,
)

NASTY = '</script><script>alert("1")</script> & <b>'
CONTROLS = (
    Choice("norm", f"norm {NASTY}", ("Batch", "Group"), labels=("Batch", f"Group {NASTY}")),
    Slider("groups", "groups", (1, 2.5, 4), default=2.5, when={"norm": ["Group"]}),
    Toggle("poke", "poke"),
    Steps("step", "step", ("numbers", "means")),
)


def scene(*, norm: str, groups: float, poke: bool, step: str) -> Frame:
    """A frame with NaN and infinities in it, and markup wherever there is text."""
    x = np.arange(12.0).reshape(2, 3, 1, 2) * groups - 3
    if poke:
        x[0, 0, 0] = np.nan, np.inf
        x[1, 0, 0, 0] = -np.inf
    table = x.reshape(4, 3)
    panels = [
        Shelf(title=f"x {NASTY}", values=x, keys=np.arange(3).reshape(1, 3, 1, 1), digits=2),
        Matrix(title="matrix", values=table, rows=[NASTY, "b", "c", "d"], columns=["e", NASTY, "g"]),
        Bars(title="bars", values=table[:1], labels=["one", "two", NASTY]),
        Curves(
            title="curves", lines=[Line(NASTY, [1e-4, 1, 2], [1.5, float("nan"), float("inf")])], marker=0.0
        ),
        Image(title="image", values=np.full((2, 2, 1), 0.5), boxes=[(0, 0, 1, 1, NASTY)]),
        Graph(
            title="graph",
            nodes=[
                Node(NASTY, 1.5),
                Node("b", x[0, 0, 0, 0]),
                Node("a + b", "[2]", 1.0, "new"),
                Node("c", state="next"),
            ],
            edges=[(0, 2), (1, 2, -0.5), (2, 3)],
        ),
        Tokens(title="tokens", above=[NASTY, "猫"], below=["the", "cat"], weights=[[0.9, 0.1], [0, 1]]),
        Axes(title="axes", axes=[("N", NASTY, 2, ""), ("C", "page", 3, "averaged")]),
    ]
    return Frame(
        panels=panels[:1] if step == "means" else panels,
        lead=f"{step} {NASTY}",
        caption=f"«label» {NASTY} of {norm}: «mean».",
        formula=r"\mu = «mean» < \infty",
        readout=[("groups", str(groups))],
        select=Select("page", ["page 0", "page 1", NASTY], {"mean": ["-1.5", "0.25", "3"]}),
    )


def trial(**options: object) -> Explorer:
    return Explorer("trial", f"Trial {NASTY}", scene, CONTROLS, **options)
