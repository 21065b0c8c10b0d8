"""Likelihood: from probabilities to the losses that are trained."""
