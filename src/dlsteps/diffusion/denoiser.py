"""A network with what it cannot work without: the schedule of its noise, and the kind of its prediction."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from dlsteps.diffusion.process import Kind, sample_losses
from dlsteps.diffusion.sampling import Samples, ancestral, ddim
from dlsteps.diffusion.schedule import Schedule
from dlsteps.nn.checks import typed


class Denoiser(nn.Module):
    """Learn from pictures, and draw new ones.

    Args:
        network: `network(x_t, t)`, such as a `UNet`.
        schedule: The noise schedule.
        shape: Shape (C, H, W) of a picture.
        kind: What the network predicts.
        told_time: Whether the network is told the step t; otherwise it hears 0 each time.
        clip: Bounds the guessed picture while drawing; 1 for pictures in [-1, 1].
    """

    @typed
    def __init__(
        self,
        network: nn.Module,
        schedule: Schedule,
        shape: tuple[int, int, int] = (1, 8, 8),
        kind: Kind = "eps",
        told_time: bool = True,
        clip: float | None = 1.0,
    ):
        super().__init__()
        self.network, self.schedule, self.shape = network, schedule, shape
        self.kind, self.told_time, self.clip = kind, told_time, clip

    def forward(self, x_t: Float[Tensor, "N C H W"], t: Int[Tensor, " N"]) -> Float[Tensor, "N C H W"]:
        """Predict noise, picture or v."""
        return self.network(x_t, t if self.told_time else torch.zeros_like(t))

    def losses(
        self, x_0: Float[Tensor, "N C H W"], t: Int[Tensor, " N"], noise: Float[Tensor, "N C H W"]
    ) -> Float[Tensor, " N"]:
        """Return the loss of each picture, see `sample_losses`."""
        return sample_losses(self.schedule, self, x_0, t, noise, self.kind)

    def draw(
        self,
        n: int,
        generator: torch.Generator | None = None,
        steps: int | None = None,
        *,
        record: bool = False,
        progress: bool = False,
    ) -> Samples:
        """Draw new pictures.

        Args:
            n: How many.
            generator: Where all noise is drawn from.
            steps: Number of DDIM's steps, in which nothing but the first noise is drawn; None for the
                ancestral sampler with all T.
            record: Whether to keep every step.
            progress: Whether to show a bar.

        Returns:
            The pictures, and every step if wanted, as `Samples`.

        Raises:
            ValueError: If n is negative, or steps is not from 1 to T.
        """
        if n < 0:
            raise ValueError(f"n={n} pictures cannot be drawn; try 16")
        example = next(self.parameters())
        x_T = torch.randn(n, *self.shape, generator=generator, dtype=example.dtype, device=example.device)
        options = {"kind": self.kind, "clip": self.clip, "record": record, "progress": progress}
        if steps is None:
            return ancestral(self.schedule, self, x_T, generator, **options)
        return ddim(self.schedule, self, x_T, steps, generator, **options)
