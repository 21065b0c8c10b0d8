"""Whether a step must run again is decided by content."""

from __future__ import annotations

from pathlib import Path

import pytest
import stamps

PATTERNS = ["*.txt", "sub/**/*"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub" / "__pycache__").mkdir(parents=True)
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "sub" / "b.py").write_text("b")
    (tmp_path / "sub" / "__pycache__" / "b.pyc").write_text("cache")
    return tmp_path


def test_caches_do_not_count(folder: Path):
    assert [path.name for path in stamps.files(PATTERNS, folder)] == ["a.txt", "b.py"]


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "a.txt").write_text("changed"),
        lambda folder: (folder / "a.txt").unlink(),
        lambda folder: (folder / "a.txt").rename(folder / "c.txt"),
        lambda folder: (folder / "sub" / "new.py").write_text(""),
    ],
    ids=["changed", "deleted", "renamed", "added"],
)
def test_every_change_of_the_files_is_seen(folder: Path, change):
    before = stamps.digest(PATTERNS, folder)
    change(folder)
    assert stamps.digest(PATTERNS, folder) != before


def test_what_is_not_asked_for_and_the_time_do_not_count(folder: Path):
    before = stamps.digest(PATTERNS, folder)
    (folder / "other.md").write_text("")
    (folder / "a.txt").touch()
    assert stamps.digest(PATTERNS, folder) == before


def test_a_stamp_holds_for_its_digest_until_it_is_forgotten(tmp_path: Path):
    folder = tmp_path / "stamps"
    assert not stamps.is_current("step", "1", folder)
    stamps.mark("step", "1", folder)
    assert stamps.is_current("step", "1", folder)
    assert not stamps.is_current("step", "2", folder)
    stamps.forget("step", folder)
    assert not stamps.is_current("step", "1", folder)
