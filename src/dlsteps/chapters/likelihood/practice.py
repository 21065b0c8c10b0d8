"""The cross-entropy to write oneself, and the mistakes that are made in it."""

import torch
from torch import Tensor

from dlsteps.nn.likelihood import log_softmax, negative_log_likelihood, softmax
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]

LARGE = "logits of up to ±1,000"


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return negative_log_likelihood(logits, targets).mean()


def of_the_target(table: Tensor, targets: Tensor) -> Tensor:
    return table[torch.arange(len(targets)), targets]


def cross_entropy_cases() -> list[Case]:
    """Logits of several samples and classes, some of them large."""
    draw = Draws(21)

    def case(N: int, C: int, note: str = "", **drawn: object) -> Case:
        return Case({"logits": draw.normal(N, C, **drawn), "targets": draw.integers(0, C, N)}, note)

    return [
        case(2, 3),
        case(1, 4),
        case(4, 2),
        case(3, 5, std=3, note="a spread of 3"),
        case(4, 3, dtype=torch.float32, note="float32"),
        case(3, 4, mean=30, note="a mean of 30"),
        Case({"logits": draw.uniform(3, 4, low=-1000, high=1000), "targets": draw.integers(0, 4, 3)}, LARGE),
    ]


CROSS_ENTROPY = Exercise(
    name="cross_entropy",
    right=cross_entropy,
    cases=cross_entropy_cases,
    mistakes=(
        Mistake(
            "softmax twice",
            "The loss takes logits and does the softmax itself. Of probabilities it takes a second one, "
            "and never comes near 0.",
            lambda logits, targets: cross_entropy(softmax(logits), targets),
            section="likelihood#pitfalls",
        ),
        Mistake(
            "the logarithm of a rounded 0",
            "Right until the logits are large: then a probability is rounded to 0, or e^z is infinite, and "
            "the logarithm is no number. Take log-softmax in one: z − max − log Σ e^(z − max).",
            lambda logits, targets: -of_the_target(torch.softmax(logits, -1).log(), targets).mean(),
            shows_on=LARGE,
            section="likelihood#logits",
        ),
        Mistake(
            "mean over classes too",
            "Only the sample's own class has a surprise. Divide by the number of samples, not by samples "
            "times classes.",
            lambda logits, targets: cross_entropy(logits, targets) / logits.shape[1],
            section="likelihood#the-same-number-in-two-parts",
        ),
        Mistake(
            "sum over samples",
            "The loss is the mean over the samples, so that it does not grow with the batch.",
            lambda logits, targets: negative_log_likelihood(logits, targets).sum(),
            section="likelihood#the-same-number-in-two-parts",
        ),
        Mistake(
            "sign forgotten",
            "The loss is −log q of the right class: 0 where it is certain, large where it is ruled out.",
            lambda logits, targets: -cross_entropy(logits, targets),
            section="likelihood#a-product-becomes-a-sum",
        ),
        Mistake(
            "the logarithm forgotten",
            "The loss is −log q of the right class. Minus q itself hardly tells 0.001 from 0.000001.",
            lambda logits, targets: -of_the_target(softmax(logits), targets).mean(),
            section="likelihood#a-product-becomes-a-sum",
        ),
        Mistake(
            "softmax over samples",
            "The probabilities of one sample sum to 1: the softmax goes over the classes, the last axis.",
            lambda logits, targets: -of_the_target(log_softmax(logits, 0), targets).mean(),
            section="likelihood#logits",
        ),
        Mistake(
            "only the target's logit",
            "−z of the right class is half of it. The other half, log Σ e^z, makes the wrong classes pay.",
            lambda logits, targets: -of_the_target(logits, targets).mean(),
            section="likelihood#logits",
        ),
    ),
)

EXERCISES = (CROSS_ENTROPY,)
