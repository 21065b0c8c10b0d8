"""For each check of the chapter: wrong forms, each of which has to make it come out false."""

import torch
from torch import nn

from dlsteps.chapters.ddpm import evidence
from dlsteps.chapters.ddpm.chain import link, model


def step_noise(x_t, t):
    """What the notes say is predicted: the noise of this step alone."""
    return link(int(t[0])).step_noise


def zeros(x_t, t):
    return torch.zeros_like(x_t)


class Twins(nn.Module):
    """One network for early steps and another for late ones."""

    def __init__(self):
        super().__init__()
        self.early, self.late = evidence.load_with_gradients(), evidence.load_with_gradients()

    def forward(self, x_t, t):
        return (self.early if t[0] < 100 else self.late)(x_t, t)


class Deaf(nn.Module):
    """A network that is not told the step."""

    def __init__(self):
        super().__init__()
        self.inner = evidence.load_with_gradients()

    def forward(self, x_t, t):
        return self.inner(x_t, torch.zeros_like(t))


BROKEN = {
    "d01": [
        {"predict": zeros},
        {"predict": lambda x_t, t: -model()(x_t, t)},
        {"network": nn.Linear(1, 1)},
    ],
    "d02": [{"predict": step_noise}, {"predict": zeros}, {"predict": lambda x_t, t: x_t}],
    "d03": [{"denoiser": Twins()}, {"denoiser": Deaf()}],
}
