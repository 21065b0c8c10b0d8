import json
import re
import signal
import subprocess
import sys
import time

import forked
import pytest
from small import digits

from dlsteps.train import checkpoint, load, log, recipe, weights
from dlsteps.train.__main__ import main
from dlsteps.train.loop import train
from dlsteps.train.run import Run

SHORT = ["small.digits", "--device", "cpu", "--steps", "20", "--quiet"]


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    return status, *capsys.readouterr()


def test_trains_and_says_where_the_weights_are(tmp_path, capsys):
    status, out, err = run(capsys, *SHORT, "--out", tmp_path, "--set", "width=24", "--seed", 3)
    assert (status, err) == (0, "")
    assert re.fullmatch(
        rf"{tmp_path}/small.digits.safetensors after \d+ s: accuracy 0.\d+, digits 510.0\n", out
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        "metrics.jsonl",
        "run.png",
        "small.digits.json",
        "small.digits.safetensors",
        "step-000000000.safetensors",
        "step-000000020.safetensors",
    }
    model, settings = load("small.digits", tmp_path)
    assert settings == digits.Settings(steps=20, width=24, seed=3)
    metric = weights.measure(digits, model, settings)
    assert log.read(tmp_path)[-1] == {"step": 20, "metric": metric}
    assert weights.result("small.digits", tmp_path).machine["device"] == "cpu"
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")


def test_the_bar_is_there_unless_quiet(tmp_path, capsys):
    _, _, err = run(capsys, *SHORT[:-1], "--out", tmp_path)
    assert "small.digits: 100%" in err


def test_writes_below_runs_by_default(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run(capsys, *SHORT)
    assert (tmp_path / "runs" / "small.digits" / "small.digits.json").exists()


def test_minutes_choose_steps_that_are_kept(tmp_path, capsys):
    status, out, _ = run(
        capsys, "small.digits", "--device", "cpu", "--minutes", 0.02, "--quiet", "--out", tmp_path
    )
    assert status == 0
    steps = int(re.match(r"(\d+) steps fit into 0.02 minutes", out)[1])
    assert steps != digits.Settings().steps
    assert weights.result("small.digits", tmp_path).settings["steps"] == steps
    assert log.read(tmp_path)[-1]["step"] == steps


def test_resumes_past_a_damaged_checkpoint(tmp_path, capsys):
    settings = digits.Settings(steps=20, save_every=6)
    train(Run(digits, settings), tmp_path / "a", progress=False)
    whole = checkpoint.newest(tmp_path / "a", "small.digits")[0].tensors
    last = checkpoint.paths(tmp_path / "a")[-1]
    last.write_bytes(last.read_bytes()[:-1])
    status, out, _ = run(capsys, *SHORT[:3], "--quiet", "--resume", "--out", tmp_path / "a")
    assert status == 0
    assert "step-000000020.safetensors is damaged" in out
    assert "resumed at step 18" in out
    again = checkpoint.newest(tmp_path / "a", "small.digits")[0].tensors
    assert checkpoint.digest("", again) == checkpoint.digest("", whole)


def test_a_changed_machine_is_named(tmp_path, capsys):
    train(Run(digits, digits.Settings(steps=3)), tmp_path, progress=False)
    found, _ = checkpoint.newest(tmp_path, "small.digits")
    found.machine["threads"] = 64
    checkpoint.write(found, tmp_path)
    status, out, _ = run(capsys, *SHORT[:3], "--quiet", "--resume", "--out", tmp_path)
    assert status == 0
    assert re.search(r"goes on with threads \d+ for 64: its last bits will not be those", out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "seed=4"], "seed=4 is not the seed=0 of the run in .*; leave it out, or begin anew"),
        (["--steps", "9"], "steps=9 is not the steps=20 of"),
        (["--minutes", "1"], "--minutes chooses the steps of a new run, and --resume keeps"),
    ],
)
def test_a_resumed_run_keeps_its_settings(tmp_path, capsys, arguments, message):
    train(Run(digits, digits.Settings(steps=20)), tmp_path, progress=False)
    status, _, err = run(capsys, *SHORT[:3], "--quiet", "--resume", "--out", tmp_path, *arguments)
    assert status == 2
    assert re.search(message, err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "error: name what to train; --list shows what there is"),
        (["letters"], "error: no recipe is called 'letters'; try one of"),
        (
            ["small.digits", "--set", "depth=3"],
            "error: small.digits has no setting 'depth'; try one of steps",
        ),
        (["small.digits", "--set", "width=wide"], "error: width is a whole number, and 'wide' is not"),
        (["small.digits", "--steps", "0"], "error: steps=0 is below 1; give a whole number from 1 up"),
        (["small.digits", "--minutes", "0"], "error: minutes=0.0 is not above 0"),
        (["small.digits", "--resume"], "error: .* holds no checkpoint; leave --resume out to begin"),
        (
            ["small.digits", "--bf16", "--set", "dtype=float64"],
            "error: bfloat16 takes part in float32",
        ),
    ],
)
def test_mistakes_are_answered_in_one_line(tmp_path, capsys, arguments, message):
    status, out, err = run(capsys, *arguments, "--out", tmp_path / "new")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert re.match(message, err)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_a_run_is_not_begun_anew(tmp_path, capsys):
    train(Run(digits, digits.Settings(steps=3)), tmp_path, progress=False)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    status, _, err = run(capsys, *SHORT, "--out", tmp_path)
    assert status == 2
    assert "holds a run already (step-000000003.safetensors); add --resume" in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_diverging_run_fails_in_one_line(tmp_path, capsys, monkeypatch):
    loss = digits.loss
    monkeypatch.setattr(digits, "loss", lambda *arguments: loss(*arguments) * float("nan"))
    status, _, err = run(capsys, *SHORT, "--out", tmp_path)
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("error: the loss is nan at step 1;")


