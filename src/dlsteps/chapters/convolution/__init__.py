"""Convolution: one small kernel, moved over the whole picture."""
