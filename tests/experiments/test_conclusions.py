"""What the book states is held against the committed figures and against a slice that is run again."""

import copy
import re
from math import inf
from statistics import fmean

import pytest
from by_chapter import gathered

from dlsteps.experiments import find, load, measure, record, select, values
from dlsteps.experiments.tuning import searches

NOT_YET_WIDENED = {"sequences"}  # its grid is that of before
SMALLER = {"adding_problem", "forget_bias", "numeral_positions"}  # chosen by a loss, or by a number of steps
NO_SEEDS = {"style"}  # nothing there is random

SPOILED = gathered("spoiled", "SPOILED")

by_name = pytest.mark.parametrize("name", record.names())


def failing(name, records):
    return {str(c.statement) for c in find(name).conclusions(records) if not c.holds}


@by_name
def test_committed_result_belongs_to_these_settings(name):
    result, settings = load(name), find(name).Settings()
    assert result.settings == record.as_json(settings), f"run `python -m dlsteps.experiments {name}` again"
    assert result.settings_hash == record.settings_hash(settings)
    assert result.threads == 1


@by_name
def test_committed_figures_bear_the_conclusions_out(name):
    result = load(name)
    assert find(name).conclusions(result.records)
    assert failing(name, result.records) == set()


@by_name
def test_the_conclusions_kept_are_those_of_the_figures(name):
    again = f"run `python -m dlsteps.experiments {name} --conclude`"
    assert load(name).conclusions == record.concluded(name, load(name).records), again


@by_name
def test_no_winner_lies_at_an_edge_of_its_grid(name):
    found = list(searches(load(name).records))
    assert bool(found) == ("tuning_seeds" in load(name).settings)
    if name in NOT_YET_WIDENED:
        return
    for tuning, report in found:
        assert all("edge" not in row["winner"] for row in report)
        assert len({row["seed"] for row in tuning}) >= 3
        assert not {row["seed"] for row in tuning} & {row["seed"] for row in report}
        for place in report[0]["winner"].split("; "):
            axis, rank, count = re.fullmatch(r"(\w+) (\d+) of (\d+)", place).groups()
            tried = sorted({row[axis] for row in tuning})
            assert (tried.index(report[0][axis]) + 1, len(tried)) == (int(rank), int(count))
            assert 1 < int(rank) < int(count)
        axes = [place.split()[0] for place in report[0]["winner"].split("; ")]
        means = {key: fmean(map(validation, rows)) for key, rows in by_point(tuning, axes).items()}
        best = min if name in SMALLER else max
        assert means[point(report[0], axes)] == best(means.values())


def validation(row):
    return inf if row["validation"] is None else row["validation"]


def point(row, axes):
    return tuple(row[axis] for axis in axes)


def by_point(tuning, axes):
    points = {}
    for row in tuning:
        points.setdefault(point(row, axes), []).append(row)
    return points


@by_name
def test_every_seed_is_kept(name):
    if name in NO_SEEDS:
        return
    result = load(name)
    measured = [r for r in result.records if r.get("phase", "report") == "report"]
    assert {r["seed"] for r in measured} == set(result.settings["seeds"])
    assert len(result.settings["seeds"]) >= 3


@by_name
def test_every_conclusion_can_fail(name):
    records = load(name).records
    broken = set()
    for wanted, figures in SPOILED[name]:
        caught = failing(name, spoil(records, wanted, figures))
        assert caught, f"nothing is concluded otherwise where {wanted} has {figures}"
        broken |= caught
    assert broken == {c.statement for c in find(name).conclusions(records)}


def spoil(records, wanted, figures):
    """Records with some figures replaced: by a number, or by a function of the record."""
    spoiled = copy.deepcopy(records)
    for row in select(spoiled, **wanted):
        row.update({key: new(row) if callable(new) else new for key, new in figures.items()})
    return spoiled


def labels(row):
    """What was tried, as against what came out of it."""
    tried = {key: value for key, value in row.items() if not isinstance(value, float) and key != "diverged"}
    return tried | {key: row[key] for key in ("learning_rate", "gain") if key in row}


@by_name
def test_slice_comes_to_the_same_conclusions(name):
    again, committed = measure(name, reduced=True, progress=False), load(name)
    found = find(name).conclusions(again.records)
    assert found
    assert [c.text for c in found if not c.leans] == []
    lengths = [key for key in ("epochs", "steps", "downscale") if key in again.settings]
    if any(again.settings[key] != committed.settings[key] for key in lengths):
        return
    known = {tuple(sorted(labels(row).items())): row for row in committed.records}
    pairs = [
        (row["test"], known[key])
        for row in again.records
        if (key := tuple(sorted(labels(row).items()))) in known
    ]
    if pairs:  # the same trial again: only rounding may differ, and what grows from it in training
        change = fmean(new - old["test"] for new, old in pairs)
        assert abs(change) < max(0.02, fmean(spread(committed.records, old) for _, old in pairs))


def spread(records, row):
    """How far seeds lie apart in the same trial: rounding on another machine can do what a seed does."""
    trial = {key: value for key, value in labels(row).items() if key != "seed"}
    figures = values(records, "test", **trial)
    return figures.max() - figures.min()