def test_ctrl_c_outside_the_steps_is_answered_in_one_line(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(digits, "metric", interrupted)
    status, _, err = run(capsys, *SHORT, "--out", tmp_path)
    assert (status, err) == (130, "error: stopped at once; add --resume to go on from the last checkpoint\n")
    monkeypatch.undo()
    status, out, _ = run(capsys, *SHORT[:3], "--quiet", "--resume", "--out", tmp_path)
    assert status == 0
    assert "accuracy" in out


def test_list_shows_size_time_and_metric(tmp_path, capsys, monkeypatch):
    (tmp_path / "numbers.py").write_text(
        '"""Name digits."""\nfrom small.digits import METRIC, Settings, build, data, loss, metric\n'
    )
    monkeypatch.setattr(recipe.recipes, "__path__", [str(tmp_path)])
    monkeypatch.setattr(weights, "CHECKPOINTS", tmp_path)
    _, out, _ = run(capsys, "--list")
    assert re.fullmatch(r"numbers +1,210 parameters +not trained yet +Name digits.\n", out)
    numbers = recipe.find("numbers")
    model = numbers.build(numbers.Settings())
    result = weights.save(numbers, numbers.Settings(), model, tmp_path, seconds=90, machine={})
    _, out, _ = run(capsys, "--list")
    accuracy = result.metric["accuracy"]
    assert re.fullmatch(rf"numbers +1,210 parameters +1.5 min +accuracy {accuracy} +Name digits.\n", out)


def test_list_names_every_recipe_of_the_book(capsys):
    _, out, _ = run(capsys, "--list")
    assert [line.split()[0] for line in out.splitlines()] == list(recipe.names())


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-W", "error", "-m", "dlsteps.train", "small.digits", "--device", "cpu"]
    folder = tmp_path / "run"
    child = subprocess.Popen(
        [*command, "--steps", "1000000", "--out", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=forked.environment(),
    )
    try:
        while not log.read(folder) and child.poll() is None:
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    finally:
        child.kill()
    assert child.returncode == 130, err
    step = checkpoint.newest(folder, "small.digits")[0].step
    assert step >= json.loads((folder / log.NAME).read_text().splitlines()[-1])["step"] > 0
    assert out == (
        f"stopped by SIGINT, saved at step {step}; go on with\n"
        f"  python -m dlsteps.train small.digits --out {folder} --resume\n"
    )
    assert "Traceback" not in err
