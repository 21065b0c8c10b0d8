"""What the book states is held against the committed figures and against a slice that is run again."""

import copy
from statistics import fmean

import pytest

from dlsteps.experiments import find, load, measure, record, select, values

NO_SEEDS = {"style"}  # nothing there is random

# For each experiment: which records to spoil, in which figure, with what. Together they must break every
# conclusion, so that none of them holds whatever was measured.
SPOILS = {
    "adding_problem": [
        ({"network": "RNN"}, {"test": 1e-4}),
        ({"network": "RNN, identity"}, {"test": 0.2}),
        ({"network": "LSTM, bias 1"}, {"test": 1e-4}),
    ],
    "batch_size": [({"norm": norm}, {"test": 0.1}) for norm in ("BN", "BRN", "GN")],
    "contrast": [({"norm": "IN"}, {"test": 1.0}), ({"norm": "IN"}, {"test": 0.1})],
    "convnets": [({"norm": "LN"}, {"test": 0.1}), ({"norm": "GN", "groups": 8}, {"test": 0.1})],
    "covariate_shift": [({"norm": "noisy BN"}, {"test": 0.1, "shift": 0.0})],
    "ddpm_ablations": [
        ({"variant": "not told t"}, {"frechet_ratio": 1.0}),
        ({"variant": "linear schedule"}, {"frechet_ratio": 1.0}),
        ({"weights": "last"}, {"frechet_ratio": 5.0}),
        ({"variant": "predicts v"}, {"nearest_ratio": 2.0}),
    ],
    "ddpm_sampling": [
        ({"evaluations": 5}, {"frechet_ratio": 1.0}),
        ({"sampler": "ancestral"}, {"frechet_ratio": 3.0, "nearest_ratio": 1.0}),
    ],
    "discriminator": [({"norm": "SN"}, {"bound": 40.0, "gradient_max": 50.0})],
    "forget_bias": [
        ({"forget_bias": 4.0, "phase": "gradient"}, {"gradient": 1e-20}),
        ({"forget_bias": 4.0, "phase": "report"}, {"test": 0.5, "reached": None}),
    ],
    "forgotten_keepdim": [({"method": "with keepdim"}, {"test": 0.1})],
    "learning_rate": [({"norm": "BN"}, {"test": 0.1})],
    "numeral_positions": [
        ({"positions": "rotary"}, {"within": 0.5, "beyond": 0.1}),
        ({"limit": "6 digits"}, {"beyond": 0.5}),
    ],
    "order": [({"order": "after"}, {"test": 0.1})],
    "sequences": [({"norm": "LN"}, {"test": 0.1}), ({"norm": "none"}, {"test": 0.1})],
    "sorted_batches": [({"norm": "BN"}, {"test": 0.75}), ({"norm": "GN"}, {"test": 0.1})],
    "spectral_classifier": [
        ({"norm": "SN hidden"}, {"test": 0.1, "bound": 1e6}),
        ({"norm": "SN all, times 10"}, {"test": 0.1, "bound": 1e6}),
    ],
    "style": [({"moved": "pixels"}, {"mean_gap": 0.3, "structure": 0.0, "spread_gap": 0.0})],
    "yolo_ablations": [
        ({"variant": "confidence 1"}, {"confidence": 0.1}),
        ({"variant": "lambda_noobj 0.1"}, {"confidence": 0.1, "empty": 0.0}),
        ({"variant": "lambda_noobj 1"}, {"confidence": 0.9}),
        ({"variant": "S 6"}, {"test": 0.9}),
        ({"variant": "B 1"}, {"test": 0.5}),
        ({"variant": "no roots"}, {"test": 0.5}),
    ],
}

by_name = pytest.mark.parametrize("name", record.NAMES)


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
    for wanted, figures in SPOILS[name]:
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
