"""Every explorer of the book, by name: the tests that hold for all of them run over this table."""

from dlsteps.scenes import normalization

EXPLORERS = {"normalization": normalization.explorer}
