"""The plots of the chapters on tensors."""

from dlsteps.experiments import Result, values
from dlsteps.show.plots import INK, SERIES, Plot, canvas


def forgotten_keepdim(result: Result) -> Plot:
    """Accuracy for each way of removing the light: one dot a seed, a bar at the mean."""
    figure, (axes,) = canvas(width=6.0, height=2.3)
    methods = list(dict.fromkeys(record["method"] for record in result.records))
    for k, method in enumerate(methods):
        found = values(result.records, "test", method=method)
        axes.plot(found, [k] * len(found), SERIES[k]["marker"], color=SERIES[k]["color"], alpha=0.75)
        axes.plot([found.mean()] * 2, [k - 0.28, k + 0.28], color=INK, linewidth=2)
    axes.set_yticks(range(len(methods)), methods)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("test accuracy; one mark a seed, the bar is their mean; 0.1 is chance")
    return figure
