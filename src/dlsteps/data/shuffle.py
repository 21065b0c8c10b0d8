"""Which of N items a sample shows: each item once before any comes again, each time in another order."""

from functools import lru_cache

import numpy as np
from jaxtyping import Int64
from torch import Tensor, from_numpy


def shuffled(numbers: Int64[Tensor, " n"], N: int, seed: int) -> Int64[Tensor, " n"]:
    """Return an item for each sample number: a function of (number, N, seed) alone.

    Numbers 0 to N − 1 show every item once, N to 2N − 1 show them once in another order, and so on.

    Args:
        numbers: of the samples, from 0 on.
        N: how many items there are.
        seed: of the orders.

    Raises:
        ValueError: if there is no item, or a number or the seed is negative.
    """
    if N < 1:
        raise ValueError(f"N={N} leaves nothing to show; give at least 1 item")
    if seed < 0 or (len(numbers) and int(numbers.min()) < 0):
        raise ValueError(f"seed={seed} and all sample numbers count from 0; give 0 or more")
    rounds, places = np.divmod(numbers.numpy(), N)
    items = np.empty(len(numbers), dtype=np.int64)
    for one in np.unique(rounds):
        items[rounds == one] = _order(int(one), N, seed)[places[rounds == one]]
    return from_numpy(items)


@lru_cache(maxsize=4)
def _order(one: int, N: int, seed: int) -> np.ndarray:
    return np.random.default_rng((seed, one)).permutation(N)
