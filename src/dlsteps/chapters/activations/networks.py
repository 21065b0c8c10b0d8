"""The networks that the activations are compared in."""

import torch
from torch import Tensor, nn

from dlsteps.experiments.training import scale_weights, seeded
from dlsteps.nn.activations import Activation, curve
from dlsteps.nn.normalization import LayerNorm

PIXELS = 64


def network(name: str, depth: int, seed: int, gain: float = 1.0, norm: bool = False) -> nn.Sequential:
    """Hidden layers of 64 units with one activation, and a linear layer to ten classes; biases at 0.

    Args:
        name: of the activation, as in `CURVES`.
        depth: how many hidden layers.
        seed: of the weights.
        gain: times He's standard deviation, √(2/64).
        norm: put a layer norm before each activation.
    """

    def build() -> nn.Sequential:
        hidden: list[nn.Module] = []
        for _ in range(depth):
            hidden += [nn.Linear(PIXELS, PIXELS), *([LayerNorm((PIXELS,))] if norm else []), Activation(name)]
        return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(PIXELS, 10))

    model = seeded(build, seed)
    scale_weights(model, gain)
    return model


def fair_gain(name: str) -> float:
    """The gain at which a gradient keeps its mean square, for pre-activations of variance 1.

    Back through a layer of n units the mean square of a gradient is multiplied by n·Var(w)·E[f′(z)²]. With
    Var(w) = gain²·2/n that is 1 where gain² = 1 / (2·E[f′(z)²]): for ReLU 1, which is He's rule.
    """
    z = torch.linspace(-8, 8, 16001, dtype=torch.float64)
    density = torch.exp(-z.square() / 2)
    square = (curve(name).derivative(z).square() * density).sum() / density.sum()
    return (0.5 / square).sqrt().item()


@torch.no_grad()
def silent_units(model: nn.Sequential, images: Tensor) -> float:
    """The share of hidden units that are 0 or less before the activation for every image."""
    shares, x = [], images
    for layer in model:
        if isinstance(layer, Activation):
            shares.append((x <= 0).all(0).double().mean())
        x = layer(x)
    return torch.stack(shares).mean().item()


@torch.no_grad()
def what_arrives(model: nn.Sequential, images: Tensor) -> tuple[float, float]:
    """What is left of images before the last layer: root mean square, and mean cosine between two of them."""
    x = model[:-1](images)
    straight = nn.functional.normalize(x, dim=1)
    others = ~torch.eye(len(x), dtype=torch.bool)
    return x.square().mean().sqrt().item(), (straight @ straight.T)[others].mean().item()


@torch.no_grad()
def exchange(model: nn.Sequential, name: str) -> nn.Sequential:
    """The same layers with another activation between them."""
    return nn.Sequential(*(Activation(name) if isinstance(layer, Activation) else layer for layer in model))
