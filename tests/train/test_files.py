import errno
import os

import pytest

from dlsteps.train.files import reason, remove_halves, write_whole


def test_file_is_there_and_nothing_else(tmp_path):
    path = tmp_path / "a.bin"
    write_whole(path, b"old")
    write_whole(path, b"newer")
    assert path.read_bytes() == b"newer"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_bytes_reach_the_disk_before_the_name_and_the_folder_after_it(tmp_path, monkeypatch):
    calls, path = [], tmp_path / "a.bin"

    def fsync(descriptor):
        name = os.readlink(f"/proc/self/fd/{descriptor}")
        calls.append(("fsync", name, os.stat(name).st_size if name != str(tmp_path) else None))

    replace = os.replace
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append(("rename", str(b))), replace(a, b)))
    write_whole(path, b"12345")
    assert calls == [
        ("fsync", str(tmp_path / ".a.bin.half"), 5),
        ("rename", str(path)),
        ("fsync", str(tmp_path), None),
    ]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_refusal_leaves_the_old_file_and_no_half_one(tmp_path, monkeypatch, call):
    path = tmp_path / "a.bin"
    write_whole(path, b"old")

    def refuse(*arguments):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(OSError, match="no space"):
        write_whole(path, b"newer")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_what_a_killed_process_left_is_removed(tmp_path):
    (tmp_path / ".a.bin.half").write_bytes(b"ha")
    (tmp_path / "a.bin").write_bytes(b"old")
    remove_halves(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EROFS, "the disk is read-only; choose another --out"),
        (errno.EACCES, "may not be written to; choose another --out"),
        (errno.ENAMETOOLONG, "a name in its path is too long; choose another --out"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_reasons_name_a_remedy(code, text):
    assert text in reason(OSError(code, os.strerror(code)))
