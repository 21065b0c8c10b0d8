"""Computation graphs: defined first, or recorded as the program runs."""

from dlsteps.chapters.computation_graphs.scene import explorer

__all__ = ["explorer"]
