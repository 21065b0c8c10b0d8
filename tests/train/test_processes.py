"""Two processes on this machine, as `torchrun` starts them."""

import signal
import socket
import subprocess
import sys
import time

import children
import forked
import pytest
from small import digits

from dlsteps.train import checkpoint, load, log
from dlsteps.train.loop import train
from dlsteps.train.run import Run

EXACT = digits.Settings(steps=50, dtype="float64", ema_decay=0.9)
SETTINGS = ["--set", "dtype=float64", "ema_decay=0.9"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The loss curve of one process."""
    folder = tmp_path_factory.mktemp("alone")
    train(Run(digits, EXACT), folder, progress=False)
    return losses(folder)


def losses(folder):
    return [line["loss"] for line in log.read(folder) if "loss" in line]


def two(folder, *arguments):
    """Start two processes in which torch is imported already; they meet at a free port."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    both = [forked.start(children.one_of_two, k, port, str(folder), list(arguments)) for k in range(2)]
    yield both
    for child in both:
        child.join(300)
        child.kill()


def test_torchrun_gives_the_loss_curve_of_one_process(tmp_path, alone):
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    what = ["-m", "dlsteps.train", "small.digits", "--device", "cpu", "--quiet", "--out", str(tmp_path)]
    environment = forked.environment(PYTHONWARNINGS="error")
    done = subprocess.run(
        [*launch, *what, *SETTINGS], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("small.digits.safetensors after") == 1  # one of them speaks
    assert len(alone) == 50
    assert losses(tmp_path) == pytest.approx(alone, abs=1e-5)
    assert losses(tmp_path) == pytest.approx(alone, abs=1e-12)  # only sums are ordered anew
    assert load("small.digits", tmp_path)[1] == EXACT
    found, _ = checkpoint.newest(tmp_path, "small.digits")
    assert found.machine["processes"] == 2
    assert len(found.tensors["random.torch"]) == 2


def test_so_do_two_processes_that_accumulate(tmp_path, alone):
    for both in two(tmp_path, *SETTINGS, "--set", "accumulate=4"):
        for child in both:
            child.join(300)
        assert [child.exitcode for child in both] == [0, 0]
    assert losses(tmp_path) == pytest.approx(alone, abs=1e-12)


def test_a_stop_comes_to_both_at_the_same_step_and_they_go_on_bit_for_bit(tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    arguments = ["--set", "dropout=0.3", "--set", "save_every=1000", "--steps"]
    for both in two(broken, *arguments, "400"):
        while not log.read(broken) and all(child.is_alive() for child in both):
            time.sleep(0.01)
        both[1].terminate()  # one of them hears of it, and both stop
        for child in both:
            child.join(300)
        assert [child.exitcode for child in both] == [128 + signal.SIGTERM] * 2
    stopped, _ = checkpoint.newest(broken, "small.digits")
    assert 0 < stopped.step < 400
    for folder, last in ((broken, ["--resume"]), (whole, [])):
        for both in two(folder, *arguments, "400", *last):
            for child in both:
                child.join(300)
            assert [child.exitcode for child in both] == [0, 0]
    ours, theirs = (checkpoint.newest(folder, "small.digits")[0] for folder in (broken, whole))
    assert checkpoint.digest("", ours.tensors) == checkpoint.digest("", theirs.tensors)
    masks = ours.tensors["random.torch"]
    assert not (masks[0] == masks[1]).all()  # each process draws its own
