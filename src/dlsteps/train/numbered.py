"""Random numbers that belong to a sample's number, whichever process draws it, and in whatever order."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int64
from torch import Tensor, from_numpy

BLOCK = 64  # samples that share a generator: one for each would take longer to make than its numbers to draw


def numbered(
    seed: int, numbers: Int64[Tensor, " n"], draw: Callable[[np.random.Generator, int], np.ndarray]
) -> Float[Tensor, "n *S"]:
    """Draw for samples by their numbers: a function of (seed, number) alone.

    Args:
        seed: of the run, 0 or more.
        numbers: of the samples, 0 or more.
        draw: takes a generator and a count to an array with one row for each sample, e.g.
            `lambda rng, n: rng.standard_normal((n, 8))`.

    Returns:
        One row for each number, in float64.
    """
    blocks, where = np.unique(numbers.numpy() // BLOCK, return_inverse=True)
    rows = [draw(np.random.default_rng((seed, int(block))), BLOCK) for block in blocks]
    return from_numpy(np.stack(rows)[where, numbers.numpy() % BLOCK])
