"""What tests run in processes of their own: runs that are killed, refused something, or one of several."""

import dataclasses
import os
import resource
import signal
import sys
from pathlib import Path

import torch
from small import digits

from dlsteps.train import checkpoint, files
from dlsteps.train.__main__ import main
from dlsteps.train.loop import train
from dlsteps.train.run import Run

SETTINGS = digits.Settings(steps=150, dropout=0.2, ema_decay=0.9, accumulate=2, save_every=1)


def go_on(folder: str) -> None:
    """Train until the end or until killed, a checkpoint after every step."""
    torch.set_num_threads(1)
    there = checkpoint.paths(Path(folder))
    begin = checkpoint.newest(Path(folder), "small.digits")[0] if there else None
    train(Run(digits, SETTINGS), Path(folder), begin=begin, progress=False)


PLACES = ("before", "half", "after")


def stand_still(folder: str, step: int, place: str, reached: str) -> None:
    """Train until a step's checkpoint, and wait there to be killed: before, halfway or after."""
    write = files.write_whole

    def write_and_wait(path: Path, data: bytes) -> None:
        if path.name != f"step-{step:09d}.safetensors":
            return write(path, data)
        if place == "half":
            path.with_name(f".{path.name}.half").write_bytes(data[: len(data) // 2])
        if place == "after":
            write(path, data)
        Path(reached).touch()
        while True:
            signal.pause()

    checkpoint.write_whole = write_and_wait
    go_on(folder)


def one_of_two(process: int, port: int, folder: str, arguments: list[str]) -> None:
    """Be one of two processes that train together, and leave with the command's exit status."""
    torch.set_num_threads(1)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2"}
    os.environ |= {"RANK": str(process), "LOCAL_RANK": str(process)}
    sys.exit(main(["small.digits", "--device", "cpu", "--quiet", "--out", folder, *arguments]))


def with_little_room(folder: str, message: str) -> None:
    """Train where a file can hold the first checkpoint, but not the optimizer's moments as well."""
    trial = Path(f"{folder} to measure")
    train(Run(digits, dataclasses.replace(SETTINGS, steps=1)), trial, progress=False)
    first, second = (path.stat().st_size for path in checkpoint.paths(trial))
    limit = (first + second) // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    with Path(message).open("w") as note:
        note.write(_refusal(Run(digits, SETTINGS), Path(folder)))


def in_a_read_only_folder(folder: str, message: str) -> None:
    """Train as a user who may only read the folder."""
    run = Run(digits, SETTINGS)  # reads files of the environment
    os.chdir(folder)
    with Path(message).open("w") as note:
        if os.geteuid() == 0:  # root may write anywhere
            os.seteuid(65534)
        note.write(_refusal(run, Path()))


def _refusal(run: Run, folder: Path) -> str:
    try:
        train(run, folder, progress=False)
    except checkpoint.CheckpointError as error:
        return str(error)
    return "nothing was refused"
