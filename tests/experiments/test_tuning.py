import pytest

from dlsteps.experiments.tuning import searches, tune_then_report

SEEDS = {"tuning_seeds": (7, 8, 9), "seeds": (0, 1)}


def peak(at, **more):
    """A trial that is best where the learning rate is `at`; the seed changes little."""

    def trial(settings, seed):
        rate = settings["learning_rate"]
        return {"validation": 1 - abs(rate - at) / (rate + at) + seed / 1e6, "test": rate, **more}

    return trial


def tried(records, phase):
    return [(record["learning_rate"], record["seed"]) for record in records if record["phase"] == phase]


def test_it_picks_by_validation_and_reports_fresh_seeds():
    records = tune_then_report(peak(0.2), {"learning_rate": (0.1, 0.2, 0.4)}, **SEEDS)
    assert tried(records, "tuning") == [(rate, seed) for rate in (0.1, 0.2, 0.4) for seed in (7, 8, 9)]
    assert tried(records, "report") == [(0.2, 0), (0.2, 1)]
    assert {record.get("winner") for record in records} == {None, "learning_rate 2 of 3"}


@pytest.mark.parametrize(
    ("best", "winner", "rates"),
    [
        (0.8, "learning_rate 4 of 5", [0.1, 0.2, 0.4, 0.8, 1.6]),
        (0.05, "learning_rate 2 of 5", [0.025, 0.05, 0.1, 0.2, 0.4]),
    ],
)
def test_a_winner_at_the_edge_widens_the_grid_by_its_own_ratio(best, winner, rates):
    records = tune_then_report(peak(best), {"learning_rate": (0.1, 0.2, 0.4)}, **SEEDS)
    assert sorted({rate for rate, _ in tried(records, "tuning")}) == rates
    assert {r["learning_rate"] for r in records if r["phase"] == "report"} == {best}
    assert records[-1]["winner"] == winner


def test_a_search_that_is_given_up_says_at_which_edge():
    def ever_larger(settings, seed):
        return {"validation": settings["learning_rate"]}

    def ever_smaller(settings, seed):
        return {"validation": -settings["learning_rate"]}

    grid = {"learning_rate": (0.1, 0.2)}
    above = tune_then_report(ever_larger, grid, **SEEDS, at_most=2)
    below = tune_then_report(ever_smaller, grid, **SEEDS, at_most=2)
    assert above[-1]["winner"] == "learning_rate 4 of 4, at the upper edge"
    assert below[-1]["winner"] == "learning_rate 1 of 4, at the lower edge"


def test_of_equals_the_one_farthest_from_the_edges_wins():
    records = tune_then_report(
        lambda s, seed: {"validation": 0.1}, {"learning_rate": (1, 2, 4, 8, 16)}, **SEEDS
    )
    assert records[-1]["winner"] == "learning_rate 3 of 5"


def test_two_axes_are_searched_together_and_a_single_value_is_left_alone():
    def trial(settings, seed):
        return {"validation": abs(settings["learning_rate"] - 0.4) + abs(settings["clip_norm"] - 2)}

    grid = {"learning_rate": (0.1, 0.2, 0.4), "clip_norm": (1.0, 2.0, 4.0), "width": (8,)}
    records = tune_then_report(trial, grid, **SEEDS, better="smaller")
    assert records[-1]["winner"] == "learning_rate 3 of 4; clip_norm 2 of 3"
    assert (records[-1]["learning_rate"], records[-1]["clip_norm"], records[-1]["width"]) == (0.4, 2.0, 8)
    assert len([r for r in records if r["phase"] == "tuning"]) == 4 * 3 * 3


@pytest.mark.parametrize("better", ["larger", "smaller"])
@pytest.mark.parametrize("nothing", [float("inf"), float("nan"), float("-inf")])
def test_a_run_without_a_number_never_wins(better, nothing):
    def trial(settings, seed):
        lost = settings["learning_rate"] == 0.4 and seed == 8
        return {"validation": nothing if lost else 0.5}

    records = tune_then_report(trial, {"learning_rate": (0.1, 0.2, 0.4)}, **SEEDS, better=better)
    assert records[-1]["learning_rate"] == 0.2


def test_one_value_needs_no_tuning():
    records = tune_then_report(lambda s, seed: {"validation": 0.5}, {"learning_rate": (0.1,)}, (), (0,))
    assert records == [{"phase": "report", "learning_rate": 0.1, "seed": 0, "validation": 0.5}]


def test_too_few_seeds_choose_nothing():
    grid = {"learning_rate": (0.1, 0.2)}
    for few in ((7, 8), (7, 7, 8)):
        with pytest.raises(ValueError, match="too few to choose by; give 3 or more"):
            tune_then_report(peak(0.1), grid, few, (0,))


def test_no_seed_chooses_and_reports():
    with pytest.raises(ValueError, match=r"the seeds \[9\] choose and report"):
        tune_then_report(peak(0.1), {"learning_rate": (0.1, 0.2)}, (7, 8, 9), (9, 10))


def test_searches_are_told_apart():
    one = tune_then_report(peak(0.2), {"learning_rate": (0.1, 0.2, 0.4)}, **SEEDS)
    two = tune_then_report(peak(0.8), {"learning_rate": (0.1, 0.2, 0.4)}, **SEEDS)
    untuned = [{"phase": "longer", "seed": 0}]
    found = list(searches([*one, *two, *untuned]))
    assert found == [(one[:9], one[9:]), (two[:15], two[15:])]
    assert list(searches(untuned)) == []
