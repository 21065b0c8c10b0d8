"""Long sequences with the answer far back: the adding problem, and recall of the first token.

A sample is a function of (seed, its number) alone, so that any process can draw any share of a batch.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Int64
from torch import Tensor

FIRST_STEPS = 10  # where the adding problem puts its first mark
LIMIT = 2**32  # a seed and a number are one word each of the key; two keys never give the same stream


class Sequences(NamedTuple):
    """Sequences and what is to be said after their last step.

    Attributes:
        x: (n, T, C), what is read.
        target: (n,), a number for the adding problem, a class (int64) for recall.
    """

    x: Tensor
    target: Tensor


def adding_problem(
    seed: int, numbers: Int64[Tensor, " n"], T: int = 100, dtype: torch.dtype = torch.float32
) -> Sequences:
    """Draw sequences of numbers, two of which are marked; the target is the sum of these two.

    Channel 0 holds numbers uniform in [0, 1). Channel 1 is 1 at the two marks and 0 elsewhere. The first
    mark is one of the first ten steps, the second one of the other steps of the first half: no answer is
    less than T/2 steps old. Who always says 1, the mean, has a squared error of 1/6.

    In the paper numbers lie in [−1, 1], the target is scaled to [0, 1], lengths vary by a tenth, and both
    ends are marked by −1. Its target is half of ours, and so is its error.

    Args:
        seed: Which stream of samples, from 0 up.
        numbers: Which samples of it, each from 0 up.
        T: Length of a sequence, 20 steps or more.
        dtype: Of `x` and the target.

    Returns:
        x (n, T, 2) and target (n,).

    Raises:
        ValueError: If T is below 20, or a seed or number is out of range.

    Source:
        Hochreiter and Schmidhuber, Long Short-Term Memory (1997), section 5.4.
    """
    if T < 2 * FIRST_STEPS:
        raise ValueError(
            f"T={T} is below {2 * FIRST_STEPS}: the first mark is one of {FIRST_STEPS} steps of the first "
            f"half; try T={2 * FIRST_STEPS}"
        )
    x = np.zeros((len(numbers), T, 2))
    for row, generator in zip(x, _generators(seed, numbers), strict=True):
        row[:, 0] = generator.random(T)
        first, second = generator.integers(FIRST_STEPS), generator.integers(T // 2 - 1)
        row[[first, second + (second >= first)], 1] = 1
    target = (x[..., 0] * x[..., 1]).sum(axis=1)
    return Sequences(torch.from_numpy(x).to(dtype), torch.from_numpy(target).to(dtype))


def first_token(
    seed: int, numbers: Int64[Tensor, " n"], T: int = 100, K: int = 8, dtype: torch.dtype = torch.float32
) -> Sequences:
    """Draw sequences that begin with one of K tokens, the target, and go on with T of K other tokens.

    Args:
        seed: Which stream of samples, from 0 up.
        numbers: Which samples of it, each from 0 up.
        T: How many tokens stand between the first one and the answer.
        K: How many tokens there are to recall, and as many to distract.
        dtype: Of `x`.

    Returns:
        x (n, 1 + T, 2K), each token as a vector with a single 1, the K to recall before the K that
        distract; and target (n,), from 0 to K − 1.

    Raises:
        ValueError: If T is negative, K is below 2, or a seed or number is out of range.

    Source:
        Hochreiter and Schmidhuber, Long Short-Term Memory (1997), section 5.2, after the task with
        distractors: there the first symbol is one of two, and the last but one step gives the cue.
    """
    if T < 0:
        raise ValueError(f"T={T} is negative; try T=0 for an answer at once")
    if K < 2:
        raise ValueError(f"K={K} leaves nothing to tell apart; try K=2 or more")
    tokens = np.empty((len(numbers), 1 + T), dtype=np.int64)
    for row, generator in zip(tokens, _generators(seed, numbers), strict=True):
        row[0] = generator.integers(K)
        row[1:] = generator.integers(K, 2 * K, size=T)
    x = F.one_hot(torch.from_numpy(tokens), 2 * K).to(dtype)  # (n, 1 + T, 2K)
    return Sequences(x, torch.from_numpy(tokens[:, 0].copy()))


def _generators(seed: int, numbers: Tensor) -> Iterator[np.random.Generator]:
    """Return one generator for each sample."""
    if not 0 <= seed < LIMIT:
        raise ValueError(f"seed={seed} is not from 0 to {LIMIT - 1}; try {seed % LIMIT}")
    out = numbers[(numbers < 0) | (numbers >= LIMIT)]
    if len(out):
        raise ValueError(f"sample {out[0].item()} is not from 0 to {LIMIT - 1}; count samples from 0")
    return (np.random.default_rng((seed, number)) for number in numbers.tolist())
