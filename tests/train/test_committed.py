"""The weights that come with the package are those of the recipes as they are, and as good as it is said."""

import checkpoints
import pytest

from dlsteps.train import find, load, names, recipe, weights

by_name = pytest.mark.parametrize("name", weights.trained())


# Recipes whose weights are still to be trained and committed.
NOT_TRAINED_YET = {"ddpm"}


def test_every_recipe_has_its_weights():
    assert {*weights.trained(), *NOT_TRAINED_YET} == {*names()}, "run `make checkpoints`"
    assert not NOT_TRAINED_YET & {*weights.trained()}


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
