import json

import checkpoints
import pytest
from small import digits

from dlsteps.train import load, weights
from dlsteps.train.run import build


@pytest.fixture
def folder(tmp_path):
    settings = digits.Settings()
    weights.save(digits, settings, build(digits, settings), tmp_path / "run", seconds=90.0, machine={})
    return tmp_path


def test_weights_are_kept_and_compared_with_the_earlier_ones(folder):
    kept = folder / "kept"
    first = checkpoints.keep("small.digits", folder / "run", kept)
    accuracy = weights.result("small.digits", kept).metric["accuracy"]
    size = (kept / "small.digits.safetensors").stat().st_size
    assert first == f"small.digits: accuracy {accuracy}, {size:,} bytes, 1.5 min"
    assert load("small.digits", kept)[1] == digits.Settings()
    assert f"accuracy {accuracy} (was {accuracy})" in checkpoints.keep("small.digits", folder / "run", kept)
    assert sorted(path.name for path in kept.iterdir()) == ["small.digits.json", "small.digits.safetensors"]


def test_large_weights_are_refused_and_the_earlier_ones_stay(folder, monkeypatch):
    checkpoints.keep("small.digits", folder / "run", folder / "kept")
    before = json.loads((folder / "kept" / "small.digits.json").read_text())
    weights.save(
        digits, digits.Settings(), build(digits, digits.Settings()), folder / "run", seconds=1.0, machine={}
    )
    monkeypatch.setattr(checkpoints, "LIMIT", 4000)
    with pytest.raises(
        checkpoints.TooLarge, match=r"has 5,\d+ bytes of weights; at most 4,000 are committed"
    ):
        checkpoints.keep("small.digits", folder / "run", folder / "kept")
    assert json.loads((folder / "kept" / "small.digits.json").read_text()) == before


def test_the_command_trains_and_keeps(tmp_path, capsys, monkeypatch):
    trained = []

    def train(name, folder):
        trained.append(name)
        settings = digits.Settings()
        weights.save(digits, settings, build(digits, settings), folder, seconds=6.0, machine={})

    monkeypatch.setattr(checkpoints, "train", train)
    monkeypatch.setattr(checkpoints, "RUNS", tmp_path / "runs")
    keep = checkpoints.keep
    monkeypatch.setattr(checkpoints, "keep", lambda name, folder: keep(name, folder, tmp_path / "kept"))
    assert checkpoints.main(["small.digits"]) == 0
    assert trained == ["small.digits"]
    out = capsys.readouterr().out
    assert "small.digits: accuracy" in out
    assert "1 models in 0.0 min" in out
    monkeypatch.setattr(checkpoints, "LIMIT", 4000)
    assert checkpoints.main(["small.digits"]) == 1
    assert "error: small.digits has" in capsys.readouterr().err
