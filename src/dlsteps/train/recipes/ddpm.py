"""Draws handwritten digits of 8×8 pixels from noise: a denoising diffusion model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dlsteps.data import image_folder
from dlsteps.diffusion import Denoiser, Schedule, UNet, cosine_schedule, linear_schedule
from dlsteps.nn.normalization import fuse_norms
from dlsteps.train.judge import as_digits, digit_judge
from dlsteps.train.known import WarpedDigits
from dlsteps.train.numbered import numbered
from dlsteps.train.recipe import DTYPES, Common

METRIC = "Fréchet distance over floor"
JUDGED = ("samples", "sampling_steps")

_WARPS = ("slant", "rotation", "stretch", "bend")
_TIME, _NOISE = 1, 2  # streams of random numbers; 0 is that of WarpedDigits


@dataclass(frozen=True)
class Settings(Common):
    """Settings of the diffusion model.

    Attributes:
        T: steps of the diffusion.
        schedule: "cosine" or "linear".
        kind: what the network predicts: "eps", "x_0" or "v".
        told_time: whether the network is told the step.
        width: channels of the U-Net at full size, a multiple of 8; twice as many at each smaller size.
        levels: sizes of the U-Net, each half the one before.
        slant: how much each digit is warped, as are the next three, see `dlsteps.data.warp`. Less than
            writers differ, and enough that the network does not learn the known digits by heart.
        rotation: standard deviation in radians.
        stretch: standard deviation of the logarithm of the width.
        bend: standard deviation in half sides.
        samples: drawn for the metric.
        sampling_steps: of DDIM, for the metric; 0 for the ancestral sampler with T steps.
        folder: of pictures of your own to learn instead, which are not warped.
        image_size: to which they are resized.
        channels: 1 for gray, 3 for color.
    """

    steps: int = 6000
    batch_size: int = 128
    learning_rate: float = 2e-3
    warmup: int = 200
    ema_decay: float = 0.999
    T: int = 200
    schedule: str = "cosine"
    kind: str = "eps"
    told_time: bool = True
    width: int = 24
    levels: int = 2
    slant: float = 0.08
    rotation: float = 0.012
    stretch: float = 0.02
    bend: float = 0.012
    samples: int = 1000
    sampling_steps: int = 50
    folder: str = ""
    image_size: int = 8
    channels: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.folder and (self.image_size, self.channels) != (8, 1):
            raise ValueError(
                f"image_size={self.image_size} and channels={self.channels} belong to a folder of pictures, "
                "and the digits have 8 and 1; give --set folder=DIR"
            )
        if self.levels < 1 or self.image_size < 1 or self.image_size % 2 ** (self.levels - 1):
            raise ValueError(
                f"image_size={self.image_size} cannot be halved levels-1={self.levels - 1} times; "
                f"try a multiple of {2 ** max(0, self.levels - 1)}"
            )
        if self.width < 8 or self.width % 8:
            raise ValueError(f"width={self.width} is not a multiple of 8, the groups of its norms; try 24")
        self.check_counts("T", "samples", "channels")
        self.check_not_negative(*_WARPS)


class _Batch(NamedTuple):
    x_0: Tensor
    t: Tensor
    noise: Tensor


def build(settings: Settings) -> nn.Module:
    """Build the U-Net with its schedule."""
    multipliers = [2**level for level in range(settings.levels)]
    network = fuse_norms(UNet(settings.channels, settings.width, multipliers))
    return Denoiser(network, _schedule(settings), _shape(settings), settings.kind, settings.told_time)


def _schedule(settings: Settings) -> Schedule:
    T = settings.T
    if settings.schedule == "cosine":
        return cosine_schedule(T)
    if settings.schedule == "linear":
        return linear_schedule(T, min(0.1 / T, 0.5), min(20 / T, 0.999))  # the paper's, for 1000 steps
    raise ValueError(f"schedule={settings.schedule!r} is unknown; try 'cosine' or 'linear'")


def _shape(settings: Settings) -> tuple[int, int, int]:
    return settings.channels, settings.image_size, settings.image_size


def prepare(settings: Settings) -> tuple[Settings, dict[str, Any]]:
    """Look at what the metric will need: steps to draw with, or pictures of one's own that are held out."""
    if not settings.folder:
        if not 0 <= settings.sampling_steps <= settings.T:
            raise ValueError(
                f"sampling_steps={settings.sampling_steps} is not from 0 to T={settings.T}, and the metric "
                f"draws with so many; try {min(50, settings.T)}, or 0 for the ancestral sampler"
            )
        return settings, {}
    own = image_folder(settings.folder, settings.image_size, settings.channels)
    own.files.check_parts(settings.folder)
    return settings, own.files.facts(settings.folder)


def describe(settings: Settings) -> dict[str, Any]:
    """Say what the model draws."""
    return {"draws": list(_shape(settings)), "values": [-1.0, 1.0]}


def data(settings: Settings) -> Callable[[Tensor], _Batch]:
    """Return a function from sample numbers to pictures in [-1, 1], steps t and noise."""
    return _batches(settings, "train")


def _batches(settings: Settings, part: str) -> Callable[[Tensor], _Batch]:
    pictures = _pictures(settings, part)

    def steps(rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.integers(settings.T, size=n)

    def noise(rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.standard_normal((n, *_shape(settings)))

    def batch(numbers: Tensor) -> _Batch:
        x_0 = 2 * pictures(numbers) - 1
        t = numbered((settings.seed, _TIME), numbers, steps)
        return _Batch(x_0, t, numbered((settings.seed, _NOISE), numbers, noise).to(x_0.dtype))

    return batch


def _pictures(settings: Settings, part: str) -> Callable[[Tensor], Tensor]:
    """Return a function from sample numbers to pictures in [0, 1]."""
    dtype = DTYPES[settings.dtype]
    if settings.folder:
        size, channels = settings.image_size, settings.channels
        return image_folder(settings.folder, size, channels, part=part, seed=settings.seed, dtype=dtype)
    digits = WarpedDigits(settings.seed, dtype, **{name: getattr(settings, name) for name in _WARPS})
    return lambda numbers: digits(numbers).images


def loss(model: nn.Module, batch: _Batch, settings: Settings) -> Tensor:
    """Return the squared error of each picture's prediction."""
    return model.losses(*batch)


@torch.no_grad()
def metric(model: nn.Module, settings: Settings, progress: bool = False) -> dict[str, float]:
    """Draw digits and compare them with those of the test part, see `dlsteps.train.judge`.

    For pictures of one's own there is no judge; their tenth part that is held out is given a loss.
    """
    if settings.folder:
        return {METRIC: float("nan"), "held-out loss": _held_out_loss(model, settings)}
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


def _held_out_loss(model: nn.Module, settings: Settings) -> float:
    batches = _batches(settings, "test")
    parts = torch.arange(settings.samples).split(settings.batch_size)
    return torch.cat([model.losses(*batches(part)) for part in parts]).mean().item()
