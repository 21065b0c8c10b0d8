r"""What initialization theory says of a gradient on its way back, before any network is built.

In a wide layer with new weights the numbers before the activation are nearly normal, $z \sim N(0, q)$, and
the gradient that comes back knows nothing of them. So two moments, handed on from block to block, are enough:

$$\chi_l = \frac{g^2\, E[f'(z)^2]}{s^2}, \qquad \lVert g_{l-1} \rVert^2 \approx \chi_l \lVert g_l \rVert^2 ,$$

with s what a norm divides by, 1 without one. A shortcut adds 1 to $\chi_l$.

Source:
    Schoenholz et al., Deep Information Propagation (2017), section 3, for q and χ; Yang et al., A Mean Field
    Theory of Batch Normalization (2019), for batch norm and ReLU.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from dlsteps.chapters.gradient_flow.flow import ACTIVATIONS, Recipe

# Points of a standard normal variable, and the weight of each; it is hardly ever further out than 8.
Z = torch.linspace(-8, 8, 4001, dtype=torch.float64)
WEIGHT = torch.softmax(-Z.square() / 2, dim=0)


class Moments(NamedTuple):
    """What comes to a block, over all samples and units.

    Attributes:
        mean: E h.
        square: E h².
        spread: the variance of one unit over a batch of samples that are not alike; batch norm needs it.
    """

    mean: float
    square: float
    spread: float


def predicted_factors(recipe: Recipe) -> Tensor:
    """By how much the gradient's length is multiplied on its way back through each block, from the first on.

    Args:
        recipe: of the network; the seed does not count.

    Returns:
        $\\sqrt{\\chi_l}$ for each block.
    """
    moments = Moments(0.0, 1.0, 1.0)  # the digits are centered and have a mean square of 1
    found = []
    for _ in range(recipe.depth):
        moments, chi = _through(moments, recipe)
        found.append(chi**0.5)
    return torch.tensor(found, dtype=torch.float64)


def predicted_back(recipe: Recipe) -> Tensor:
    """The length of the gradient at each block's output, if it is 1 at the last block's."""
    after = predicted_factors(recipe)[1:]  # what reaches block l has passed the blocks behind it
    return torch.cat([after.flip(0).cumprod(0).flip(0), torch.ones(1, dtype=torch.float64)])


def _through(h: Moments, recipe: Recipe) -> tuple[Moments, float]:
    """The moments of what leaves a block, and χ on the way back through it."""
    g2 = recipe.gain**2
    # What a norm divides by, squared: BN over samples, LN over units.
    s2 = {"none": 1.0, "batch": g2 * h.spread, "layer": g2 * h.square}[recipe.norm]
    q = g2 * h.square if recipe.norm == "none" else 1.0
    f, slope = _curve(recipe.activation, q**0.5 * Z)
    mean, square = _mean(f), _mean(f.square())
    made = Moments(mean, square, square - mean**2)
    chi = g2 * _mean(slope.square()) / s2
    if not recipe.residual:
        return made, chi
    # With new weights the two parts of the sum share nothing but means.
    total = h.square + 2 * h.mean * mean + square
    return Moments(h.mean + mean, total, h.spread + made.spread), 1 + chi


def _curve(name: str, z: Tensor) -> tuple[Tensor, Tensor]:
    """An activation and its slope."""
    z = z.requires_grad_()
    f = ACTIVATIONS[name]()(z)
    (slope,) = torch.autograd.grad(f.sum(), z)
    return f.detach(), slope


def _mean(values: Tensor) -> float:
    """Of a function of a standard normal variable, given at `Z`."""
    return (WEIGHT @ values).item()
