"""How much a small fully connected network can stretch: a bound from above, and gradients from below."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from dlsteps.nn.normalization import with_spectral_norm


def dense(sizes: tuple[int, ...], activation: nn.Module, spectral: int = 0) -> nn.Sequential:
    """Stack linear layers with activations between them.

    Args:
        sizes: features from input to output.
        activation: must stretch nothing itself, as ReLU and leaky ReLU.
        spectral: how many of the first layers are divided by their spectral norm.
    """
    layers: list[nn.Module] = []
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        layer = nn.Linear(inputs, outputs)
        layers += [with_spectral_norm(layer) if i < spectral else layer, activation]
    return nn.Sequential(*layers[:-1])


@torch.no_grad()
def lipschitz_bound(model: nn.Sequential) -> float:
    """Return the product of the layers' largest singular values: no input difference grows by more."""
    training = model.training
    model.eval()  # a layer with spectral norm would take a step of power iteration when it is looked at
    bound = 1.0
    for layer in model:
        if isinstance(layer, nn.Linear):
            bound *= torch.linalg.matrix_norm(layer.weight, 2).item()
    model.train(training)
    return bound


def input_gradients(model: nn.Sequential, x: Tensor) -> Tensor:
    """Return the length of the gradient of one output at each input (B, F): a bound from below, (B,)."""
    training = model.training
    model.eval()
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(model(x).sum(), x)
    model.train(training)
    return gradient.norm(dim=1)
