"""Attention: every token asks all others, and takes of each what answers."""

from dlsteps.chapters.attention.scene import explorer

__all__ = ["explorer"]
