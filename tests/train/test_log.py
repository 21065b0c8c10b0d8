import errno
import json
import os

import pytest

from dlsteps.train import log
from dlsteps.train.checkpoint import CheckpointError
from dlsteps.train.picture import picture

LINES = [{"step": step, "loss": 1 / step, "learning_rate": 0.1 * step} for step in range(1, 6)]


def test_about_a_thousand_lines_however_long_the_run():
    assert [log.interval(steps) for steps in (1, 50, 1999, 2000, 100_000)] == [1, 1, 1, 2, 100]


def test_lines_are_there_as_soon_as_they_are_written(tmp_path):
    with log.Log(tmp_path / "run", 0) as lines:
        for line in LINES:
            lines.write(**line)
            assert log.read(tmp_path / "run")[-1] == line


def test_lines_beyond_the_step_are_dropped_and_a_cut_line_is_none(tmp_path):
    text = "".join(json.dumps(line) + "\n" for line in LINES)
    (tmp_path / log.NAME).write_text(text[:-9])
    assert log.read(tmp_path) == LINES[:4]
    with log.Log(tmp_path, 3) as lines:
        assert log.read(tmp_path) == LINES[:3]
        lines.write(step=4, loss=9.0)
    assert log.read(tmp_path) == [*LINES[:3], {"step": 4, "loss": 9.0}]


def test_the_metric_of_an_earlier_end_is_dropped(tmp_path):
    for _ in range(2):
        with log.Log(tmp_path, 5) as lines:
            lines.write(step=5, metric={"accuracy": 0.5})
    assert log.read(tmp_path) == [{"step": 5, "metric": {"accuracy": 0.5}}]


def test_another_process_writes_nothing(tmp_path):
    with log.Log(tmp_path / "run", 0, active=False) as lines:
        lines.write(step=1)
        lines.sync()
    assert not (tmp_path / "run").exists()


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def refuse(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with log.Log(tmp_path, 0) as lines:
        monkeypatch.setattr(os, "fsync", refuse)
        with pytest.raises(CheckpointError, match=r"the log in .* cannot be written: the disk is full"):
            lines.sync()


def test_the_picture_shows_the_course():
    figure = picture([*LINES, {"step": 5, "metric": {"accuracy": 0.5}}], "digits: accuracy 0.5")
    left, right = figure.axes
    assert left.lines[0].get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert left.lines[0].get_ydata().tolist() == [line["loss"] for line in LINES]
    assert right.lines[0].get_ydata().tolist() == [line["learning_rate"] for line in LINES]
    assert (left.get_yscale(), left.get_ylabel(), right.get_ylabel()) == ("log", "loss", "learning rate")
    assert figure._suptitle.get_text() == "digits: accuracy 0.5"
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_a_loss_below_zero_is_shown_on_a_plain_axis():
    figure = picture([{"step": 1, "loss": -0.5, "learning_rate": 0.1}], "")
    assert figure.axes[0].get_yscale() == "linear"


@pytest.mark.parametrize(
    "line", ["5", "{}", '{"step": "3", "loss": 1}', '{"step": 2, "loss": "x"}', "{", "\xff\xfe"]
)
def test_foreign_and_damaged_lines_are_left_out_and_named(tmp_path, line):
    """They blocked the resuming of a good checkpoint."""
    texts = [json.dumps(line) for line in LINES]
    texts.insert(2, line)
    (tmp_path / log.NAME).write_bytes(("\n".join(texts) + "\n").encode("latin-1"))
    assert log.read(tmp_path) == LINES
    with pytest.warns(UserWarning, match=r"metrics.jsonl: 1 lines are none of a run, and left out: 3$"):
        log.Log(tmp_path, 4).__exit__()
    assert log.read(tmp_path) == LINES[:4]
    log.Log(tmp_path, 4).__exit__()  # in silence


def test_a_line_without_its_learning_rate_is_not_plotted():
    figure = picture([*LINES, {"step": 6, "loss": 1.0}], "")
    assert figure.axes[0].lines[0].get_xdata().tolist() == [1, 2, 3, 4, 5]
