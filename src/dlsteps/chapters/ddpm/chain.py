"""Real digits on their way into noise, with every noise that went in kept apart; and the trained network."""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from dlsteps.data import split_digits
from dlsteps.diffusion import Denoiser, q_sample, q_step
from dlsteps.train import load


class Link(NamedTuple):
    """One step of the chain.

    Attributes:
        x_0: The digits, in [-1, 1], (N, 1, 8, 8).
        x_before: $x_{t-1}$.
        x_t: The pictures after step t.
        step_noise: What step t added, standard normal.
        eps: All the noise in $x_t$, standard normal.
    """

    x_0: Tensor
    x_before: Tensor
    x_t: Tensor
    step_noise: Tensor
    eps: Tensor


@functools.cache
def model() -> Denoiser:
    """The committed network, in float64, in which its numbers are the same on every machine."""
    return load("ddpm")[0].double().eval().requires_grad_(False)


def link(t: int, n: int = 64) -> Link:
    """Digits that the network has never seen, at step t, 1 or later."""
    schedule = model().schedule
    generator = torch.Generator().manual_seed(t)
    x_0 = 2 * split_digits().test.images[:n].double() - 1
    first, second = torch.randn(2, *x_0.shape, generator=generator, dtype=torch.float64)
    at = torch.full((len(x_0),), t)
    x_before = q_sample(schedule, x_0, at - 1, first)
    x_t = q_step(schedule, x_before, at, second)
    eps = (x_t - schedule.signal[t] * x_0) / schedule.noise[t]
    return Link(x_0, x_before, x_t, second, eps)
