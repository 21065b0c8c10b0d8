"""Long training runs: one loop, and a small module for each thing that is learned."""

from dlsteps.train.loop import fit
from dlsteps.train.recipe import Common, configure, find, names
from dlsteps.train.weights import load, result

__all__ = ["Common", "configure", "find", "fit", "load", "names", "result"]
