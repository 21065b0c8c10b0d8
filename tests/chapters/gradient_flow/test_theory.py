"""What theory predicts of the gradient, against formulas known by themselves and against networks."""

import math

import pytest

from dlsteps.chapters.gradient_flow.flow import HE, Recipe, factor, first_step
from dlsteps.chapters.gradient_flow.theory import predicted_back, predicted_factors


@pytest.mark.parametrize(
    ("recipe", "known"),
    [
        (Recipe(5, "ReLU", 1.7), 1.7 / math.sqrt(2)),  # He et al. 2015: half of the slopes are 1
        (Recipe(5, "ReLU", 1.7, residual=True), math.sqrt(1 + 1.7**2 / 2)),
        (Recipe(5, "leaky ReLU", 1.0), math.sqrt(1.01 / 2)),
    ],
)
def test_it_is_the_known_formula(recipe, known):
    assert predicted_factors(recipe).tolist() == pytest.approx([known] * 5, rel=1e-3)


def test_a_norm_s_factor_is_known_and_knows_nothing_of_the_weights():
    for gain in (0.1, 10.0):
        batch = predicted_factors(Recipe(20, "ReLU", gain, "batch"))
        assert batch[-1].item() == pytest.approx(math.sqrt(math.pi / (math.pi - 1)), rel=1e-3)
        layer = predicted_factors(Recipe(20, "ReLU", gain, "layer"))
        assert layer[-1].item() == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(50, "sigmoid", 1.0),
        Recipe(50, "sigmoid", 4.0),
        Recipe(50, "sigmoid", 1.0, residual=True),
        Recipe(50, "tanh", 1.0, residual=True),
        Recipe(50, "tanh", 1.0, "layer"),
        Recipe(50, "ReLU", 1.0),
        Recipe(50, "ReLU", 3.0),
        Recipe(50, "ReLU", 3.0, "batch"),
        Recipe(50, "ReLU", HE, "layer", residual=True),
        Recipe(50, "ReLU", HE, "batch", residual=True),
    ],
)
def test_networks_of_fifty_blocks_have_the_predicted_factor(recipe):
    predicted = factor(predicted_back(recipe))
    for seed in range(3):
        assert factor(first_step(recipe._replace(seed=seed)).back) == pytest.approx(predicted, rel=0.025)


def test_where_signal_and_gradient_lean_the_same_way_it_predicts_too_little():
    recipe = Recipe(50, "ReLU", HE, residual=True)
    assert factor(first_step(recipe).back) > 1.1 * factor(predicted_back(recipe))


def test_what_comes_back_begins_at_one():
    back = predicted_back(Recipe(4, "sigmoid", 2.0))
    _, second, third, fourth = predicted_factors(Recipe(4, "sigmoid", 2.0)).tolist()
    assert back.tolist() == pytest.approx([second * third * fourth, third * fourth, fourth, 1.0])
