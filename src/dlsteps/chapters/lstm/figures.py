"""The plots of the chapter on the LSTM."""

from __future__ import annotations

from dlsteps.experiments.plots import dots
from dlsteps.experiments.record import Result, values
from dlsteps.show.plots import INK, Plot, canvas, legend, spread


def back_in_time(result: Result) -> Plot:
    """The gradient of the last cell and the product of the forget gates against the steps back."""
    lags, biases = result.settings["lags"], result.settings["forget_biases"]
    figure, panels = canvas(2, width=7.4, height=3.0)
    for panel, (key, title) in zip(
        panels, {"gradient": "all paths", "belt": "the belt alone"}.items(), strict=True
    ):
        for k, bias in enumerate(biases):
            found = [values(result.records, key, forget_bias=bias, phase="gradient", lag=lag) for lag in lags]
            spread(panel, lags, found, f"bias {bias:g}", k)
        panel.set(title=title, xlabel="steps back", yscale="log", ylim=(1e-32, 10))
    panels[0].set_ylabel("length of the gradient")
    legend(figure, panels[0])
    return figure


def recall(result: Result) -> Plot:
    """The share of first tokens that are named rightly, for each first forget bias."""
    biases = result.settings["trained"]
    plot = dots(
        result, ["test"], "share named rightly; dotted: by chance", by="forget_bias", names=biases,
        limits=(0.4, 1.03),
    )  # fmt: skip
    (panel,) = plot.axes
    panel.axvline(1 / result.settings["tokens"], color=INK, linestyle=":")
    panel.set_ylabel("forget bias")
    return plot


def adding(result: Result) -> Plot:
    """The test error of each network on the adding problem."""
    plot = dots(
        result, ["test"], "mean squared error; dotted: always the mean, 1/6", by="network",
        names=result.settings["networks"],
    )  # fmt: skip
    (panel,) = plot.axes
    panel.axvline(1 / 6, color=INK, linestyle=":")
    return plot
