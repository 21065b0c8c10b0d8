"""The plots of the convolution chapter."""

from dlsteps.chapters.convolution.evidence import POOLINGS, moved_features
from dlsteps.show.plots import SERIES, Plot, canvas, legend

SHIFTS = (1, 2, 3, 4)


def moved() -> Plot:
    """How much features of digits change with the shift, a line for each pooling."""
    found = [moved_features(shift) for shift in SHIFTS]
    figure, (panel,) = canvas(1, width=6.6, height=3.0)
    for k, name in enumerate(POOLINGS):
        panel.plot(SHIFTS, [shares[name] for shares in found], label=name, **SERIES[k])
    panel.set_xticks(SHIFTS)
    panel.set_xlabel("digits moved by, pixels")
    panel.set_ylabel("change / size")
    panel.set_ylim(-0.05, None)
    legend(figure, panel)
    return figure
