import dataclasses
import json
import os
import signal

import pytest
import torch
from small import digits

from dlsteps.train import checkpoint, fit, log
from dlsteps.train.loop import DivergedError, Interrupted, train
from dlsteps.train.run import Run

SETTINGS = digits.Settings(steps=30, save_every=7, dropout=0.2, ema_decay=0.9, dtype="float64")


def resumed(folder, settings=SETTINGS):
    begin, _ = checkpoint.newest(folder, "small.digits")
    run = Run(digits, settings)
    return run, train(run, folder, begin=begin, progress=False)


def at_step(run, step, action):
    """Do something while the batch of a step is drawn."""
    draw = run.draw

    def watched(numbers):
        if run.step == step:
            action()
        return draw(numbers)

    run.draw = watched


def same(ours, theirs):
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_trains_what_fit_trains(tmp_path):
    run = Run(digits, SETTINGS)
    train(run, tmp_path, progress=False)
    assert same(run.result(), fit(digits, SETTINGS))


def test_checkpoints_come_at_their_steps_and_at_the_end(tmp_path, monkeypatch):
    written = []
    write = checkpoint.write
    monkeypatch.setattr(
        "dlsteps.train.loop.write", lambda found, folder: (written.append(found.step), write(found, folder))
    )
    seconds = train(Run(digits, SETTINGS), tmp_path, progress=False)
    assert written == [0, 7, 14, 21, 28, 30]
    found, _ = checkpoint.newest(tmp_path, "small.digits")
    assert found.settings == dataclasses.asdict(SETTINGS)
    assert 0 < found.seconds <= seconds
    assert found.machine["processes"] == 1


def test_a_line_tells_the_mean_loss_since_the_one_before(tmp_path, monkeypatch):
    every_step, expected = [], []
    fit(digits, SETTINGS, watch=lambda run, loss: every_step.append(loss))
    monkeypatch.setattr(log, "LINES", 7)  # a line every 4 steps, and checkpoints between
    run = Run(digits, SETTINGS)
    at_step(run, 17, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted):
        train(run, tmp_path, progress=False)
    resumed(tmp_path)
    lines = log.read(tmp_path)
    assert [line["step"] for line in lines] == [4, 8, 12, 16, 20, 24, 28, 30]
    for first in range(0, 30, 4):
        part = every_step[first : first + 4]
        expected.append(sum(part) / len(part))
    assert [line["loss"] for line in lines] == pytest.approx(expected, abs=1e-12)
    seconds = [line["seconds"] for line in lines]
    assert seconds == sorted(seconds)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_the_step_that_is_taken(tmp_path, number):
    before = signal.getsignal(number)
    run = Run(digits, SETTINGS)
    at_step(run, 9, lambda: signal.raise_signal(number))
    with pytest.raises(Interrupted, match=f"stopped by {number.name}, saved at step 10") as stopped:
        train(run, tmp_path, progress=False)
    assert (stopped.value.step, stopped.value.number) == (10, number)
    assert signal.getsignal(number) == before
    run, _ = resumed(tmp_path)
    assert same(run.result(), fit(digits, SETTINGS))


def test_a_second_ctrl_c_ends_at_once(tmp_path):
    run = Run(digits, SETTINGS)
    at_step(run, 9, lambda: [signal.raise_signal(signal.SIGINT) for _ in range(2)])
    with pytest.raises(KeyboardInterrupt):
        train(run, tmp_path, progress=False)
    assert checkpoint.newest(tmp_path, "small.digits")[0].step == 7


def test_sigterm_after_ctrl_c_is_the_same_wish(tmp_path):
    run = Run(digits, SETTINGS)
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGTERM]
    at_step(run, 9, lambda: [signal.raise_signal(number) for number in numbers])
    with pytest.raises(Interrupted):
        train(run, tmp_path, progress=False)
    assert checkpoint.newest(tmp_path, "small.digits")[0].step == 10


def test_a_signal_in_the_last_step_comes_too_late(tmp_path):
    run = Run(digits, SETTINGS)
    at_step(run, 29, lambda: signal.raise_signal(signal.SIGINT))
    train(run, tmp_path, progress=False)
    assert checkpoint.newest(tmp_path, "small.digits")[0].step == 30


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_what_was_good(tmp_path, monkeypatch):
    run = Run(digits, SETTINGS)
    at_step(run, 9, lambda: run.model[1].weight.data.fill_(torch.nan))
    with pytest.raises(DivergedError, match="the loss is nan at step 10; begin anew with a smaller"):
        train(run, tmp_path, progress=False)
    assert checkpoint.newest(tmp_path, "small.digits")[0].step == 7
    monkeypatch.setattr(digits, "loss", lambda model, batch, settings: model(batch["images"]).sum(1) / 0)
    with pytest.raises(DivergedError, match="at step 1; begin anew"):
        fit(digits, SETTINGS)


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    run = Run(digits, SETTINGS)
    advance = run.advance

    def spoiled():
        loss = advance()
        if run.step == 14:
            run.model[1].weight.data[0, 0] = torch.inf
        return loss

    run.advance = spoiled
    with pytest.raises(DivergedError, match="a weight is not a number at step 14"):
        train(run, tmp_path, progress=False)
    assert checkpoint.newest(tmp_path, "small.digits")[0].step == 7


def test_a_finished_run_is_finished(tmp_path):
    run = Run(digits, SETTINGS)
    train(run, tmp_path, progress=False)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    again, _ = resumed(tmp_path)
    assert same(again.result(), run.result())
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_recipe_that_has_changed_since(tmp_path):
    train(Run(digits, SETTINGS), tmp_path, progress=False)
    with pytest.raises(checkpoint.CheckpointError, match=r"step 30 does not fit .*\((.|\n)*size mismatch"):
        resumed(tmp_path, dataclasses.replace(SETTINGS, width=32))


def test_another_number_of_processes_gets_fresh_random_states(tmp_path):
    run = Run(digits, SETTINGS)
    at_step(run, 9, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(Interrupted):
        train(run, tmp_path, progress=False)
    begin, _ = checkpoint.newest(tmp_path, "small.digits")
    two = {name: torch.cat([state, state]) for name, state in begin.tensors.items() if "random" in name}
    fresh = Run(digits, SETTINGS)
    train(fresh, tmp_path, begin=dataclasses.replace(begin, tensors=begin.tensors | two), progress=False)
    assert fresh.step == 30
    assert not same(fresh.result(), fit(digits, SETTINGS))  # the dropout masks are others


def test_the_bar_shows_loss_rate_and_time_left(tmp_path, capsys):
    train(Run(digits, SETTINGS), tmp_path)
    text = capsys.readouterr().err
    assert "small.digits: 100%" in text
    assert "30/30" in text
    assert "loss=" in text
    assert "rate=" in text
    assert "<00:00" in text


def test_the_log_is_plain_json(tmp_path):
    train(Run(digits, SETTINGS), tmp_path, progress=False)
    for text in (tmp_path / log.NAME).read_text().splitlines():
        assert list(json.loads(text)) == ["step", "loss", "learning_rate", "seconds"]
    assert sorted(os.listdir(tmp_path)) == [
        "metrics.jsonl",
        "step-000000028.safetensors",
        "step-000000030.safetensors",
    ]
