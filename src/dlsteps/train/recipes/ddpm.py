"""Draws handwritten digits of 8×8 pixels from noise: a denoising diffusion model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dlsteps.diffusion import Denoiser, Schedule, UNet, cosine_schedule, linear_schedule
from dlsteps.nn.normalization import fuse_group_norms
from dlsteps.train.judge import as_digits, digit_judge
from dlsteps.train.known import WarpedDigits
from dlsteps.train.numbered import numbered
from dlsteps.train.recipe import DTYPES, Common

METRIC = "Fréchet distance over floor"

_SIZE = 8
_TIME, _NOISE = 1, 2  # streams of random numbers; 0 is that of WarpedDigits


@dataclass(frozen=True)
class Settings(Common):
    """Settings of the diffusion model.

    Attributes:
        T: steps of the diffusion.
        schedule: "cosine" or "linear".
        kind: what the network predicts: "eps", "x_0" or "v".
        told_time: whether the network is told the step.
        width: channels of the U-Net at full size, a multiple of 8; twice as many at half size.
        slant: how much each digit is warped, as are the next three, see `dlsteps.data.warp`. As strong as the
            difference between writers: without, the network learns the known digits by heart.
        rotation: standard deviation in radians.
        stretch: standard deviation of the logarithm of the width.
        bend: standard deviation in half sides.
        samples: drawn for the metric.
        sampling_steps: of DDIM, for the metric; 0 for the ancestral sampler with T steps.
    """

    steps: int = 4500
    batch_size: int = 128
    learning_rate: float = 2e-3
    warmup: int = 200
    ema_decay: float = 0.999
    T: int = 200
    schedule: str = "cosine"
    kind: str = "eps"
    told_time: bool = True
    width: int = 24
    slant: float = 0.2
    rotation: float = 0.03
    stretch: float = 0.05
    bend: float = 0.03
    samples: int = 1000
    sampling_steps: int = 50


class _Batch(NamedTuple):
    x_0: Tensor
    t: Tensor
    noise: Tensor


def build(settings: Settings) -> nn.Module:
    """Build the U-Net with its schedule."""
    network = fuse_group_norms(UNet(width=settings.width))
    shape = (1, _SIZE, _SIZE)
    return Denoiser(network, _schedule(settings), shape, settings.kind, settings.told_time)


def _schedule(settings: Settings) -> Schedule:
    T = settings.T
    if settings.schedule == "cosine":
        return cosine_schedule(T)
    if settings.schedule == "linear":
        return linear_schedule(T, min(0.1 / T, 0.5), min(20 / T, 0.999))  # the paper's, for 1000 steps
    raise ValueError(f"schedule={settings.schedule!r} is unknown; try 'cosine' or 'linear'")


def data(settings: Settings) -> Callable[[Tensor], _Batch]:
    """Return a function from sample numbers to warped digits in [-1, 1], steps t and noise."""
    dtype = DTYPES[settings.dtype]
    strengths = {name: getattr(settings, name) for name in ("slant", "rotation", "stretch", "bend")}
    digits = WarpedDigits(settings.seed, dtype, **strengths)

    def t(rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.integers(settings.T, size=n)

    def noise(rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.standard_normal((n, 1, _SIZE, _SIZE))

    def batch(numbers: Tensor) -> _Batch:
        x_0 = 2 * digits(numbers).images - 1
        at = numbered((settings.seed, _TIME), numbers, t)
        return _Batch(x_0, at, numbered((settings.seed, _NOISE), numbers, noise).to(dtype))

    return batch


def loss(model: nn.Module, batch: _Batch, settings: Settings) -> Tensor:
    """Return the squared error of each picture's prediction."""
    return model.losses(*batch)


def metric(model: nn.Module, settings: Settings, progress: bool = False) -> dict[str, float]:
    """Draw digits and compare them with those of the test part, see `dlsteps.train.judge`."""
    generator = torch.Generator().manual_seed(settings.seed)
    drawn = model.draw(settings.samples, generator, settings.sampling_steps or None, progress=progress)
    quality = digit_judge()(as_digits(drawn.x_0))
    return {
        METRIC: quality.frechet_ratio,
        "Fréchet distance": quality.frechet,
        "Fréchet distance of known digits": quality.floor,
        "smallest class share": min(quality.shares),
        "largest class share": max(quality.shares),
        "mean top probability": quality.top_probability,
        "nearest distance over held-out digits'": quality.nearest_ratio,
        "nearest distance": quality.nearest,
    }
