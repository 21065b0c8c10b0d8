"""Where `x[n, c, h, w]` lives, and what a mean removes."""

from dlsteps.chapters.axes.scene import explorer

__all__ = ["explorer"]
