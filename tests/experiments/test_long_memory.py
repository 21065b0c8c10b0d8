from math import inf

import pytest

from dlsteps.experiments.long_memory import first_below, tune_then_report

GRID = [{"learning_rate": rate, "clip_norm": norm} for rate in (0.1, 0.2) for norm in (1.0, 10.0)]


def test_tuning_picks_the_smallest_mean_and_reports_fresh_seeds():
    def trial(settings, seed):
        best = settings == {"learning_rate": 0.2, "clip_norm": 1.0}
        lucky = settings["learning_rate"] == 0.1 and seed == 8
        return {"validation": 0.3 if best else 0.1 if lucky else 0.9}

    records = tune_then_report(trial, GRID, tuning_seeds=(8, 9), seeds=(0, 1))
    tried = [(r["phase"], r["learning_rate"], r["clip_norm"], r["seed"]) for r in records]
    grid = [(0.1, 1.0), (0.1, 10.0), (0.2, 1.0), (0.2, 10.0)]
    assert tried[:8] == [("tuning", *pair, seed) for pair in grid for seed in (8, 9)]
    assert tried[8:] == [("report", 0.2, 1.0, 0), ("report", 0.2, 1.0, 1)]
    assert [r["validation"] for r in records[8:]] == [0.3, 0.3]


def test_a_run_that_diverged_is_never_the_best():
    def trial(settings, seed):
        return {
            "validation": inf if settings["clip_norm"] == 10.0 and seed == 8 else 1 / settings["clip_norm"]
        }

    assert tune_then_report(trial, GRID, (8, 9), (0,))[-1]["clip_norm"] == 1.0


def test_one_choice_needs_no_tuning():
    records = tune_then_report(lambda settings, seed: {"validation": 0.5}, GRID[:1], (8,), (0,))
    assert records == [
        {"phase": "report", "learning_rate": 0.1, "clip_norm": 1.0, "seed": 0, "validation": 0.5}
    ]


@pytest.mark.parametrize(
    ("losses", "steps"),
    [
        ([9, 1, 9, 1, 1, 1], 4),  # the means of three: 6.3, 3.67, 3.67, 1
        ([1, 1, 1], 3),
        ([1, 1], inf),
        ([9, 9, 9, 9], inf),
        ([], inf),
    ],
)
def test_first_below(losses, steps):
    assert first_below([float(x) for x in losses], enough=3.7, window=3) == steps
