"""The states of the generators that a model or its data may draw from."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


def seed_all(*entropy: int) -> None:
    """Seed torch's, NumPy's and Python's generators from any non-negative numbers, e.g. (seed, process)."""
    words = np.random.SeedSequence(entropy).generate_state(3)
    torch.manual_seed(int(words[0]))
    np.random.seed(words[1])
    random.seed(int(words[2]))


@contextmanager
def kept() -> Iterator[None]:
    """Give the caller's generators back as they were."""
    ours = random.getstate(), np.random.get_state(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(ours[0])
        np.random.set_state(ours[1])
        torch.set_rng_state(ours[2])
