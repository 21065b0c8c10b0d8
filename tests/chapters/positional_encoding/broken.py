"""For each check of the chapter: wrong forms, each of which has to make it come out false."""

import torch
from torch import nn

from dlsteps.chapters.positional_encoding.evidence import D, T, learned
from dlsteps.nn.positional import RotaryEncoding, SinusoidalEncoding, alibi_bias


class Multiplied(SinusoidalEncoding):
    def forward(self, x):
        return x * super().forward(torch.zeros_like(x))


class Everywhere(nn.Module):
    """Adds the same at every position."""

    def forward(self, x):
        return x + 1


BROKEN = {
    "t05": [
        {"rotary": lambda: SinusoidalEncoding(D)},  # all positions are added, as the notes say
        {"fixed": lambda: RotaryEncoding(D)},
        {"fixed": lambda: Multiplied(D)},
        {"fixed": learned},
        {"table": lambda: SinusoidalEncoding(D)},
        {"table": Everywhere},
        {"rotary": lambda: lambda x: x * torch.arange(1, T + 1)[:, None]},
        {"rotary": lambda: lambda x: x},
        {"penalty": lambda h, T: alibi_bias(h, T).cumsum(-2)},
        {"penalty": lambda h, T: -alibi_bias(h, T)},
        {"penalty": lambda h, T: torch.zeros(1, h, T, T)},
    ],
}
