"""What the book states is held against the committed figures and against a slice that is run again."""

import copy
from statistics import fmean

import pytest
from by_chapter import gathered

from dlsteps.experiments import find, load, measure, record, select, values

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
        spoiled = copy.deepcopy(records)
        for row in select(spoiled, **wanted):
            row.update(figures)
        broken |= failing(name, spoiled)
    assert broken == {c.statement for c in find(name).conclusions(records)}


def labels(row):
    """What was tried, as against what came out of it."""
    tried = {key: value for key, value in row.items() if not isinstance(value, float) and key != "diverged"}
    return tried | {key: row[key] for key in ("learning_rate", "gain") if key in row}


@by_name
def test_slice_comes_to_the_same_conclusions(name):
    again, committed = measure(name, reduced=True, progress=False), load(name)
    assert find(name).conclusions(again.records)
    assert failing(name, again.records) == set()
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
