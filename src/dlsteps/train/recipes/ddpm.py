"""Draws handwritten digits of 8×8 pixels from noise: a denoising diffusion model."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dlsteps.data.bitmaps import digit_bitmaps, warp, warp_numbers
from dlsteps.diffusion import UNet, cosine_schedule, linear_schedule
from dlsteps.diffusion.denoiser import Denoiser
from dlsteps.diffusion.schedule import Schedule
from dlsteps.nn.normalization.fused import fuse_group_norms
from dlsteps.train.judge import as_digits, digit_judge, known_digits
from dlsteps.train.numbered import numbered
from dlsteps.train.recipe import DTYPES, Common

METRIC = "Fréchet distance over floor"
SIZE = 8


@dataclass(frozen=True)
class Settings(Common):
    """Settings of the diffusion model."""

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
    network = fuse_group_norms(UNet(width=settings.width))
    return Denoiser(network, _schedule(settings), (1, SIZE, SIZE), settings.kind, settings.told_time)


def _schedule(settings: Settings) -> Schedule:
    if settings.schedule == "cosine":
        return cosine_schedule(settings.T)
    return linear_schedule(settings.T, 0.1 / settings.T, 20 / settings.T)


def data(settings: Settings) -> Callable[[Tensor], _Batch]:
    dtype = DTYPES[settings.dtype]
    bitmaps = digit_bitmaps(known_digits().images).to(dtype)
    strengths = {name: getattr(settings, name) for name in ("slant", "rotation", "stretch", "bend")}
    Z = warp_numbers()

    def draw(rng, n):
        which = rng.integers(len(bitmaps), size=(n, 1))
        t = rng.integers(settings.T, size=(n, 1))
        return np.concatenate([which, t, rng.standard_normal((n, Z + SIZE**2))], 1)

    def batch(numbers: Tensor) -> _Batch:
        drawn = numbered(settings.seed, numbers, draw)
        which, t = drawn[:, :2].long().T
        images = warp(bitmaps[which], drawn[:, 2 : 2 + Z], **strengths)
        return _Batch(2 * images - 1, t, drawn[:, 2 + Z :].view(-1, 1, SIZE, SIZE).to(dtype))

    return batch


def loss(model: nn.Module, batch: _Batch, settings: Settings) -> Tensor:
    return model.losses(*batch)


def metric(model: nn.Module, settings: Settings, progress: bool = False) -> dict[str, float]:
    generator = torch.Generator().manual_seed(settings.seed)
    x = model.draw(settings.samples, generator, settings.sampling_steps, progress=progress).x_0
    q = digit_judge()(as_digits(x))
    return {
        METRIC: q.frechet_ratio,
        "Fréchet distance": q.frechet,
        "Fréchet distance of real digits": q.floor,
        "smallest class share": min(q.shares),
        "largest class share": max(q.shares),
        "mean top probability": q.top_probability,
        "nearest distance over held-out": q.nearest_ratio,
        "nearest distance": q.nearest,
    }
