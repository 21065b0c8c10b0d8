"""One cell, used again at every step, and what the last state still owes to the first."""

from dlsteps.chapters.rnn.scene import explorer

__all__ = ["explorer"]
