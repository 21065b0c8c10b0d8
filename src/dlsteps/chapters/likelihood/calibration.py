"""Whether "I am 90 % sure" is right in 90 % of cases, and the one number that can mend it."""

from typing import NamedTuple

import torch
from torch import Tensor

from dlsteps.nn.likelihood import negative_log_likelihood

FACTORS = torch.logspace(-1, 1, 201, dtype=torch.float64)  # 1 is among them


class Bins(NamedTuple):
    """Predictions gathered by how sure they are; bins that are empty are left out.

    Attributes:
        confidence: the mean probability of the class that was named, (bins,).
        accuracy: the share that was named rightly, (bins,).
        share: of all predictions, (bins,).
    """

    confidence: Tensor
    accuracy: Tensor
    share: Tensor


def by_confidence(q: Tensor, labels: Tensor, bins: int = 10) -> Bins:
    """Gather predictions, (N, C), into bins of equal width by the probability of the class they name."""
    sure, named = q.max(1)
    right = (named == labels).double()
    number = (sure * bins).long().clamp(max=bins - 1)
    counts = number.bincount(minlength=bins)
    there = counts > 0
    means = [number.bincount(values, minlength=bins)[there] / counts[there] for values in (sure, right)]
    return Bins(*means, counts[there] / len(labels))


def calibration_error(q: Tensor, labels: Tensor, bins: int = 10) -> float:
    """How far confidence and accuracy lie apart, the mean over predictions.

    Source:
        Guo et al., On Calibration of Modern Neural Networks (2017), equation 3.
    """
    found = by_confidence(q, labels, bins)
    return (found.share * (found.confidence - found.accuracy).abs()).sum().item()


def best_factor(logits: Tensor, labels: Tensor) -> float:
    """The θ of a list from 0.1 to 10 for which softmax(θ z) is least surprised."""
    losses = [negative_log_likelihood(theta * logits, labels).mean() for theta in FACTORS]
    return FACTORS[int(torch.stack(losses).argmin())].item()
