"""The weights that come with the package are those of the recipes as they are, and as good as it is said."""

import checkpoints
import pytest

from dlsteps.train import find, load, names, recipe, weights

by_name = pytest.mark.parametrize("name", weights.trained())


INFINITY = float("inf")
# What the book needs of each model: the least and the most that each figure may be.
TARGETS = {
    "classifier": {"accuracy": (0.95, 1.0)},
    "ddpm": {
        "Fréchet distance over floor": (0.0, 1.3),
        "smallest class share": (0.05, 0.1),
        "largest class share": (0.1, 0.15),
        "mean top probability": (0.98, 1.0),
        "nearest distance over held-out digits'": (0.95, INFINITY),
    },
    "lstm": {"mse": (0.0, 0.01)},
    "numerals": {
        "exact_match": (0.999, 1.0),
        "exact_match_zero_rich": (0.995, 1.0),
        **{f"exact_match_{n}_digits": (0.98, 1.0) for n in range(3, 9)},
    },
    "yolo": {
        "mAP@0.5": (0.95, 1.0),
        "AP@0.5 of the worst class": (0.88, 1.0),
        "mAP@0.5 with every label off by one": (0.0, 0.1),
    },
}


def test_every_recipe_has_its_weights():
    assert {*weights.trained()} == {*names()} == {*TARGETS}, "run `make checkpoints`"


@by_name
def test_they_are_good_enough(name):
    metric = weights.result(name).metric
    missed = {
        figure: metric[figure]
        for figure, (least, most) in TARGETS[name].items()
        if not least <= metric[figure] <= most
    }
    assert not missed


@by_name
def test_they_were_trained_with_the_defaults(name):
    defaults = recipe.as_json(find(name).Settings())
    assert weights.result(name).settings == defaults, f"run `make checkpoints NAMES={name}`"


@by_name
def test_they_are_small(name):
    assert (weights.CHECKPOINTS / f"{name}.safetensors").stat().st_size <= checkpoints.LIMIT


@by_name
def test_the_metric_is_that_of_the_weights(name):
    model, settings = load(name)
    again, stated = weights.measure(find(name), model, settings), weights.result(name).metric
    # A figure that counts can move by a case or two where a sum is rounded another way.
    assert again == pytest.approx(stated, rel=5e-3, abs=2e-3)
    assert weights.count(model) == weights.result(name).parameters


@by_name
def test_they_say_what_the_model_takes(name):
    mine = find(name)
    assert weights.result(name).about == weights.described(mine, mine.Settings())
