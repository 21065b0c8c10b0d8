"""What the experiments on long memory share: a fair search of settings, and when a run had learned."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from dlsteps.experiments.record import Record


def tune_then_report(
    trial: Callable[[Mapping[str, Any], int], Record],
    grid: Iterable[Mapping[str, Any]],
    tuning_seeds: Iterable[int],
    seeds: Iterable[int],
) -> list[Record]:
    """Choose the settings with the smallest `validation`, then measure them with fresh seeds.

    Each network gets the same grid, so that none wins by settings that happen to suit it.

    Args:
        trial: (settings, seed) to a record with at least `validation`, the smaller the better.
        grid: the settings to choose from; if there is one, there is nothing to tune.
        tuning_seeds: seeds that only choose.
        seeds: seeds that only report.

    Returns:
        The records of all trials, with `phase` ("tuning" or "report"), the settings and `seed`.
    """
    grid, records = list(grid), []
    best = grid[0]
    if len(grid) > 1:
        tried = [[_trial(trial, "tuning", one, seed) for seed in tuning_seeds] for one in grid]
        scores = [fmean(record["validation"] for record in of_one) for of_one in tried]
        best = grid[scores.index(min(scores))]
        records = [record for of_one in tried for record in of_one]
    return records + [_trial(trial, "report", best, seed) for seed in seeds]


def _trial(trial: Callable[..., Record], phase: str, settings: Mapping[str, Any], seed: int) -> Record:
    return {"phase": phase, **settings, "seed": seed, **trial(settings, seed)}


def first_below(losses: Sequence[float], enough: float, window: int) -> float:
    """Return after how many steps the mean of the last `window` losses was first below `enough`.

    No sequence is drawn twice, so the loss before a step is that on sequences never seen.

    Returns:
        The number of steps, `window` or more; infinity if it never was.
    """
    for end in range(window, len(losses) + 1):
        if fmean(losses[end - window : end]) < enough:
            return float(end)
    return float("inf")
