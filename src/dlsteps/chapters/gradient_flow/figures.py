"""The pictures of the chapter on gradient flow."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from dlsteps.chapters.gradient_flow.flow import HE, Recipe, build, descend, first_step
from dlsteps.chapters.gradient_flow.theory import predicted_back
from dlsteps.experiments.plots import dots
from dlsteps.experiments.record import Result, values
from dlsteps.show.plots import INK, SERIES, Plot, canvas, legend, spread

DEPTH = 50
LEARNING = ("sigmoid, gain 1", "ReLU, gain 1", "ReLU, gain √2", "batch norm", "shortcuts, small branches")
SMALL = HE / DEPTH**0.5  # the gain of a branch that is to add little
REMEDIES = {
    "the first weights": {
        "sigmoid, gain 1": Recipe(DEPTH, "sigmoid", 1.0),
        "tanh, gain 1": Recipe(DEPTH, "tanh", 1.0),
        "ReLU, gain 1": Recipe(DEPTH, "ReLU", 1.0),
        "ReLU, gain √2": Recipe(DEPTH, "ReLU"),
        "ReLU, gain 3": Recipe(DEPTH, "ReLU", 3.0),
    },
    "a norm or a shortcut (ReLU, gain √2)": {
        "batch norm": Recipe(DEPTH, norm="batch"),
        "layer norm": Recipe(DEPTH, norm="layer"),
        "shortcuts": Recipe(DEPTH, residual=True),
        "shortcuts, branches / √50": Recipe(DEPTH, gain=SMALL, residual=True),
        "shortcuts, batch norm in the branch": Recipe(DEPTH, norm="batch", residual=True),
    },
}


def two_starts(depth: int = 30) -> Plot:
    """How far the weights of each block move in fifty steps: a network of sigmoids, and one of ReLUs."""
    figure, (panel,) = canvas(1, width=6.6, height=2.9)
    starts = {"ReLU, gain √2": Recipe(depth), "sigmoid, gain 1": Recipe(depth, "sigmoid", 1.0)}
    for k, (name, recipe) in enumerate(starts.items()):
        moved = descend(build(recipe), 0.1, 50).moved
        panel.plot(range(1, depth + 1), moved, label=name, markevery=3, **SERIES[k])
    panel.set(yscale="log", xlabel="block", ylabel="weights moved, as a share")
    legend(figure, panel)
    return figure


def remedies() -> Plot:
    """The gradient at each of fifty blocks: measured, as marks, and predicted, as lines."""
    figure, panels = canvas(len(REMEDIES), width=7.4, height=4.4)
    blocks = range(1, DEPTH + 1)
    for panel, (title, recipes) in zip(panels, REMEDIES.items(), strict=True):
        for k, (name, recipe) in enumerate(recipes.items()):
            style = SERIES[k]
            back = first_step(recipe).back
            panel.plot(blocks, predicted_back(recipe), color=style["color"], linewidth=1.4)
            shown = {"color": style["color"], "marker": style["marker"], "linestyle": "none", "alpha": 0.8}
            panel.plot(blocks, back / back[-1], label=name, markevery=4, **shown)
        panel.set(yscale="log", title=title, xlabel="block")
        panel.legend(
            loc="upper center", bbox_to_anchor=(0.5, -0.2), frameon=False, labelcolor=INK, fontsize=9
        )
    panels[0].set_ylabel("‖g‖, as a share of the last")
    return figure


def through_time(radii: tuple[float, ...] = (0.9, 1.0, 1.1), T: int = 60, width: int = 64) -> Plot:
    """The length of Wᵀ…Wᵀg, one matrix T times, for three spectral radii and several matrices."""
    figure, (panel,) = canvas(1, width=6.6, height=2.9)
    for k, radius in enumerate(radii):
        for seed in range(3):
            lengths = powers(radius, T, width, seed)
            label = f"spectral radius {radius:g}" if seed == 0 else None
            panel.plot(range(T + 1), lengths, label=label, markevery=10, **SERIES[k])
    panel.set(yscale="log", xlabel="steps back", ylabel="length of the gradient")
    legend(figure, panel)
    return figure


def powers(radius: float, T: int, width: int = 64, seed: int = 0) -> list[float]:
    """The length of a gradient that goes back T times through one random matrix of this spectral radius.

    Args:
        radius: the largest size of an eigenvalue.
        T: how many times.
        width: the matrix is (width, width).
        seed: of the matrix and the gradient, whose first length is 1.

    Returns:
        T + 1 lengths.
    """
    generator = torch.Generator().manual_seed(seed)
    W = torch.randn(width, width, generator=generator, dtype=torch.float64)
    W *= radius / torch.linalg.eigvals(W).abs().max()
    g = torch.randn(width, generator=generator, dtype=torch.float64)
    lengths, g = [1.0], g / g.norm()
    for _ in range(T):
        g = W.T @ g
        lengths.append(g.norm().item())
    return lengths


def bad_starts(result: Result) -> Plot:
    """For each network how much of its first gradient comes back, and what it has learned in the end."""
    names = result.settings["networks"]
    figure = dots(result, ["share", "test"], "", by="network", names=names)
    for panel, told in zip(figure.axes, ("power of ten that comes back", "test accuracy"), strict=True):
        panel.set_xlabel(told)
    return figure


def losses(result: Result, names: Sequence[str] = LEARNING) -> Plot:
    """The training loss of some networks, epoch by epoch: mean and range over seeds."""
    epochs = range(1, result.settings["epochs"] + 1)
    figure, (panel,) = canvas(1, width=6.6, height=2.9)
    for k, name in enumerate(names):
        found = [values(result.records, f"loss_{e}", phase="report", network=name) for e in epochs]
        spread(panel, epochs, found, name, k)
    panel.set(yscale="log", xlabel="epoch", ylabel="training loss")
    legend(figure, panel)
    return figure
