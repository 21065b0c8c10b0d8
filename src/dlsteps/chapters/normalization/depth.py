"""Why normalize at all: what depth does to the size of the activations, and what a small batch does to BN."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dlsteps.data import split_digits
from dlsteps.nn.gradient_flow import deep_network
from dlsteps.nn.normalization import batch_norm


@torch.no_grad()
def sizes_through_depth(
    gain: float, depth: int = 30, norm: Callable[[int], nn.Module] | None = None, seed: int = 0
) -> list[float]:
    r"""Send 256 digits through blocks of linear layer, norm and ReLU; give the size of what leaves each.

    Args:
        gain: Spread of the first weights: a layer's are drawn from $N(0, g^2/64)$.
        depth: How many blocks.
        norm: Makes the norm from the width, 64; None for none.
        seed: Of the weights.

    Returns:
        The root mean square of the digits and of the activations after each block, `depth` + 1 numbers.
    """
    generator = torch.Generator().manual_seed(seed)
    network = deep_network(depth, 64, nn.ReLU, gain, norm=norm, generator=generator).double()
    x = split_digits().train.images[:256].flatten(1)
    sizes = [x.square().mean().sqrt().item()]
    for block in network:
        x = block(x)
        sizes.append(x.square().mean().sqrt().item())
    return sizes


def before_and_after(batch_size: int, number: int = 120, seed: int = 0) -> tuple[Tensor, Tensor]:
    """One pixel of `number` digits before and after batch norm in batches of `batch_size`.

    Args:
        batch_size: Digits that share a mean; it divides `number`.
        number: How many digits.
        seed: Of the order in which digits come together.

    Returns:
        The pixel of each digit, and what batch norm makes of it, both of shape (`number`,).
    """
    if number % batch_size:
        raise ValueError(f"batch_size={batch_size} does not divide number={number}; try 2, 6 or 120")
    digits = split_digits().train.images
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))[:number]
    pixel = digits[order, ..., 2, 4].reshape(-1, batch_size)
    after = torch.cat([batch_norm(batch[:, None], training=True)[:, 0] for batch in pixel])
    return pixel.flatten(), after
