import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from dlsteps import chapters
from dlsteps.experiments import Conclusion, find, load, record, select, values
from dlsteps.experiments.__main__ import main


@dataclass(frozen=True)
class Settings:
    rates: tuple[float, ...] = (0.1, 0.2)
    seeds: tuple[int, ...] = (0, 1)


RECORDS = [{"norm": "BN", "seed": seed, "test": 0.5 + seed / 10} for seed in range(3)] + [
    {"norm": "GN", "seed": 0, "test": 0.9}
]


def test_unknown_experiment_lists_the_names():
    with pytest.raises(ValueError, match=r"'batchsize'; try one of adding_problem, .*style, .*"):
        find("batchsize")


@pytest.mark.parametrize("name", record.names())
def test_every_experiment_has_the_four_names(name):
    module = find(name)
    assert module.Settings() != module.SLICE
    assert type(module.SLICE) is module.Settings
    assert callable(module.run)
    assert callable(module.conclusions)


def test_every_experiment_is_found_by_looking():
    folder = Path(chapters.__path__[0])
    modules = [p.stem for p in folder.rglob("*.py") if "class Settings" in p.read_text(encoding="utf-8")]
    assert sorted(modules) == list(record.names())


def test_two_experiments_of_one_name_are_refused(tmp_path, monkeypatch):
    for chapter in ("one", "two"):
        (tmp_path / chapter / "experiments").mkdir(parents=True)
        (tmp_path / chapter / "__init__.py").touch()
        (tmp_path / chapter / "experiments" / "same.py").touch()
    monkeypatch.setattr(chapters, "__path__", [str(tmp_path)])
    with pytest.raises(ValueError, match=r"two\.experiments\.same and .*one\.experiments\.same share a name"):
        record.homes.__wrapped__()


def test_hash_follows_every_setting_and_nothing_else():
    same = record.settings_hash(Settings())
    assert same == record.settings_hash(Settings(rates=(0.1, 0.2)))
    assert same != record.settings_hash(Settings(rates=(0.1, 0.3)))
    assert same != record.settings_hash(Settings(seeds=(0, 1, 2)))


def test_result_reads_back_as_it_was_written(tmp_path):
    result = record.measure("style", reduced=True, progress=False)
    path = record.save(result, tmp_path)
    assert load("style", tmp_path) == result
    assert dataclasses.asdict(result) == json.loads(path.read_text())
    assert result.settings == record.as_json(find("style").SLICE)
    assert set(result.versions) == {"python", "torch", "numpy", "scikit-learn"}


def test_measuring_uses_one_thread_and_gives_the_others_back(monkeypatch):
    seen = []
    monkeypatch.setattr(
        find("style"), "run", lambda *args, **kwargs: seen.append(torch.get_num_threads()) or []
    )
    monkeypatch.setattr(find("style"), "conclusions", lambda records: [])
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        record.measure("style", reduced=True, progress=False)
        assert (seen, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_figures_are_rounded_and_what_is_no_number_is_null(monkeypatch):
    rows = [{"a": 1 / 3, "b": math.nan, "c": 7, "d": True, "e": "x", "f": 1.23456789e-9}]
    monkeypatch.setattr(find("style"), "run", lambda *args, **kwargs: rows)
    monkeypatch.setattr(find("style"), "conclusions", lambda records: [])
    (kept,) = record.measure("style", reduced=True, progress=False).records
    assert kept == {"a": 0.333333, "b": None, "c": 7, "d": True, "e": "x", "f": 1.23457e-9}


def test_load_says_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run `python -m dlsteps.experiments style`"):
        load("style", tmp_path)


def test_select_and_values_find_rows_by_every_wanted_key():
    assert select(RECORDS, norm="BN", seed=1) == [RECORDS[1]]
    np.testing.assert_allclose(values(RECORDS, "test", norm="BN"), [0.5, 0.6, 0.7])


def test_select_refuses_to_find_nothing():
    with pytest.raises(ValueError, match=r"no record has {'norm': 'bn'}"):
        select(RECORDS, norm="bn")


def test_conclusion_needs_more_than_its_margin():
    assert Conclusion("a", 0.2, above=0.1).holds
    assert not Conclusion("a", 0.1, above=0.1).holds
    assert not Conclusion("a", math.nan, above=0.1).holds
    assert str(Conclusion("gap", 0.05, above=0.1)) == "gap: 0.05 > 0.1 FAILS"
    between = Conclusion("gap", 0.05, above=0.1, middle=0.2, told="0.2 ± 0.15")
    assert (between.holds, between.leans, str(between)) == (False, True, "gap: 0.2 ± 0.15 FAILS")


def test_command_concludes_anew_from_what_is_kept(tmp_path, capsys, monkeypatch):
    record.save(load("style"), tmp_path)
    said = [Conclusion("other words", 2.0, above=1.0)]
    monkeypatch.setattr(find("style"), "conclusions", lambda records: said)
    assert main(["style", "--conclude", "--folder", str(tmp_path)]) == 0
    assert load("style", tmp_path).conclusions == ["other words: 2 > 1"]
    assert load("style", tmp_path).records == load("style").records


def test_command_lists_every_experiment(capsys):
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(record.names())
    assert all(len(line.split()) > 3 for line in lines)


def test_command_writes_the_slice_where_it_is_told(tmp_path, capsys):
    assert main(["style", "--slice", "--quiet", "--folder", str(tmp_path)]) == 0
    assert load("style", tmp_path).settings["downscale"] == find("style").SLICE.downscale
    assert "holds" in capsys.readouterr().out


def test_command_never_puts_a_slice_among_the_results(capsys):
    before = {path: path.read_text() for path in record.results_of("style").glob("*.json")}
    assert main(["style", "--slice", "--quiet"]) == 0
    assert {path: path.read_text() for path in record.results_of("style").glob("*.json")} == before
    assert "not kept" in capsys.readouterr().out


def test_command_fails_when_a_conclusion_does(tmp_path, monkeypatch):
    monkeypatch.setattr(find("style"), "conclusions", lambda records: [Conclusion("no", 0.0, above=1.0)])
    assert main(["style", "--slice", "--quiet", "--folder", str(tmp_path)]) == 1
