"""Gradient flow: what becomes of a gradient on its way back."""

from dlsteps.chapters.gradient_flow.scene import explorer

__all__ = ["explorer"]
