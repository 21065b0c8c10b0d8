"""The pictures of the chapter on activations."""

from __future__ import annotations

import torch

from dlsteps.experiments.record import Result, values
from dlsteps.nn.activations import relu
from dlsteps.show.plots import INK, SERIES, Plot, canvas, legend, spread

CORNERS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
COLORS = torch.tensor([0.0, 1.0, 1.0, 0.0], dtype=torch.float64)


def square() -> Plot:
    """What is nearest to the four colors without a bend, and with two ReLUs."""
    side = torch.linspace(-0.3, 1.3, 81, dtype=torch.float64)
    up, across = torch.meshgrid(side, side, indexing="ij")
    ones = torch.ones(4, 1, dtype=torch.float64)
    a, b, c = torch.linalg.lstsq(torch.cat([CORNERS, ones], 1), COLORS[:, None]).solution.flatten()
    maps = {
        "the best straight layer": a * across + b * up + c,
        "two ReLUs": relu(across - up) + relu(up - across),
    }
    figure, panels = canvas(2, width=6.6, height=3.0)
    edges = (-0.3, 1.3, -0.3, 1.3)
    for panel, (title, shown) in zip(panels, maps.items(), strict=True):
        shown = shown.round(decimals=9)  # half a color step either way from ½ is rounding
        panel.imshow(shown, origin="lower", extent=edges, cmap="coolwarm", vmin=0, vmax=1, alpha=0.6)
        for k, style in enumerate(SERIES[:2]):
            x, y = CORNERS[k == COLORS].T
            panel.plot(x, y, style["marker"], color=style["color"], markersize=11, markeredgecolor=INK)
        panel.set_title(title)
        panel.set_xticks([0, 1])
        panel.set_yticks([0, 1])
        panel.grid(visible=False)
    return figure


def dead_units(result: Result) -> Plot:
    """The share of silent units against the learning rate, and after training on."""
    rates = result.settings["learning_rates"]
    figure, (left, right) = canvas(2, width=7.4, height=3.0)

    def seeds(function: str, key: str) -> list:
        return [values(result.records, key, function=function, learning_rate=rate) for rate in rates]

    lines = {"ReLU": ("relu", "silent"), "leaky ReLU": ("leaky_relu", "silent")}
    for k, (label, (function, key)) in enumerate(lines.items()):
        spread(left, rates, seeds(function, key), label, k)
    for k, (label, key) in enumerate({"ReLU": "kept", "leaky ReLU": "leaky"}.items()):
        spread(right, rates, seeds("relu", key), label, k)
    for panel, title in ((left, "after training"), (right, "the ReLU networks, trained on")):
        panel.set(title=title, xlabel="learning rate", xscale="log", ylim=(-0.03, 1.03))
    left.set_ylabel("share of silent units")
    legend(figure, left)
    return figure


def deep_classifier(result: Result) -> Plot:
    """Test accuracy of each function, without a norm and with one."""
    functions, norms = result.settings["functions"], result.settings["norms"]
    figure, panels = canvas(len(norms), width=7.4, height=2.4)
    for panel, norm in zip(panels, norms, strict=True):
        for k, function in enumerate(functions):
            found = values(result.records, "test", phase="report", function=function, norm=norm)
            style = SERIES[k % len(SERIES)]
            panel.plot(found, [k] * len(found), style["marker"], color=style["color"], alpha=0.75)
            panel.plot([found.mean()] * 2, [k - 0.3, k + 0.3], color=INK, linewidth=2)
        panel.set_yticks(range(len(functions)), functions if panel is panels[0] else [""] * len(functions))
        panel.invert_yaxis()
        panel.set(title=norm if norm != "none" else "no norm", xlabel="test accuracy", xlim=(0, 1))
    return figure
