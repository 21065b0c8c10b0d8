"""The small networks that are compared, each one function of the norm that it uses."""

from collections.abc import Callable
from math import prod

import torch
from torch import Tensor, nn

from dlsteps.nn import normalization as norms

# From the shape of one sample at that place, (C, H, W) or (C,), to a layer that keeps the shape.
NormFactory = Callable[[tuple[int, ...]], nn.Module]

WIDTH = 32  # channels of the convolution network
FEATURES = 64  # features of the fully connected network


class LayerNormAtEachPosition(nn.Module):
    """The layer norm of ConvNeXt on maps (N, C, H, W): one mean a position, γ and β a channel."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return norms.token_norm(x, self.weight, self.bias, channel_axis=1)


class BatchNormAtEachPosition(nn.Module):
    """BN that takes each number of a map for a feature of its own, as in a fully connected network."""

    def __init__(self, features: int, momentum: float):
        super().__init__()
        self.norm = norms.BatchNorm(features, momentum=momentum)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x.flatten(1)).view(x.shape)


def renorm_schedule(steps: int) -> norms.ClipSchedule:
    """Scale the paper's schedule of 5, 40 and 25 thousand batches to a short training: 5, 40 and 25 %."""
    warmup = round(0.05 * steps)
    return norms.ClipSchedule(
        warmup, r_until=max(round(0.4 * steps), warmup + 1), d_until=max(round(0.25 * steps), warmup + 1)
    )


def norm_factory(name: str, groups: int = 8, steps: int = 1000, momentum: float = 0.1) -> NormFactory:
    """Return what makes the norm of this name for a place in a network.

    Args:
        name: "none", "BN" (batch), "BRN" (batch renormalization), "GN" (group), "LN" (layer, over all axes
            of a sample) or "IN" (instance, with γ and β); "LN, each position" over the channels of maps, and
            "BN, each position", whose statistics are over the samples alone.
        groups: G of group normalization.
        steps: length of the training, which the schedule of batch renormalization is scaled to.
        momentum: share of the newest batch in the running statistics of BN and BRN, the same for both.

    Raises:
        ValueError: if there is no such norm.
    """
    factories: dict[str, NormFactory] = {
        "none": lambda shape: nn.Identity(),
        "BN": lambda shape: norms.BatchNorm(shape[0], momentum=momentum),
        "BRN": lambda shape: norms.BatchRenorm(shape[0], momentum=momentum, schedule=renorm_schedule(steps)),
        "GN": lambda shape: norms.GroupNorm(groups, shape[0]),
        "LN": norms.LayerNorm,
        "LN, each position": lambda shape: LayerNormAtEachPosition(shape[0]),
        "BN, each position": lambda shape: BatchNormAtEachPosition(prod(shape), momentum),
        "IN": lambda shape: norms.InstanceNorm(shape[0], affine=True),
    }
    if name not in factories:
        raise ValueError(f"no norm is called {name!r}; try one of {', '.join(factories)}")
    return factories[name]


def cnn(norm: NormFactory, norm_last: bool = False) -> nn.Sequential:
    """Three convolutions that take an 8×8 digit to 32 maps of 2×2, then a linear layer.

    Args:
        norm: factory of the norm after each convolution.
        norm_last: put the norm after the activation instead of before it.
    """
    return nn.Sequential(
        *_block(nn.Conv2d(1, WIDTH, 3, padding=1), norm((WIDTH, 8, 8)), norm_last),
        *_block(nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1), norm((WIDTH, 4, 4)), norm_last),
        *_block(nn.Conv2d(WIDTH, WIDTH, 3, stride=2, padding=1), norm((WIDTH, 2, 2)), norm_last),
        nn.Flatten(),
        nn.Linear(WIDTH * 2 * 2, 10),
    )


def mlp(norm: NormFactory, depth: int = 3, norm_last: bool = False) -> nn.Sequential:
    """A fully connected network with `depth` hidden layers of 64 features: a statistic of BN has B values."""
    hidden = []
    for _ in range(depth):  # an image has 8·8 = 64 pixels, so that all hidden layers are alike
        hidden += _block(nn.Linear(FEATURES, FEATURES), norm((FEATURES,)), norm_last)
    return nn.Sequential(nn.Flatten(), *hidden, nn.Linear(FEATURES, 10))


NETWORKS = {"cnn": cnn, "mlp": mlp}


def _block(layer: nn.Module, norm: nn.Module, norm_last: bool) -> list[nn.Module]:
    return [layer, nn.ReLU(), norm] if norm_last else [layer, norm, nn.ReLU()]
