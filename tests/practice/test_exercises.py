"""All exercises: right answers of any style pass, and each known mistake is known for itself."""

from dataclasses import replace
from math import inf

import pytest
import torch
from by_chapter import gathered

from dlsteps.practice import Case, check, exercises
from dlsteps.practice.checking import compared
from dlsteps.practice.outcome import TOLERANCE, agrees, attempt, same
from dlsteps.practice.written import Function

RIGHT = gathered("right", "RIGHT")
EXERCISES = exercises()
MISTAKES = [(name, mistake) for name, exercise in EXERCISES.items() for mistake in exercise.mistakes]

by_exercise = pytest.mark.parametrize("name", EXERCISES)
by_mistake = pytest.mark.parametrize(
    ("name", "mistake"), MISTAKES, ids=[f"{name}-{mistake.name}" for name, mistake in MISTAKES]
)


def outcomes(name: str, answer) -> list:
    exercise = EXERCISES[name]
    return [attempt(exercise, Function(exercise, answer), case, 60) for case in exercise.cases()]


def apart(found, right) -> float:
    """How far two outcomes lie apart, in units of what passes for rounding."""
    if not isinstance(found, dict) or not isinstance(right, dict):
        return 0.0 if agrees(found, right) else inf
    largest = 0.0
    for name, wanted in right.items():
        if same(found[name], wanted):
            continue
        number = isinstance(wanted, torch.Tensor) and wanted.is_floating_point()
        if not number or found[name].shape != wanted.shape or found[name].isnan().any():
            return inf
        rounding = TOLERANCE[wanted.dtype] * wanted.abs().max()
        distance = ((found[name] - wanted).abs().max() / rounding).nan_to_num(inf, inf)
        largest = max(largest, distance.item())
    return largest


def test_every_exercise_has_right_answers():
    assert RIGHT.keys() == EXERCISES.keys()
    assert all(len(answers) >= 3 for answers in RIGHT.values())


@pytest.mark.parametrize(
    ("name", "k"), [(name, k) for name, answers in RIGHT.items() for k in range(len(answers))]
)
def test_a_right_answer_of_any_style_passes(name, k):
    report = check(name, RIGHT[name][k])
    assert report.right, report


@by_exercise
def test_the_books_own_answer_passes(name):
    assert check(name, EXERCISES[name].right).right


@by_mistake
def test_a_mistake_is_known_for_itself(name, mistake):
    report = check(name, mistake.wrong)
    assert (report.verdict, report.title, report.text) == ("known mistake", mistake.name, mistake.why)
    assert report.input


@by_mistake
def test_a_mistake_is_no_other(name, mistake):
    exercise = EXERCISES[name]
    others = tuple(other for other in exercise.mistakes if other.name != mistake.name)
    report = compared(replace(exercise, mistakes=others), mistake.wrong, 60)
    assert report.verdict in ("different", "trouble"), report


@by_mistake
def test_a_mistake_is_far_from_right(name, mistake):
    """Farther than rounding may be, by a factor of 20 on one input at least."""
    pairs = zip(outcomes(name, mistake.wrong), outcomes(name, EXERCISES[name].right), strict=True)
    assert max(apart(found, right) for found, right in pairs) > 20


@by_exercise
def test_names_do_not_repeat(name):
    names = [mistake.name for mistake in EXERCISES[name].mistakes]
    assert len(names) == len(set(names)) >= 2


@by_exercise
def test_the_drawn_inputs_are_the_same_each_time(name):
    def told(cases: list[Case]) -> str:
        torch.set_printoptions(profile="full")
        try:
            return repr([(case.arguments, case.note, case.grad) for case in cases])
        finally:
            torch.set_printoptions(profile="default")

    first = told(EXERCISES[name].cases())
    torch.manual_seed(7)
    assert told(EXERCISES[name].cases()) == first
    assert len(EXERCISES[name].cases()) >= 6
