"""One folder, one run: the second is refused with the first's process and start."""

import errno
import fcntl
import os
import signal
import subprocess
import sys

import forked
import pytest
from judge import refuses
from small import digits

from dlsteps.train.checkpoint import CheckpointError
from dlsteps.train.lock import Lock
from dlsteps.train.loop import train
from dlsteps.train.run import Run

HELD = r"is written to by process {} on \S+ since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d; wait for it, stop it, or"

HOLD = """
import signal, sys, time
from pathlib import Path
from dlsteps.train.lock import Lock
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests in the background inherit that it is ignored
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_second_one_is_refused_and_the_folder_is_left_as_it_was(tmp_path):
    with Lock(tmp_path / "run"):
        with refuses(CheckpointError, HELD.format(os.getpid())):
            Lock(tmp_path / "run")
        Lock(tmp_path / "run", active=False)
        with Lock(tmp_path / "other"):
            pass
    assert list((tmp_path / "run").iterdir()) == []
    with Lock(tmp_path / "run"):
        pass


def test_what_a_dead_run_left_does_not_hold(tmp_path):
    (tmp_path / ".lock").write_text("{")
    with Lock(tmp_path):
        pass


def test_training_holds_its_folder(tmp_path):
    with Lock(tmp_path), refuses(CheckpointError, HELD.format(os.getpid())):
        train(Run(digits, digits.Settings(steps=3)), tmp_path, progress=False)
    assert list(tmp_path.iterdir()) == []
    train(Run(digits, digits.Settings(steps=3)), tmp_path, progress=False)
    with refuses(CheckpointError, r"holds a run already \(step-000000003.safetensors\); add --resume"):
        train(Run(digits, digits.Settings(steps=3)), tmp_path, progress=False)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_the_lock_goes_with_its_process(tmp_path, number):
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=forked.environment(),
    )
    with child:
        try:
            assert child.stdout.readline() == b"held\n"
            with refuses(CheckpointError, HELD.format(child.pid)):
                Lock(tmp_path)
            child.send_signal(number)
            child.wait(60)
            with Lock(tmp_path):
                pass
        finally:
            child.kill()


def test_a_full_disk_is_named_and_leaves_no_lock(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", refuse)
    with refuses(CheckpointError, "cannot be written to: the disk is full; free some space"):
        Lock(tmp_path)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []
    with Lock(tmp_path):
        pass


def test_a_file_system_without_locks_is_written_to(tmp_path, monkeypatch):
    def refuse(code):
        def flock(*arguments):
            raise OSError(code, os.strerror(code))

        return flock

    monkeypatch.setattr(fcntl, "flock", refuse(errno.ENOLCK))
    with Lock(tmp_path), Lock(tmp_path):
        pass
    monkeypatch.setattr(fcntl, "flock", refuse(errno.EIO))
    with refuses(CheckpointError, "cannot be written to: "):
        Lock(tmp_path)
