import errno
import os
import random
import stat

import children
import forked
import pytest
import torch

from dlsteps.train import checkpoint
from dlsteps.train.checkpoint import Checkpoint, CheckpointError, DamagedError

TENSORS = {
    "model.weight": torch.tensor([[1.5, -0.0], [float("nan"), 1e-40]]),
    "model.scale": torch.tensor(2.0, dtype=torch.float64),
    "model.none": torch.empty(0, 3),
    "optimizer.0.step": torch.tensor(7),
    "random.torch": torch.arange(9, dtype=torch.uint8).view(1, 9),
    "half": torch.tensor([1.0, 2.0], dtype=torch.bfloat16),
}


def at(step, recipe="digits"):
    return Checkpoint(recipe, {"steps": 9, "note": "ø"}, step, 1.25, {"device": "cpu"}, TENSORS)


def same(ours, theirs):
    """Equal bit for bit, NaN among them."""
    texts = [checkpoint.digest("", found.tensors) for found in (ours, theirs)]
    heads = [{**vars(found), "tensors": None} for found in (ours, theirs)]
    return texts[0] == texts[1] and heads[0] == heads[1]


def steps(folder):
    return [checkpoint.read(path).step for path in checkpoint.paths(folder)]


def test_reads_back_what_was_written(tmp_path):
    path = checkpoint.write(at(7), tmp_path / "new" / "folder")
    assert path.name == "step-000000007.safetensors"
    assert same(checkpoint.read(path), at(7))


def test_tied_and_strided_tensors_are_stored(tmp_path):
    weight = torch.arange(6.0).view(2, 3)
    found = Checkpoint("digits", {}, 0, 0.0, {}, {"a": weight, "b": weight, "t": weight.T})
    again = checkpoint.read(checkpoint.write(found, tmp_path))
    assert same(again, found)


def test_the_digest_sees_everything():
    base = {"a": torch.tensor([1.0, 2.0])}
    others = [
        {"b": torch.tensor([1.0, 2.0])},
        {"a": torch.tensor([1.0, 2.0]).view(1, 2)},
        {"a": torch.tensor([1.0, 2.0]).view(torch.int32)},
        {"a": torch.tensor([1.0, 2.0000002])},
        {"a": torch.tensor([1.0, 2.0]), "b": torch.empty(0)},
    ]
    digests = {checkpoint.digest("x", tensors) for tensors in (base, *others)}
    assert len(digests | {checkpoint.digest("y", base)}) == 7


def test_the_last_two_are_kept(tmp_path):
    for step in (0, 5, 10, 15):
        checkpoint.write(at(step), tmp_path)
    assert steps(tmp_path) == [10, 15]


def test_a_resumed_run_replaces_what_came_after(tmp_path):
    for step in (5, 10, 15):
        checkpoint.write(at(step), tmp_path)
    checkpoint.write(at(11), tmp_path)
    assert steps(tmp_path) == [10, 11]


