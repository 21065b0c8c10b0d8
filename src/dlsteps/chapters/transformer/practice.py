"""The loss of a decoder to write oneself, and the mistakes that are made in it."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.nn.likelihood import negative_log_likelihood
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]


def loss(
    inputs: Callable[[Tensor], Tensor] = lambda tokens: tokens[:, :-1],
    targets: Callable[[Tensor], Tensor] = lambda tokens: tokens[:, 1:],
    counted: Callable[[Tensor, Tensor, int], Tensor] = lambda read, wanted, pad: wanted != pad,
    mean: Callable[[Tensor, Tensor], Tensor] = lambda surprise, counts: surprise[counts].mean(),
) -> Callable:
    """A decoder that is as simple as can be: the logits of the next token are a row of a table.

    What a mistake may be made in are the arguments.
    """

    def next_token_loss(weight: Tensor, tokens: Tensor, pad: int) -> Tensor:
        read, wanted = inputs(tokens), targets(tokens)
        surprise = negative_log_likelihood(weight[read], wanted)
        return mean(surprise, counted(read, wanted, pad))

    return next_token_loss


def sequences() -> list[Case]:
    """Sequences that start with 1; the shorter ones are filled up with 0."""
    draw = Draws(91)

    def case(*lengths: int, V: int, note: str = "", dtype: torch.dtype = torch.float64) -> Case:
        T = max(lengths)
        tokens = draw.integers(2, V, len(lengths), T)
        tokens[:, 0] = 1
        tokens[torch.arange(T) >= torch.tensor(lengths)[:, None]] = 0
        return Case({"weight": draw.normal(V, V, dtype=dtype), "tokens": tokens, "pad": 0}, note)

    return [
        case(3, V=4),
        case(4, 4, V=5),
        case(4, 2, V=4, note="one sequence is shorter"),
        case(5, 3, 2, V=6, note="lengths 5, 3 and 2"),
        case(2, 6, V=5, note="one sequence is shorter"),
        case(4, 3, V=5, dtype=torch.float32, note="float32"),
    ]


NEXT_TOKEN_LOSS = Exercise(
    name="next_token_loss",
    right=loss(),
    cases=sequences,
    mistakes=(
        Mistake(
            "shifted targets forgotten",
            "Token t is asked to predict itself, which it can see. The decoder reads tokens[:, :-1] and is "
            "held "
            "against tokens[:, 1:].",
            loss(inputs=lambda tokens: tokens, targets=lambda tokens: tokens),
        ),
        Mistake(
            "shifted the wrong way",
            "The decoder is asked for the token before. It reads tokens[:, :-1] and is held against "
            "tokens[:, 1:].",
            loss(inputs=lambda tokens: tokens[:, 1:], targets=lambda tokens: tokens[:, :-1]),
        ),
        Mistake(
            "shifted twice",
            "The target is the next token, not the one after it.",
            loss(inputs=lambda tokens: tokens[:, :-2], targets=lambda tokens: tokens[:, 2:]),
        ),
        Mistake(
            "padding counted",
            "What only fills a sequence up is no target: leave the places out where the target is pad.",
            loss(counted=lambda read, wanted, pad: torch.ones_like(wanted, dtype=torch.bool)),
        ),
        Mistake(
            "the last target masked by its input",
            "A place counts if its target is no padding. Asked of the input, the first padding after the end "
            "counts too.",
            loss(counted=lambda read, wanted, pad: read != pad),
        ),
        Mistake(
            "padding divided by",
            "The mean is over the targets that count. Divided by all places, short sequences look easy.",
            loss(mean=lambda surprise, counts: (surprise * counts).mean()),
        ),
        Mistake(
            "mean of means",
            "Each target counts the same. The mean of the sequences' means gives those of short ones more "
            "weight.",
            loss(mean=lambda surprise, counts: ((surprise * counts).sum(1) / counts.sum(1)).mean()),
        ),
    ),
)

EXERCISES = (NEXT_TOKEN_LOSS,)
