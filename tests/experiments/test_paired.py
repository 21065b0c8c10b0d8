"""Intervals and equivalence, against SciPy's own t-tests."""

from math import inf

import pytest
from scipy import stats

from dlsteps.experiments.paired import Differences, as_good, at_least, differences, more

A = (0.91, 0.93, 0.90, 0.95, 0.92)
B = (0.90, 0.90, 0.91, 0.93, 0.90)
FOUND = Differences(tuple(a - b for a, b in zip(A, B, strict=True)), 510)


def records(**methods):
    return [
        {"phase": phase, "norm": norm, "seed": seed, "test": test, "tested": 510}
        for norm, tests in methods.items()
        for phase in ("tuning", "report")
        for seed, test in enumerate(tests if phase == "report" else [0.0] * len(tests))
    ]


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_the_interval_is_student_s(confidence):
    low, high = stats.ttest_rel(A, B).confidence_interval(confidence)
    half = FOUND.half_width(confidence)
    assert (FOUND.mean - half, FOUND.mean + half) == pytest.approx((low, high))


def test_one_seed_has_no_interval():
    alone = more("a", Differences((0.3,)))
    assert Differences((0.3,)).half_width() == inf
    assert (alone.holds, alone.leans) == (False, True)


def test_figures_are_paired_by_seed_and_only_those_that_report():
    found = differences(records(BN=A, GN=B), "test", {"norm": "BN"}, {"norm": "GN"})
    assert found == FOUND
    shuffled = records(BN=A, GN=B)[::-1]
    assert differences(shuffled, "test", {"norm": "BN"}, {"norm": "GN"}) == FOUND


def test_seeds_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="measure both once with each seed"):
        differences(records(BN=A, GN=B[:3]), "test", {"norm": "BN"}, {"norm": "GN"})
    with pytest.raises(ValueError, match="measure both once with each seed"):
        differences(records(BN=A, GN=B), "test", {"norm": "BN"}, {"tested": 510})


@pytest.mark.parametrize("by", [0.0, 0.005, 0.01, 0.02])
def test_more_is_a_one_sided_test(by):
    # The interval at 95 % has 2.5 % on either side.
    p = stats.ttest_1samp([d - by for d in FOUND.each], 0, alternative="greater").pvalue
    assert more("a", FOUND, by).holds == (p < 0.025)


@pytest.mark.parametrize("within", [0.01, 0.02, 0.025, 0.03, 0.05])
def test_as_good_is_two_one_sided_tests(within):
    below = stats.ttest_1samp([d + within for d in FOUND.each], 0, alternative="greater").pvalue
    above = stats.ttest_1samp([d - within for d in FOUND.each], 0, alternative="less").pvalue
    assert as_good("a", FOUND, within).holds == (max(below, above) < 0.05)
    assert at_least("a", FOUND, within).holds == (below < 0.05)


def test_noise_is_no_equivalence():
    noisy = Differences((0.2, -0.2, 0.15, -0.15, 0.0))
    assert noisy.mean == pytest.approx(0)
    assert not as_good("a", noisy, within=0.05).holds
    assert not at_least("a", noisy, within=0.05).holds


def test_a_conclusion_tells_its_seeds_and_test():
    assert more("lead", FOUND, 0.001).text == (
        "lead: 0.014 ± 0.019 (95%, 5 seeds, 510 test digits), all above 0.001"
    )
    assert as_good("lead", Differences((0.01, 0.02, 0.03)), 0.05).text == (
        "lead: 0.02 ± 0.017 (90%, 3 seeds), all within ±0.05"
    )
