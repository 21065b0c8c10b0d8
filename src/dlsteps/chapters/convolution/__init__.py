"""Convolution: one small kernel, moved over the whole picture."""

from dlsteps.chapters.convolution.scene import explorer

__all__ = ["explorer"]
