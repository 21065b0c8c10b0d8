"""A wish to stop that the loop can answer at a good moment."""

import signal
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

import torch

from dlsteps.train.engine import Engine

# Processes must stop at the same step. Asking each other costs a message, so they ask now and then.
ASK_EVERY = 10


class Interrupt(AbstractContextManager["Interrupt"]):
    """Notes Ctrl-C and SIGTERM instead of ending the process; a second Ctrl-C ends it at once.

    Attributes:
        signal: the number of the signal that came, 0 while none has.
    """

    def __init__(self) -> None:
        self.signal = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "Interrupt":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def agreed(self, step: int, engine: Engine) -> bool:
        """Return whether to stop after this step: all processes get the same answer."""
        if engine.num_processes == 1:
            return self.signal != 0
        if step % ASK_EVERY:
            return False
        mine = torch.tensor([float(self.signal)], device=engine.device)
        self.signal = int(engine.gather(mine).max())
        return self.signal != 0

    def _note(self, number: int, frame: FrameType | None) -> None:
        # torchrun hands Ctrl-C on as SIGTERM: only a second Ctrl-C means that the first was not enough.
        if self.signal == signal.SIGINT == number:
            raise KeyboardInterrupt
        self.signal = number
