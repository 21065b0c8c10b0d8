"""One search for all experiments: a grid for each method, widened until its best point has neighbors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import isfinite
from statistics import fmean
from typing import Literal

from dlsteps.experiments.record import Record

LEAST_SEEDS = 3
Grid = dict[str, list[float]]
Trial = Callable[[Mapping[str, float], int], Record]


def tune_then_report(
    trial: Trial,
    grid: Mapping[str, Sequence[float]],
    tuning_seeds: Sequence[int],
    seeds: Iterable[int],
    *,
    better: Literal["larger", "smaller"] = "larger",
    at_most: int = 8,
) -> list[Record]:
    """Choose the point of a grid with the best mean `validation`, then measure it with fresh seeds.

    A best point at the edge says only that the grid was too small. Then the grid is widened there, by its
    own ratio, until the best point lies inside; so no method wins by a grid that happens to suit it.

    Args:
        trial: (a point of the grid, seed) to a record with at least `validation`.
        grid: name -> values, rising and some ratio apart; one value is no choice and is never widened.
        tuning_seeds: three or more that only choose.
        seeds: others that only report.
        better: whether the larger or the smaller `validation` is.
        at_most: how often the grid is widened before the search is given up, best point at the edge.

    Returns:
        The records of all trials, with `phase` ("tuning" or "report"), the point and `seed`. Those that
        report have `winner` too, where the point lies among the values tried: "learning_rate 2 of 4".

    Raises:
        ValueError: there are too few tuning seeds, or one of them reports too.
    """
    axes = {name: sorted(found) for name, found in grid.items()}
    tunes = any(len(found) > 1 for found in axes.values())
    seeds = list(seeds)
    if tunes:
        _check(tuning_seeds, seeds)
    tried: dict[tuple[float, ...], list[Record]] = {}
    best = tuple(found[0] for found in axes.values())
    for left in reversed(range(at_most + 1 if tunes else 0)):
        for point in product(*axes.values()):
            if point not in tried:
                tried[point] = [_trial(trial, "tuning", axes, point, seed) for seed in tuning_seeds]
        best = _best(axes, tried, better)
        edges = _edges(axes, best)
        if not edges or not left:
            break
        _widen(axes, edges)
    records = [record for point in sorted(tried) for record in tried[point]]
    report = [_trial(trial, "report", axes, best, seed) for seed in seeds]
    return records + [{**record, "winner": _place(axes, best)} for record in report] if tunes else report


def searches(records: Iterable[Record]) -> Iterator[tuple[list[Record], list[Record]]]:
    """Split an experiment's records into its searches: (the trials that chose, those that report)."""
    tuning: list[Record] = []
    report: list[Record] = []
    for record in records:
        phase = record.get("phase")
        if phase == "tuning" and report:
            yield tuning, report
            tuning, report = [], []
        if phase in ("tuning", "report"):
            (tuning if phase == "tuning" else report).append(record)
    if tuning:
        yield tuning, report


def _check(tuning_seeds: Sequence[int], seeds: Sequence[int]) -> None:
    if len(set(tuning_seeds)) < LEAST_SEEDS:
        raise ValueError(
            f"tuning_seeds={tuple(tuning_seeds)} are too few to choose by; give {LEAST_SEEDS} or more"
        )
    if shared := set(tuning_seeds) & set(seeds):
        raise ValueError(f"the seeds {sorted(shared)} choose and report; take others for one of the two")


def _trial(trial: Trial, phase: str, axes: Grid, point: tuple[float, ...], seed: int) -> Record:
    settings = dict(zip(axes, point, strict=True))
    return {"phase": phase, **settings, "seed": seed, **trial(settings, seed)}


def _best(axes: Grid, tried: Mapping[tuple[float, ...], list[Record]], better: str) -> tuple[float, ...]:
    """The point with the best mean; of several just as good, the one farthest from any edge."""
    sign = 1 if better == "larger" else -1

    def rank(point: tuple[float, ...]) -> tuple[float, int]:
        score = sign * fmean(record["validation"] for record in tried[point])
        return score if isfinite(score) else float("-inf"), min(_to_edge(axes, point), default=0)

    return max(tried, key=rank)


def _to_edge(axes: Grid, point: tuple[float, ...]) -> list[int]:
    """For each axis with a choice, how many values lie beyond the point on the nearer side."""
    places = [(found, found.index(value)) for found, value in zip(axes.values(), point, strict=True)]
    return [min(k, len(found) - 1 - k) for found, k in places if len(found) > 1]


def _edges(axes: Grid, point: tuple[float, ...]) -> list[tuple[str, int]]:
    """The axes on which the point has no neighbor, and on which side: 0 below, -1 above."""
    at = [(name, side) for name in axes for side in (0, -1) if len(axes[name]) > 1]
    values = dict(zip(axes, point, strict=True))
    return [(name, side) for name, side in at if axes[name][side] == values[name]]


def _widen(axes: Grid, edges: list[tuple[str, int]]) -> None:
    """Add a value beyond each edge, as far away from it as its neighbor."""
    for name, side in edges:
        found = axes[name]
        edge, neighbor = (found[0], found[1]) if side == 0 else (found[-1], found[-2])
        beyond = float(f"{edge * edge / neighbor:.3g}")
        found.insert(0 if side == 0 else len(found), beyond)


def _place(axes: Grid, point: tuple[float, ...]) -> str:
    """Where a point lies: "learning_rate 2 of 4", and whether that is at an edge."""
    edges = dict(_edges(axes, point))
    told = []
    for (name, found), value in zip(axes.items(), point, strict=True):
        edge = {0: ", at the lower edge", -1: ", at the upper edge"}.get(edges.get(name), "")
        if len(found) > 1:
            told.append(f"{name} {found.index(value) + 1} of {len(found)}{edge}")
    return "; ".join(told)
