"""The bank: all frames, each distinct value once, the same bytes every time."""

import gzip
import json

import pytest
from explorers import EXPLORERS, explorer_called
from trial import CONTROLS, scene

from dlsteps.stage.bank import bake, dumps, unbake
from dlsteps.stage.controls import state_key, states

LIMIT = 64_000  # bytes, compressed; the budget of one explorer


def test_unbake_gives_every_frame_back():
    bank = json.loads(dumps(bake(CONTROLS, scene)))
    for state in states(CONTROLS):
        assert unbake(bank, state_key(CONTROLS, state)) == json.loads(dumps(scene(**state).to_json()))


@pytest.mark.parametrize("name", EXPLORERS)
def test_unbake_gives_every_frame_of_the_book_back(name):
    explorer = explorer_called(name)
    bank = explorer.bank()
    assert len(bank["frames"]) == len(list(states(explorer.controls)))
    for state in states(explorer.controls):
        assert unbake(bank, state_key(explorer.controls, state)) == explorer.frame(**state).to_json()


@pytest.mark.parametrize("name", EXPLORERS)
def test_each_distinct_value_stands_once(name):
    bank = explorer_called(name).bank()
    texts = [dumps(node) for node in bank["nodes"]]
    assert len(set(texts)) == len(texts)
    used = {*bank["frames"].values()} | {int(k) for text in texts for k in _references(json.loads(text))}
    assert used == set(range(len(texts)))


def _references(node):
    if isinstance(node, dict):
        return [node["$"]] if "$" in node else [k for part in node.values() for k in _references(part)]
    return [k for part in node for k in _references(part)] if isinstance(node, list) else []


@pytest.mark.parametrize("name", EXPLORERS)
def test_the_same_bytes_twice(name):
    assert dumps(EXPLORERS[name]().bank()) == dumps(explorer_called(name).bank())


@pytest.mark.parametrize("name", EXPLORERS)
def test_a_bank_is_light_enough_to_travel(name):
    size = len(gzip.compress(dumps(explorer_called(name).bank()).encode()))
    assert size <= LIMIT, f"{name} weighs {size} bytes"


def test_nan_and_infinities_survive_as_words_and_a_bare_one_is_refused():
    key = state_key(CONTROLS, {"norm": "Batch", "groups": 2.5, "poke": True, "step": "means"})
    values = unbake(json.loads(dumps(bake(CONTROLS, scene))), key)["panels"][0]["values"]
    assert values[:2] == ["NaN", "Infinity"]
    assert values[6] == "-Infinity"
    with pytest.raises(ValueError, match="JSON"):
        dumps([float("nan")])
