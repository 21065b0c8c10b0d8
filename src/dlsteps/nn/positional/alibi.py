"""ALiBi: no encoding at all, but a penalty on the score that grows with the distance."""

from math import log2

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.attention.masks import check_last


def alibi_slopes(num_heads: int) -> Float[Tensor, " h"]:
    r"""Say how steep each head's penalty is: $2^{-8/h}, 2^{-16/h}, \dots, 2^{-8}$.

    Where h is no power of 2, the slopes are those of the next smaller power, and then every second one of
    the next larger, as in the authors' program.

    Args:
        num_heads: h.

    Returns:
        Slopes in float64.

    Raises:
        ValueError: If there is no head.

    Source:
        Press, Smith and Lewis, Train Short, Test Long (2022), section 3.
    """
    if num_heads < 1:
        raise ValueError(f"num_heads={num_heads} leaves no head; try 1 or more")
    power = 2 ** int(log2(num_heads))
    i = torch.arange(1, power + 1, dtype=torch.float64)
    slopes = 2 ** (-8 * i / power)
    if power == num_heads:
        return slopes
    between = alibi_slopes(2 * power)[::2]
    return torch.cat([slopes, between[: num_heads - power]])


def alibi_bias(num_heads: int, T: int, S: int | None = None) -> Float[Tensor, "1 h T S"]:
    r"""Return what to add to the scores: $-m\,\lvert t - s \rvert$ for a head of slope m.

    The T queries are the last of the S positions, as in `causal_mask`. The paper's decoder looks back
    alone; the absolute value serves an encoder too.

    Args:
        num_heads: h.
        T: Number of queries.
        S: Number of keys; None for T.

    Returns:
        Tensor in float64, to be cast and passed as `bias` to an attention.

    Raises:
        ValueError: If there is no head, or there are fewer keys than queries.

    Source:
        Press, Smith and Lewis, Train Short, Test Long (2022), section 3.
    """
    S = T if S is None else S
    check_last(T, S)
    t, s = torch.arange(S - T, S), torch.arange(S)
    distance = (t[:, None] - s).abs().double()  # (T, S)
    return -alibi_slopes(num_heads)[None, :, None, None] * distance
