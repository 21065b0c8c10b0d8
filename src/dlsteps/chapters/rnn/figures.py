"""The plots of the chapter on plain recurrent networks."""

from collections.abc import Sequence

import numpy as np
import torch
from matplotlib.axes import Axes

from dlsteps.chapters.rnn.networks import owed, stretching
from dlsteps.experiments import Result, values
from dlsteps.show.plots import INK, SERIES, Plot, canvas, legend, spread

STRETCHES = (0.5, 0.9, 1.2, 3.0)


def lengths_back(gain: float, T: int = 100, seeds: int = 6) -> np.ndarray:
    """How long the gradient of one number of the last state is 0 … T steps back, for several networks.

    Args:
        gain: what the state matrix stretches by.
        T: steps.
        seeds: how many networks of 32 numbers, each with its own weights, on one random sequence.

    Returns:
        (T + 1, seeds).
    """
    x = torch.randn(T + 1, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    found = [owed(stretching(3, 32, gain, seed), x).norm(dim=1).flip(0) for seed in range(seeds)]
    return torch.stack(found, dim=1).numpy()


def on_the_way_back() -> Plot:
    """The length of the gradient against the steps back, six networks at each of four stretches."""
    figure, (panel,) = canvas(width=6.6, height=3.2)
    for k, gain in enumerate(STRETCHES):
        found = lengths_back(gain)[::10]
        spread(panel, range(0, 10 * len(found), 10), found, f"stretch {gain:g}", k)
    panel.set_yscale("log")
    panel.set_xlabel("steps back")
    panel.set_ylabel("length of the gradient")
    legend(figure, panel)
    return figure


def chain_and_tree() -> Plot:
    """A recurrent network folds its inputs along a chain, a recursive one over any tree: four words each."""
    figure, panels = canvas(2, width=7.4, height=2.6)
    words = range(4)
    chain = [((w, 0), (w, 1)) for w in words] + [((w, 1), (w + 1, 1)) for w in words[:-1]]
    _network(panels[0], "recurrent: a chain", chain)
    pairs = [((w, 0), (w // 2 * 2 + 0.5, 1)) for w in words]
    _network(panels[1], "recursive: a tree", [*pairs, ((0.5, 1), (1.5, 2)), ((2.5, 1), (1.5, 2))])
    return figure


def _network(panel: Axes, title: str, arrows: Sequence[tuple]) -> None:
    for start, end in arrows:
        panel.annotate(
            "", end, start, arrowprops={"arrowstyle": "->", "color": INK, "shrinkA": 9, "shrinkB": 9}
        )
    for x, y in {place for arrow in arrows for place in arrow}:
        style = SERIES[1 if y == 0 else 0]
        panel.plot([x], [y], style["marker"], color=style["color"], markersize=13)
        if y == 0:
            panel.text(x, y - 0.42, f"$x_{int(x) + 1}$", ha="center", color=INK)
    panel.set_title(title)
    panel.set_xlim(-0.5, 3.5)
    panel.set_ylim(-0.7, 2.4)
    panel.axis("off")


def adding(result: Result) -> Plot:
    """The test error of the plain networks on the adding problem, and that of who always says 1."""
    steps = result.settings["steps"]
    phases = {"report": steps, "longer": steps * result.settings["longer"]}
    asked = {
        f"{name}, {count:,}": {"network": network, "phase": phase}
        for name, network in (("RNN", "RNN"), ("from the identity", "RNN, identity"))
        for phase, count in phases.items()
    }
    figure, (panel,) = canvas(width=6.6, height=2.4)
    for k, where in enumerate(asked.values()):
        found = values(result.records, "test", **where)
        style = SERIES[k // 2]
        panel.plot(found, [k] * len(found), style["marker"], color=style["color"], alpha=0.75)
        panel.plot([found.mean()] * 2, [k - 0.3, k + 0.3], color=INK, linewidth=2)
    panel.axvline(1 / 6, color=INK, linestyle=":")
    panel.set_yticks(range(len(asked)), list(asked))
    panel.invert_yaxis()
    panel.set_xlim(left=0)
    panel.set_xlabel("mean squared error after so many steps; dotted: always the mean, 1/6")
    return figure
