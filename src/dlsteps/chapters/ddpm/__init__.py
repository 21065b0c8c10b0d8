"""One network that takes noise away: what it sees, what it predicts, and the way back."""

from dlsteps.chapters.ddpm.scene import explorer

__all__ = ["explorer"]
