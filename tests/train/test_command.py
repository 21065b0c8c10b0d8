import errno
import json
import os
import re
import signal
import subprocess
import sys
import time

import forked
import pytest
import torch
from small import digits

from dlsteps.data import DataError
from dlsteps.train import checkpoint, load, log, recipe, weights
from dlsteps.train.__main__ import main
from dlsteps.train.lock import Lock
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


def test_a_disk_that_is_full_at_the_end_is_named_and_the_rest_is_done_later(tmp_path, capsys, monkeypatch):
    replace = os.replace

    def refuse(source, target):
        if str(target).endswith(".json"):
            raise OSError(errno.ENOSPC, "no space")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    status, _, err = run(capsys, *SHORT, "--out", tmp_path)
    assert status == 1
    assert "small.digits.json cannot be written: the disk is full; free some space; add --resume" in err
    monkeypatch.undo()
    assert run(capsys, *SHORT[:3], "--quiet", "--resume", "--out", tmp_path)[0] == 0
    assert load("small.digits", tmp_path)[1].steps == 20


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
    folder = tmp_path / "my run"
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
        out, err = child.communicate(timeout=300)
    finally:
        child.kill()
    assert child.returncode == 130, err
    step = checkpoint.newest(folder, "small.digits")[0].step
    assert step >= json.loads((folder / log.NAME).read_text().splitlines()[-1])["step"] > 0
    assert out == (
        f"stopped by SIGINT, saved at step {step}; go on with\n"
        f"  python -m dlsteps.train small.digits --device cpu --out '{folder}' --resume\n"
    )
    assert "Traceback" not in err


def test_a_metric_that_fails_keeps_the_weights_and_can_be_judged_again(tmp_path, capsys, monkeypatch):
    def fails(*arguments):
        raise RuntimeError("no judge today")

    monkeypatch.setattr(digits, "metric", fails)
    status, _, err = run(capsys, *SHORT, "--out", tmp_path)
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("error: the metric failed (RuntimeError: no judge today); the weights are kept")
    assert f"python -m dlsteps.train small.digits --out {tmp_path} --judge" in err
    assert load("small.digits", tmp_path)[1].steps == 20
    assert weights.result("small.digits", tmp_path).metric == {}
    assert run(capsys, *SHORT[:1], "--judge", "--out", tmp_path)[0] == 1
    monkeypatch.undo()
    status, out, err = run(capsys, *SHORT[:1], "--judge", "--out", tmp_path)
    assert (status, err) == (0, "")
    metric = weights.result("small.digits", tmp_path).metric
    assert out == f"{tmp_path}/small.digits.safetensors: accuracy {metric['accuracy']}, digits 510.0\n"
    assert not (tmp_path / ".lock").exists()
    assert log.read(tmp_path)[-1] == {"step": 20, "metric": metric}
    assert (tmp_path / "run.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--judge"], "small.digits has no weights in"),
        (["--judge", "--resume"], "--judge measures the metric of weights, and trains nothing"),
        (["--judge", "--minutes", "1"], "--judge measures the metric of weights, and trains nothing"),
    ],
)
def test_judging_nothing_is_answered_in_one_line(tmp_path, capsys, arguments, message):
    status, _, err = run(capsys, "small.digits", *arguments, "--out", tmp_path)
    assert status > 0
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1


def test_only_what_the_metric_alone_reads_may_change_when_weights_are_judged(tmp_path, capsys, monkeypatch):
    assert run(capsys, *SHORT, "--out", tmp_path)[0] == 0
    before = weights.result("small.digits", tmp_path)
    judge = [*SHORT[:1], "--judge", "--out", tmp_path, "--set"]
    for setting in ("width=8", "learning_rate=0.5", "seed=4"):
        status, _, err = run(capsys, *judge, setting)
        assert (status, err.count("\n")) == (2, 1)
        assert re.match(rf"error: {setting} is not the \S+ of the training; leave it out", err)
    monkeypatch.setattr(digits, "JUDGED", ("note",), raising=False)
    assert run(capsys, *judge, "note=other")[0] == 0
    after = weights.result("small.digits", tmp_path)
    assert after.settings == {**before.settings, "note": "other"}
    assert "may be measured with another note" in run(capsys, *judge, "width=8")[2]

    def refuse(settings):
        raise ValueError("the metric needs more")

    monkeypatch.setattr(digits, "prepare", refuse, raising=False)
    assert run(capsys, *judge, "note=third")[::2] == (2, "error: the metric needs more\n")


