"""Positions: how a token says where it stands."""

from dlsteps.chapters.positional_encoding.scene import explorer

__all__ = ["explorer"]
