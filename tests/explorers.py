"""Every explorer of the book, by name: the tests that hold for all of them run over this table."""

from dlsteps.scenes import axes, normalization, worked_examples

EXPLORERS = {
    "axes": axes.explorer,
    "normalization": normalization.explorer,
    "worked": worked_examples.explorer,
}
