"""The plots of the chapter on positions."""

from __future__ import annotations

from dlsteps.experiments.record import Result, values
from dlsteps.show.plots import INK, Plot, canvas, legend, spread


def by_length(result: Result) -> Plot:
    """The share of numbers translated rightly, by how many words they have, for each kind of positions."""
    (first, *_) = (record for record in result.records if record["phase"] == "report")
    lengths = sorted(int(key.removeprefix("exact_")) for key in first if key.startswith("exact_"))
    figure, (panel,) = canvas(width=6.6, height=3.0)
    for k, kind in enumerate(result.settings["positions"]):
        found = [values(result.records, f"exact_{n}", positions=kind, phase="report") for n in lengths]
        spread(panel, lengths, found, kind, k)
    panel.axvline(result.settings["words"] + 0.5, color=INK, linestyle=":")
    panel.set(
        xlabel="words of the number; right of the dotted line: more than in training", ylim=(-0.03, 1.03)
    )
    panel.set_ylabel("share translated rightly")
    legend(figure, panel)
    return figure
