"""The LSTM: gates, and memory over many steps."""

from dlsteps.chapters.lstm.scene import explorer

__all__ = ["explorer"]