def test_half_files_are_swept_and_never_read(tmp_path):
    checkpoint.write(at(5), tmp_path)
    (tmp_path / ".step-000000010.safetensors.half").write_bytes(b"ha")
    assert checkpoint.newest(tmp_path, "digits")[0].step == 5
    checkpoint.write(at(10), tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["step-000000005.safetensors", "step-000000010.safetensors"]


def test_every_changed_byte_is_seen(tmp_path):
    path = checkpoint.write(at(7), tmp_path)
    data, draw = path.read_bytes(), random.Random(0)
    refused = 0
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << draw.randrange(8)
        path.write_bytes(changed)
        try:
            assert same(checkpoint.read(path), at(7))  # a blank that only fills the header may be another
        except DamagedError:
            refused += 1
    assert refused > 0.98 * len(data)


def test_every_cut_is_seen(tmp_path):
    path = checkpoint.write(at(7), tmp_path)
    data = path.read_bytes()
    for length in [0, 1, 7, 8, 9, 100, len(data) // 2, len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(DamagedError, match="is damaged"):
            checkpoint.read(path)
    path.write_bytes(data + b"\0")
    with pytest.raises(DamagedError, match="is damaged"):
        checkpoint.read(path)


def test_the_newest_good_one_is_found_and_the_bad_one_named(tmp_path):
    checkpoint.write(at(5), tmp_path)
    bad = checkpoint.write(at(10), tmp_path)
    bad.write_bytes(bad.read_bytes()[:-3])
    found, problems = checkpoint.newest(tmp_path, "digits")
    assert found.step == 5
    assert len(problems) == 1
    assert str(bad) in problems[0]


def test_with_no_good_one_left_all_are_named(tmp_path):
    for step in (5, 10):
        checkpoint.write(at(step), tmp_path)
    for path in checkpoint.paths(tmp_path):
        path.write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"step-0+10.*step-0+5.* begin anew in another --out"):
        checkpoint.newest(tmp_path, "digits")


def test_nothing_to_resume(tmp_path):
    with pytest.raises(CheckpointError, match="holds no checkpoint; leave --resume out to begin"):
        checkpoint.newest(tmp_path / "missing", "digits")


def test_another_recipe(tmp_path):
    checkpoint.write(at(5, recipe="letters"), tmp_path)
    with pytest.raises(CheckpointError, match=r"holds a run of letters, not of digits; choose another --out"):
        checkpoint.newest(tmp_path, "digits")


def test_another_version(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "VERSION", 99)
    checkpoint.write(at(5), tmp_path)
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="has layout 99, and this package reads layout 1; resume with"):
        checkpoint.newest(tmp_path, "digits")


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EROFS, "the disk is read-only; choose another --out"),
    ],
)
def test_a_refused_write_keeps_the_last_good_one(tmp_path, monkeypatch, code, text):
    checkpoint.write(at(5), tmp_path)

    def refuse(descriptor):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(CheckpointError, match=rf"step 10 \(0.0 MB\) cannot be written .*{text}") as caught:
        checkpoint.write(at(10), tmp_path)
    assert "The last good one is kept, step-000000005.safetensors: add --resume" in str(caught.value)
    assert os.listdir(tmp_path) == ["step-000000005.safetensors"]
    assert checkpoint.newest(tmp_path, "digits")[0].step == 5


def test_a_file_that_the_system_cuts_off(tmp_path):
    folder, message = tmp_path / "run", tmp_path / "message"
    assert forked.status(children.with_little_room, str(folder), str(message)) == 0
    text = message.read_text()
    assert "the checkpoint of step 1 (0.0 MB) cannot be written" in text
    assert "the file is larger than the system allows; raise `ulimit -f`" in text
    assert "The last good one is kept, step-000000000.safetensors" in text
    assert sorted(os.listdir(folder)) == ["metrics.jsonl", "step-000000000.safetensors"]
    assert checkpoint.newest(folder, "small.digits")[0].step == 0


def test_a_read_only_folder_shows_before_the_first_step(tmp_path):
    folder, message = tmp_path / "run", tmp_path / "message"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH)
    try:
        assert forked.status(children.in_a_read_only_folder, str(folder), str(message)) == 0
    finally:
        folder.chmod(stat.S_IRWXU)
    told = f"{folder} cannot be written to: the folder may not be written to; choose another --out"
    assert told in message.read_text()
    assert os.listdir(folder) == []


def test_a_file_where_the_folder_should_be(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(CheckpointError, match=r"cannot be written to .*run: it is a file, not a folder"):
        checkpoint.write(at(5), tmp_path / "run")


def test_a_file_that_the_system_refuses_is_no_damaged_one(tmp_path):
    (tmp_path / "step-000000001.safetensors").mkdir()
    with pytest.raises(CheckpointError, match=r"step-000000001.safetensors cannot be read: "):
        checkpoint.newest(tmp_path, "digits")
