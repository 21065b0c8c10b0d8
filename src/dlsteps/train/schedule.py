"""The learning rate as a function of the step alone, so that a resumed run needs no memory of it."""

import math


def rate_at(step: int, steps: int, warmup: int, highest: float) -> float:
    """Learning rate of a step: a straight line up, then half a cosine down to 0.

    rate = highest · (step + 1) / warmup                                        for step < warmup
    rate = highest · ½ (1 + cos(π (step − warmup) / (steps − warmup)))          from there on

    In a run shorter than two warm-ups, the warm-up takes half of the run.

    Args:
        step: 0 to steps − 1.
        steps: of the whole run.
        warmup: steps of the line.
        highest: the rate at its end.

    Source:
        Loshchilov and Hutter, SGDR, 2017, equation 5 with one period; the warm-up is Goyal et al.'s, 2017.
    """
    warmup = min(warmup, steps // 2)
    if step < warmup:
        return highest * (step + 1) / warmup
    return highest * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
