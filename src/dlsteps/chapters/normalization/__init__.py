"""Which cells share a mean, and what follows from it."""

from dlsteps.chapters.normalization.scene import explorer

__all__ = ["explorer"]
