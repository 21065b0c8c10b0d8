"""What a network bends its numbers with, and what that does to gradients."""

from dlsteps.chapters.activations.scene import explorer

__all__ = ["explorer"]
