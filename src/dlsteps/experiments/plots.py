"""What an experiment measured, seed by seed."""

from collections.abc import Sequence

from dlsteps.experiments.record import Result, reported, values
from dlsteps.show.plots import INK, SERIES, Plot, canvas


def dots(
    result: Result,
    keys: Sequence[str],
    title: str,
    *,
    by: str,
    names: Sequence[str],
    limits: tuple[float, float] | None = None,
    **where: object,
) -> Plot:
    """One mark a seed and a bar at the mean, for each name, in a panel for each measured key.

    Args:
        result: of an experiment; where it tunes, only the figures it reports are drawn.
        keys: what was measured, a panel each.
        title: of the horizontal axis.
        by: the field of a record that tells the methods apart.
        names: the methods, a line each.
        limits: of the horizontal axis; what the marks need if not given.
        where: what else a record must have.
    """
    figure, panels = canvas(len(keys), width=6.6 if len(keys) == 1 else 7.4, height=0.7 + 0.36 * len(names))
    for panel, key in zip(panels, keys, strict=True):
        for k, name in enumerate(names):
            found = values(result.records, key, **reported(result), **{by: name}, **where)
            style = SERIES[k % len(SERIES)]
            panel.plot(found, [k] * len(found), style["marker"], color=style["color"], alpha=0.75)
            panel.plot([found.mean()] * 2, [k - 0.3, k + 0.3], color=INK, linewidth=2)
        panel.set_yticks(range(len(names)), names if panel is panels[0] else [""] * len(names))
        panel.invert_yaxis()
        panel.set_xlabel(title if len(keys) == 1 else f"{title}: {key}")
        if limits:
            panel.set_xlim(*limits)
    return figure
