"""Labels and logits, and how surprised softmax(θ z) is by them: in all, class by class, and in two parts."""

from __future__ import annotations

import functools
from typing import NamedTuple

import torch
from torch import Tensor

from dlsteps.data import split_digits
from dlsteps.nn.likelihood import (
    gradient_descent,
    negative_log_likelihood,
    softmax,
    softmax_objective,
    with_intercept,
)

COUNTS = {  # how often each class came; where there are four, θ = log 2 is the best of both
    "coin": (4, 8),
    "four": (1, 2, 4, 8),
    "out of reach": (3, 0, 2, 10),
    "sure": (0, 0, 0, 12),
}
STEPS, RATE = 300, 0.5  # of gradient descent for the digits


class Samples(NamedTuple):
    """What was seen, and what a model says before θ.

    Attributes:
        logits: z, (N, C), float64.
        labels: y, (N,), class numbers.
    """

    logits: Tensor
    labels: Tensor


class Surprise(NamedTuple):
    """How surprised a model is by labels, in nats.

    Attributes:
        counts: labels of each class, (C,).
        q: the probability of each class, its mean over samples, (C,).
        each: the mean of −log q over the labels of a class, (C,); where a class never came, −log of its q.
        shares: H, KL and CE as sums over classes, (3, C): the parts of each class.
    """

    counts: Tensor
    q: Tensor
    each: Tensor
    shares: Tensor

    @property
    def p(self) -> Tensor:
        """The share of each class, (C,)."""
        return self.counts / self.counts.sum()

    @property
    def negative_log_likelihood(self) -> float:
        """The sum over all labels."""
        return (self.counts * self.each).sum().item()

    @property
    def totals(self) -> tuple[float, float, float]:
        """H, KL and CE, per label."""
        return tuple(self.shares.sum(1).tolist())


def counted(name: str) -> Samples:
    """Labels that come as often as `COUNTS` says, and logits 0, 1, 2, … for every one of them."""
    counts = torch.tensor(COUNTS[name])
    C = len(counts)
    labels = torch.arange(C).repeat_interleave(counts)
    return Samples(torch.arange(C, dtype=torch.float64).expand(len(labels), C), labels)


@functools.cache
def digits() -> Samples:
    """The test digits, and the logits that a softmax regression gives them."""
    split = split_digits()
    objective = softmax_objective(split.train.images.flatten(1), split.train.labels, 10)
    weights = gradient_descent(objective, RATE, STEPS).parameters
    return Samples(with_intercept(split.test.images.flatten(1)) @ weights.T, split.test.labels)


def surprise(samples: Samples, theta: float) -> Surprise:
    """Measure how surprised softmax(θ z) is by the labels.

    Labels whose logits are the same cannot be told apart by the model: H is the entropy within them.
    """
    z, (N, C) = theta * samples.logits, samples.logits.shape
    y = samples.labels
    counts = y.bincount(minlength=C).double()
    q = softmax(z).mean(0)
    sums = torch.zeros(C, dtype=torch.float64).index_add(0, y, negative_log_likelihood(z, y))
    each = torch.where(counts > 0, sums / counts.clamp(min=1), -q.log())
    rows, group = samples.logits.unique(dim=0, return_inverse=True)
    P = torch.zeros(len(rows), C, dtype=torch.float64).index_put(
        (group, y), torch.ones(N, dtype=torch.float64), accumulate=True
    )
    weight = P.sum(1, keepdim=True) / N
    P = P / P.sum(1, keepdim=True)
    H = -(weight * torch.xlogy(P, P)).sum(0)
    return Surprise(counts, q, each, torch.stack([H, sums / N - H, sums / N]))
