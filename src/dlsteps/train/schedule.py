"""The learning rate as a function of the step alone, so that a resumed run needs no memory of it."""

import math


def rate_at(step: int, steps: int, warmup: int, highest: float) -> float:
    r"""Learning rate of a step: a straight line up, then half a cosine down to 0.

    $\eta_s = \eta\,(s + 1)/w$ for $s < w$, and from there on
    $\eta_s = \frac{\eta}{2} \left(1 + \cos \frac{\pi (s - w)}{n - w}\right)$.

    In a run shorter than two warm-ups, the warm-up takes half of the run.

    Args:
        step: s, 0 to n − 1.
        steps: n, of the whole run.
        warmup: w, steps of the line.
        highest: η, the rate at its end.

    Source:
        Loshchilov and Hutter, SGDR (2017), equation 5 with one period;
        Goyal et al., Accurate, Large Minibatch SGD (2017), for the warm-up.
    """
    warmup = min(warmup, steps // 2)
    if step < warmup:
        return highest * (step + 1) / warmup
    return highest * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (steps - warmup)))
