"""The receptive field: what a cell deep in a network sees of the picture."""
