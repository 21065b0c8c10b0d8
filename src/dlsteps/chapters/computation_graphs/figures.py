"""The pictures of the chapter on computation graphs."""

from __future__ import annotations

from dlsteps.experiments.record import Result, values
from dlsteps.show.plots import INK, Plot, canvas, legend, spread

NAMES = {
    "dynamic": "dynamic, recording",
    "no_grad": "dynamic, not recording",
    "torch": "torch, recording",
    "torch.compile": "torch.compile, no compiler",
}


def speed(result: Result) -> Plot:
    """How much longer an operation takes than in the static engine, against the cells of a matrix."""
    works = list(dict.fromkeys(record["work"] for record in result.records))
    sides = result.settings["sides"]
    figure, panels = canvas(len(works), width=7.6, height=3.0)
    for panel, work in zip(panels, works, strict=True):
        for k, (engine, name) in enumerate(NAMES.items()):
            seeds = [values(result.records, "ratio", work=work, side=s, engine=engine) for s in sides]
            spread(panel, [s**2 for s in sides], seeds, name, k)
        panel.axhline(1, color=INK, linewidth=1)
        panel.set(title=work, xlabel="cells", xscale="log", yscale="log", ylim=(0.5, 60))
        panel.set_yticks([0.5, 1, 2, 5, 10, 20, 50], ["0.5", "1", "2", "5", "10", "20", "50"])
        panel.minorticks_off()
    panels[0].set_ylabel("time, static engine = 1")
    legend(figure, panels[0])
    return figure
