"""Likelihood: from probabilities to the losses that are trained."""

from dlsteps.chapters.likelihood.scene import explorer

__all__ = ["explorer"]
