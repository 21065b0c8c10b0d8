"""Random numbers that belong to a sample's number, whichever process draws them, and in whatever order."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Int64, Shaped
from torch import Tensor, from_numpy

BLOCK = 64  # samples that share a generator: to make one for each takes longer than to draw from it


def numbered(
    key: tuple[int, ...],
    numbers: Int64[Tensor, " n"],
    draw: Callable[[np.random.Generator, int], np.ndarray],
) -> Shaped[Tensor, "n *S"]:
    """Draw for samples by their numbers: a function of key and number alone.

    Args:
        key: the run's seed, and what else tells this stream from others; 0 or more each.
        numbers: of the samples, 0 or more.
        draw: takes a generator and a count to an array with one row for each sample, e.g.
            `lambda rng, n: rng.standard_normal((n, 8))`.

    Returns:
        One row for each number.

    Raises:
        ValueError: if a number is negative.
    """
    if (numbers < 0).any():
        raise ValueError(f"number={int(numbers.min())} is negative; samples are counted from 0")
    blocks, where = np.unique(numbers.numpy() // BLOCK, return_inverse=True)
    if len(blocks) == 0:
        return from_numpy(draw(np.random.default_rng(key), 0))
    rows = np.stack([draw(np.random.default_rng((*key, block)), BLOCK) for block in blocks.tolist()])
    return from_numpy(rows[where, numbers.numpy() % BLOCK])
