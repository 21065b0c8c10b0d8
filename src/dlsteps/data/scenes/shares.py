"""Random numbers that belong to a sample, in whatever batch, order or process it is drawn."""

import numpy as np


class Shares:
    """The random numbers of some samples, handed out a few columns at a time.

    One seed and one stream give a single long sequence of numbers (Philox, which can start anywhere).
    Sample i owns those from i·width to (i+1)·width − 1, so that what it gets depends on nothing else.

    Args:
        seed: First half of the key.
        stream: Second half of the key, e.g. one number for each part of the data.
        numbers: (n,) sample numbers, 0 or more.
        width: How many numbers a sample owns; a multiple of 4, as Philox makes four at a time.

    Source:
        Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (2011).
    """

    def __init__(self, seed: int, stream: int, numbers: np.ndarray, width: int):
        assert width % 4 == 0
        self.n, self.used = len(numbers), 0
        runs = np.split(numbers, np.flatnonzero(np.diff(numbers) != 1) + 1)
        parts = [_read(seed, stream, int(run[0]), len(run), width) for run in runs if len(run)]
        self.values = np.concatenate(parts) if parts else np.empty((0, width))  # (n, width), in [0, 1)

    def real(self, low: float, high: float, *shape: int) -> np.ndarray:
        """Return numbers of shape `(n, *shape)`, evenly spread from `low` to `high`."""
        count = int(np.prod(shape))
        columns = self.values[:, self.used : self.used + count]
        assert columns.shape[1] == count, "the samples own too few numbers"
        self.used += count
        return low + (high - low) * columns.reshape(self.n, *shape)

    def whole(self, count: int, *shape: int) -> np.ndarray:
        """Return whole numbers of shape `(n, *shape)`, each of 0 … count − 1 as likely."""
        return self.real(0, count, *shape).astype(np.int64)


def _read(seed: int, stream: int, first: int, n: int, width: int) -> np.ndarray:
    key = np.array([seed, stream], dtype=np.uint64)
    philox = np.random.Philox(counter=first * width // 4, key=key)
    return np.random.Generator(philox).random((n, width))
