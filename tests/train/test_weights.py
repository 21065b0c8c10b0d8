import hashlib
import json
import math

import pytest
import safetensors.torch
import torch
from small import digits

from dlsteps.train import fit, load, weights

SETTINGS = digits.Settings(steps=60, ema_decay=0.9, width=24)
USED = {"device": "cpu", "precision": "no", "processes": 1, "threads": 1}


def save(folder, settings=SETTINGS, model=None):
    model = fit(digits, settings) if model is None else model
    return model, weights.save(digits, settings, model, folder, seconds=12.34, machine=USED)


def test_what_is_saved_is_loaded(tmp_path):
    model, _ = save(tmp_path)
    again, settings = load("small.digits", tmp_path)
    assert settings == SETTINGS
    assert not again.training
    pairs = zip(model.state_dict().values(), again.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_the_file_beside_says_where_they_came_from(tmp_path):
    model, saved = save(tmp_path)
    stored = json.loads((tmp_path / "small.digits.json").read_text())
    assert stored == vars(saved) == vars(weights.result("small.digits", tmp_path))
    assert stored["recipe"] == "small.digits"
    assert stored["settings"]["width"] == 24
    assert stored["parameters"] == 64 * 24 + 24 + 24 * 10 + 10
    assert stored["headline"] == "accuracy"
    accuracy = round(digits.metric(model, SETTINGS)["accuracy"], 6)
    assert stored["metric"] == {"accuracy": accuracy, "digits": 510}
    assert stored["seconds"] == 12.3
    assert stored["machine"] == USED
    assert set(stored["versions"]) == {"python", *weights.PACKAGES}
    data = (tmp_path / "small.digits.safetensors").read_bytes()
    assert stored["sha256"] == hashlib.sha256(data).hexdigest()


def test_float64_is_stored_in_float32_and_measured_as_stored(tmp_path, monkeypatch):
    settings, seen = digits.Settings(dtype="float64", steps=5), []
    monkeypatch.setattr(
        digits, "metric", lambda model, *rest: seen.append(model[1].weight.clone()) or {"accuracy": 0.5}
    )
    model, _ = save(tmp_path, settings)
    stored = safetensors.torch.load_file(tmp_path / "small.digits.safetensors")
    assert {value.dtype for value in stored.values()} == {torch.float32}
    assert torch.equal(seen[0], model[1].weight.float().double())
    assert not torch.equal(seen[0], model[1].weight)
    again, _ = load("small.digits", tmp_path)
    assert torch.equal(again[1].weight, seen[0])


def test_loading_and_measuring_leave_the_generators_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model, _ = save(tmp_path)
    load("small.digits", tmp_path)
    weights.measure(digits, model, SETTINGS)
    assert torch.equal(torch.rand(3), expected)


def test_a_metric_that_draws_repeats(tmp_path, monkeypatch):
    monkeypatch.setattr(digits, "metric", lambda *rest: {"accuracy": torch.rand(()).item()})
    model, saved = save(tmp_path)
    torch.manual_seed(99)
    assert weights.measure(digits, model, SETTINGS) == saved.metric


def test_a_figure_that_is_no_number_is_null(tmp_path, monkeypatch):
    figures = {"accuracy": 1 / 3, "spread": math.nan, "worst": math.inf}
    monkeypatch.setattr(digits, "metric", lambda *rest: figures)
    save(tmp_path)
    stored = json.loads((tmp_path / "small.digits.json").read_text())["metric"]
    assert stored == {"accuracy": 0.333333, "spread": None, "worst": None}


def test_a_metric_without_its_headline_is_refused(monkeypatch):
    monkeypatch.setattr(digits, "METRIC", "precision")
    with pytest.raises(ValueError, match="METRIC='precision' is not among the figures: accuracy, digits"):
        weights.measure(digits, fit(digits, digits.Settings(steps=1)), SETTINGS)


def test_weights_that_are_not_those_described_are_refused(tmp_path):
    save(tmp_path)
    path = tmp_path / "small.digits.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"is not the file that small.digits.json describes; train it again"):
        load("small.digits", tmp_path)


def test_weights_of_an_older_form_of_the_recipe_are_refused(tmp_path, monkeypatch):
    save(tmp_path)
    monkeypatch.setattr(digits, "build", lambda settings: torch.nn.Linear(2, 3))
    with pytest.raises(ValueError, match=r"small.digits has changed since it was trained; train it again \("):
        load("small.digits", tmp_path)


def test_weights_that_are_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no weights in .* \(it holds: none\); train them with"):
        load("small.digits", tmp_path)
    with pytest.raises(ValueError, match="no recipe is called 'letters'"):
        load("letters")


def test_a_folder_may_be_a_text(tmp_path):
    save(tmp_path)
    assert load("small.digits", str(tmp_path))[1] == SETTINGS
    assert weights.trained(str(tmp_path)) == ("small.digits",)
    assert weights.result("small.digits", str(tmp_path)).seconds == 12.3


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"width": 3}', "\xff"])
def test_a_file_that_does_not_say_where_weights_came_from_is_refused(tmp_path, text):
    save(tmp_path)
    (tmp_path / "small.digits.json").write_text(text, encoding="latin-1")
    with pytest.raises(
        ValueError, match=r"small.digits.json does not say what small.digits is \(.*; train it"
    ):
        load("small.digits", tmp_path)


def test_what_a_recipe_says_of_its_model_is_kept(tmp_path, monkeypatch):
    assert save(tmp_path)[1].about == {}
    monkeypatch.setattr(digits, "describe", lambda settings: {"takes": [1, 8, settings.width]}, raising=False)
    save(tmp_path)
    assert weights.result("small.digits", tmp_path).about == {"takes": [1, 8, 24]}
