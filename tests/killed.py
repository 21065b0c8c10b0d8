"""A run that goes on from whatever it finds, for tests that end it at any moment."""

from pathlib import Path

import torch
from small import digits

from dlsteps.train import checkpoint
from dlsteps.train.loop import train
from dlsteps.train.run import Run

SETTINGS = digits.Settings(steps=150, dropout=0.2, ema_decay=0.9, accumulate=2, save_every=1)


def go_on(folder: str) -> None:
    """Train until the end or until killed, a checkpoint after every step."""
    torch.set_num_threads(1)
    there = checkpoint.paths(Path(folder))
    begin = checkpoint.newest(Path(folder), "small.digits")[0] if there else None
    train(Run(digits, SETTINGS), Path(folder), begin=begin, progress=False)