def test_ctrl_c_before_the_first_checkpoint_advises_no_resume(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(digits, "data", interrupted)
    status, _, err = run(capsys, *SHORT, "--out", tmp_path / "new")
    assert (status, err) == (
        130,
        "error: stopped at once, before the first checkpoint: there is nothing to go on from\n",
    )
    assert not (tmp_path / "new").exists()


def test_ctrl_c_while_judging_advises_no_resume(tmp_path, capsys, monkeypatch):
    assert run(capsys, *SHORT, "--out", tmp_path)[0] == 0
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(digits, "metric", interrupted)
    status, _, err = run(capsys, *SHORT[:1], "--judge", "--out", tmp_path)
    assert (status, err) == (
        130,
        "error: stopped at once; the weights are as they were, and so is what is known of them\n",
    )
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


LONG = "x" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        [*SHORT, "--out", LONG],
        [*SHORT, "--out", LONG, "--resume"],
        [*SHORT, "--out", f"{LONG}/b"],
        [*SHORT[:1], "--out", LONG, "--judge"],
        [LONG],
        [f"small.{LONG}"],
        [*SHORT, "--set", LONG],
        [*SHORT, "--set", f"{LONG}=3"],
        ["ddpm", "--set", f"folder={LONG}"],
        ["yolo", "--set", f"annotations={LONG}"],
    ],
    ids=lambda arguments: " ".join(arguments).replace(LONG, "LONG"),
)
def test_names_of_any_length_are_answered_in_one_line(tmp_path, capsys, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, *arguments)
    assert status > 0
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [[], ["--resume"], ["--judge"]])
def test_a_second_run_is_told_who_writes_to_the_folder(tmp_path, capsys, more):
    assert run(capsys, *SHORT, "--out", tmp_path)[0] == 0
    with Lock(tmp_path):
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != ".lock"}
        status, out, err = run(capsys, *(SHORT[:1] if more else SHORT), *more, "--out", tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert re.match(rf"error: {tmp_path} is written to by process {os.getpid()} on \S+ since 20\d\d-", err)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_good_checkpoint_is_resumed_whatever_the_log_holds(tmp_path, capsys):
    train(Run(digits, digits.Settings(steps=20)), tmp_path, progress=False)
    good = (tmp_path / log.NAME).read_bytes()
    (tmp_path / log.NAME).write_bytes(b'5\n\xff\n{"loss": 3}\n' + good)
    with pytest.warns(UserWarning, match="3 lines are none of a run, and left out: 1, 2, 3"):
        status, _, _ = run(capsys, *SHORT[:3], "--quiet", "--resume", "--out", tmp_path)
    assert status == 0
    assert [line["step"] for line in log.read(tmp_path)] == [*range(1, 21), 20]


TO_THE_END = [
    (["ddpm", "--set", "width=8", "T=40"], "sampling_steps=50 is not from 0 to T=40"),
    (["ddpm", "--set", "sampling_steps=-1"], "sampling_steps=-1 is not from 0 to T=200"),
    (["ddpm", "--set", "samples=0"], "samples=0 is below 1"),
    (["ddpm", "--set", "width=-8"], "width=-8 is not a multiple of 8"),
    (["ddpm", "--set", "T=0"], "T=0 is below 1"),
    (["ddpm", "--seed", str(2**64)], f"seed={2**64} has more than 63 bits"),
    (["yolo", "--set", "lambda_coord=-1"], "lambda_coord=-1.0 rewards what is wrong; give 0 or more"),
    (["yolo", "--set", "lambda_noobj=-0.5"], "lambda_noobj=-0.5 rewards what is wrong"),
    (["lstm", "--set", "T=-3"], "T=-3"),
    (["numerals", "--set", "width=3", "heads=3"], "width=3 is odd, and sinusoidal positions are pairs; try"),
    (["lstm", "--set", "forget_bias=1e300"], "forget_bias=1e+300 is beyond the largest float32, 3.4e+38"),
    (["ddpm", "--set", "slant=-1"], "slant=-1.0 is negative; give 0 or more"),
    (["classifier", "--set", "bend=-1"], "bend=-1.0 is negative; give 0 or more"),
    (["yolo", "--set", "size=7"], "size=7 is not S=12 times 2, 4, 8, …; try size=96"),
    (["yolo", "--set", "S=96"], "size=96 is not S=96 times 2, 4, 8"),
    (["yolo", "--set", "bend=-0.1"], "bend=-0.1 is negative; give 0 or more"),
    (["lstm", "--set", "task=recall", "tokens=0"], "tokens=0"),
    (["small.digits", "--minutes", "inf"], "minutes=inf is more than a year"),
    (["numerals", "--set", "heads=5"], "heads=5 does not divide width=64; try heads=1, 2, 4"),
    (
        ["numerals", "--set", "positions=rotary", "heads=64"],
        "width=64 and heads=64 give heads an odd width of 1",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), TO_THE_END, ids=lambda value: str(value)[:40])
def test_what_only_the_end_needs_is_refused_before_the_first_step(tmp_path, capsys, arguments, message):
    status, out, err = run(capsys, *arguments, "--device", "cpu", "--out", tmp_path / "new")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {message}")
    assert not (tmp_path / "new").exists()


def test_what_only_the_metric_reads_may_change_when_a_run_goes_on(tmp_path, capsys, monkeypatch):
    train(Run(digits, digits.Settings(steps=3)), tmp_path, progress=False)
    monkeypatch.setattr(digits, "JUDGED", ("note",), raising=False)
    status, _, _ = run(capsys, *SHORT[:3], "--quiet", "--resume", "--out", tmp_path, "--set", "note=other")
    assert status == 0
    assert load("small.digits", tmp_path)[1].note == "other"


def test_data_that_fail_in_mid_run_end_it_in_one_line_and_saved(tmp_path, capsys, monkeypatch):
    data = digits.data

    def damaged(settings):
        draw = data(settings)

        def batch(numbers):
            if numbers.min() >= 64 * 7:
                raise DataError("a.json: annotation 3 has no area")
            return draw(numbers)

        return batch

    monkeypatch.setattr(digits, "data", damaged)
    status, _, err = run(capsys, *SHORT, "--out", tmp_path)
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("error: a.json: annotation 3 has no area; the run is saved at step 7; mend")
    monkeypatch.undo()
    status, out, _ = run(capsys, *SHORT[:3], "--quiet", "--resume", "--out", tmp_path)
    assert status == 0
    assert "resumed at step 7" in out
    whole = tmp_path / "whole"
    train(Run(digits, digits.Settings(steps=20)), whole, progress=False)
    ours, theirs = (checkpoint.newest(f, "small.digits")[0].tensors for f in (tmp_path, whole))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs if "random" not in name)
