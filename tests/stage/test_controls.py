"""Controls: a finite product of states, each of which has one name."""

import pytest

from dlsteps.stage import Choice, Slider, Steps, Toggle
from dlsteps.stage.controls import canonical, check_controls, state_key, states

NORM = Choice("norm", "norm", ("Batch", "Layer", "Group"))
GROUPS = Slider("groups", "groups", (1, 2, 4), default=2, when={"norm": ["Group"]})
POKE = Toggle("poke", "poke")
STEP = Steps("step", "step", ("cells", "mean"))
CONTROLS = (NORM, GROUPS, POKE, STEP)


def test_states_are_the_product_with_hidden_controls_once():
    found = list(states(CONTROLS))
    assert len(found) == (2 + 3) * 2 * 2
    assert {s["groups"] for s in found if s["norm"] != "Group"} == {2}
    assert [s["groups"] for s in found if s["norm"] == "Group" and not s["poke"] and s["step"] == "mean"] == [
        1,
        2,
        4,
    ]


def test_every_state_has_its_own_key_and_is_canonical():
    found = list(states(CONTROLS))
    assert len({state_key(CONTROLS, s) for s in found}) == len(found)
    assert all(canonical(CONTROLS, s) == s for s in found)
    assert state_key(CONTROLS, {"norm": "Group", "groups": 4, "poke": True, "step": "mean"}) == "2.2.1.1"


def test_canonical_fills_in_defaults_and_holds_hidden_controls():
    assert canonical(CONTROLS, {}) == {"norm": "Batch", "groups": 2, "poke": False, "step": "cells"}
    assert canonical(CONTROLS, {"groups": 4})["groups"] == 2
    assert canonical(CONTROLS, {"norm": "Group", "groups": 4})["groups"] == 4


def test_a_control_hidden_by_a_hidden_control_is_hidden_too():
    deep = Choice("deep", "deep", ("x", "y"), when={"groups": [4], "norm": ["Group"]})
    controls = (NORM, GROUPS, deep)
    assert canonical(controls, {"norm": "Group", "groups": 4, "deep": "y"})["deep"] == "y"
    assert canonical(controls, {"norm": "Layer", "groups": 4, "deep": "y"})["deep"] == "x"


def test_a_toggle_is_no_number():
    assert POKE.check(True) is True
    with pytest.raises(ValueError, match="poke=1 is not one of its values; try False, True"):
        POKE.check(1)
    with pytest.raises(ValueError, match="groups=True is not one of its values; try 1, 2, 4"):
        GROUPS.check(True)


def test_check_returns_the_value_as_the_control_has_it():
    assert type(GROUPS.check(2.0)) is int


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Choice("norm", "norm", ()), "'norm' has no values; give it at least one"),
        (
            lambda: Choice("norm", "norm", ("a", "b", "a")),
            r"'norm' lists a value twice: \('a', 'b', 'a'\); values must",
        ),
        (lambda: Choice("norm", "norm", (1, "1")), "lists a value twice"),
        (lambda: Choice("norm", "norm", (0, False)), "lists a value twice"),
        (lambda: Slider("x", "x", (1, 2), labels=("one",)), "'x' has 2 values but 1 labels"),
        (lambda: Slider("x", "x", (1, 2), default=3), "x=3 is not one of its values; try 1, 2"),
        (lambda: Choice("two words", "x", (1, 2)), "'two words' is no Python name"),
        (lambda: Choice("at", "x", (1, 2)), "'at'; rename the control"),
    ],
)
def test_a_wrong_control_is_refused(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ((NORM, NORM), "two controls are called 'norm'; names must differ"),
        ((GROUPS, NORM), "'groups' depends on 'norm', which does not come before it"),
        (
            (NORM, Toggle("t", "t", when={"norm": ["Nobody"]})),
            "norm='Nobody' is not one of its values; try 'Batch'",
        ),
        ((STEP, Steps("more", "more", (1, 2))), "at most one Steps control; make the other a Choice"),
    ],
)
def test_controls_that_contradict_each_other_are_refused(controls, words):
    with pytest.raises(ValueError, match=words):
        check_controls(controls)


def test_unknown_names_and_values_are_refused_with_those_there_are():
    with pytest.raises(ValueError, match="'size' is no control; try groups, norm, poke, step"):
        canonical(CONTROLS, {"size": 3})
    with pytest.raises(
        ValueError, match="norm='batch' is not one of its values; try 'Batch', 'Layer', 'Group'"
    ):
        canonical(CONTROLS, {"norm": "batch"})


def test_to_json_says_everything_the_script_needs():
    assert GROUPS.to_json() == {
        "kind": "slider",
        "name": "groups",
        "label": "groups",
        "values": [1, 2, 4],
        "labels": ["1", "2", "4"],
        "default": 2,
        "when": {"norm": ["Group"]},
    }
    assert [c.to_json()["kind"] for c in (NORM, POKE, STEP)] == ["choice", "toggle", "steps"]
