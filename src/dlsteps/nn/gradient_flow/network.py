"""A deep network whose layers are all alike, so that what depth does stands alone."""

from collections import OrderedDict
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Residual(nn.Module):
    r"""Add what a module makes of its input to the input itself: $y = x + f(x)$.

    Its Jacobian is $I + \partial f/\partial x$. However small the second part becomes, the first lets the
    gradient through; nothing keeps the sum from growing.

    Args:
        f: A module that keeps the shape of its input.

    Source:
        He et al., Deep Residual Learning for Image Recognition (2016), equation 1.
    """

    def __init__(self, f: nn.Module):
        super().__init__()
        self.f = f

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        change = self.f(x)
        if change.shape != x.shape:
            raise ValueError(
                f"f turns shape {tuple(x.shape)} into {tuple(change.shape)}, and a residual adds the two; "
                "try an f that keeps the shape, or project x first"
            )
        return x + change


@torch.no_grad()
def initialize(layer: nn.Linear, gain: float = 1.0, generator: torch.Generator | None = None) -> nn.Linear:
    r"""Draw the weights from $N(0, g^2 / n_{in})$ and set the bias to 0.

    Then $E\,y_i^2 = g^2 \cdot \frac{1}{n_{in}} \sum_j x_j^2$: a layer multiplies the mean square by $g^2$. A
    ReLU after it halves that, so $g = \sqrt2$ keeps it.

    Args:
        layer: Linear layer; it is changed in place.
        gain: $g$, 0 or more.
        generator: Where the weights are drawn from.

    Returns:
        The layer itself.

    Raises:
        ValueError: If `gain` is negative.

    Source:
        He et al., Delving Deep into Rectifiers (2015), equation 10.
    """
    if not gain >= 0:
        raise ValueError(f"gain={gain} is no standard deviation; try 1, or 2**0.5 before a ReLU")
    layer.weight.normal_(std=gain * layer.in_features**-0.5, generator=generator)
    if layer.bias is not None:
        layer.bias.zero_()
    return layer


def deep_network(
    depth: int,
    width: int,
    activation: Callable[[], nn.Module],
    gain: float = 1.0,
    *,
    norm: Callable[[int], nn.Module] | None = None,
    wrap: Callable[[nn.Module], nn.Module] | None = None,
    generator: torch.Generator | None = None,
) -> nn.Sequential:
    """Stack blocks that are alike: linear, norm, activation.

    What differs between two networks is what the blocks are made of, so it is handed in: `nn.Tanh` or
    `lambda: Activation("gelu")`, `BatchNorm` or `LayerNorm`, `Residual`.

    Args:
        depth: L, the number of blocks.
        width: Length of every vector, from the input to the output.
        activation: Makes the activation of one block.
        gain: Spread of the first weights, as in `initialize`.
        norm: Makes the norm between linear layer and activation from the width; None for none.
        wrap: What is put around each block: `Residual`, or None for nothing.
        generator: Where the weights are drawn from.

    Returns:
        The blocks in a row. A block has its parts by name: `linear`, `norm`, `activation`.

    Raises:
        ValueError: If `depth` or `width` is less than 1, or `gain` is negative.
    """
    for name, value in (("depth", depth), ("width", width)):
        if value < 1:
            raise ValueError(f"{name}={value} leaves no network; try 1 or more")
    blocks = []
    for _ in range(depth):
        parts = OrderedDict(linear=initialize(nn.Linear(width, width), gain, generator))
        if norm is not None:
            parts["norm"] = norm(width)
        parts["activation"] = activation()
        block = nn.Sequential(parts)
        blocks.append(block if wrap is None else wrap(block))
    return nn.Sequential(*blocks)
