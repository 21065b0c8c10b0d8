"""One look for all plots: transparent, in colors that can be read on white and on near-black."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#7b8290"
# Told apart by color-blind readers, and by marker and dash where there is no color at all.
SERIES = (
    {"color": "#2f7ed8", "marker": "o", "linestyle": "-"},
    {"color": "#d9660f", "marker": "s", "linestyle": "--"},
    {"color": "#3f9142", "marker": "^", "linestyle": "-."},
    {"color": "#9a62c9", "marker": "D", "linestyle": ":"},
    {"color": "#7b8290", "marker": "v", "linestyle": (0, (5, 1, 1, 1))},
)
RC = {
    "figure.dpi": 110,
    "savefig.dpi": 160,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.22,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5,
    "font.size": 10,
}


class Plot(Figure):
    """A figure that a notebook shows by itself: without pyplot, whose state a notebook shares."""

    def _repr_png_(self) -> bytes:
        buffer = BytesIO()
        with matplotlib.rc_context(RC):
            self.savefig(buffer, format="png")
        return buffer.getvalue()


def canvas(columns: int = 1, *, width: float = 6.6, height: float = 3.2) -> tuple[Plot, Sequence[Axes]]:
    """A figure with a row of axes in the book's style."""
    with matplotlib.rc_context(RC):
        figure = Plot(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, columns, squeeze=False)[0]
    return figure, axes


def spread(axes: Axes, x: Sequence[float], seeds: Sequence[Sequence[float]], label: str, k: int) -> None:
    """The mean over seeds as a line, and the range from the lowest to the highest seed as a band."""
    values = np.array([list(v) for v in seeds])
    style = SERIES[k % len(SERIES)]
    axes.plot(x, values.mean(1), label=label, **style)
    axes.fill_between(x, values.min(1), values.max(1), color=style["color"], alpha=0.18, linewidth=0)


def legend(figure: Plot, axes: Axes) -> None:
    """The names of the lines of `axes`, beside the panels, where no line can run through them."""
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", frameon=False, labelcolor=INK)
