"""Layers and functions, each equal to its PyTorch counterpart."""
