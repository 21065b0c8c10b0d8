"""Masks: who may attend to whom. Boolean, `True` = may attend, everywhere.

A mask has two axes (T, S), one answer for all sequences and heads, or all four axes (B, h, T, S), with 1
where it does not depend on an axis. So no axis can be mistaken for another.
"""

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from dlsteps.nn.checks import check_axes


def causal_mask(T: int, S: int | None = None, *, device: torch.device | None = None) -> Bool[Tensor, "T S"]:
    r"""Let every position attend to itself and to those before it: $s \le t$.

    The T queries are the last of the S positions. So the mask of one new token beside S - 1 cached ones
    is a row of `True`. (torch's `is_causal=True` counts queries from the first position instead; for
    T = S both are the same.)

    Args:
        T: Number of queries.
        S: Number of keys; None for T.
        device: Where to put the mask.

    Returns:
        Boolean mask; entry (t, s) says whether query t may attend to key s.

    Raises:
        ValueError: If there are fewer keys than queries, or T is negative.

    Source:
        Vaswani et al., Attention Is All You Need (2017), section 3.2.3.
    """
    S = T if S is None else S
    check_last(T, S)
    return torch.ones(T, S, dtype=torch.bool, device=device).tril(S - T)


def padding_mask(lengths: Int[Tensor, " B"], S: int) -> Bool[Tensor, "B 1 1 S"]:
    """Let every query attend to the first `lengths[b]` keys of its sequence, and not to the padding.

    Args:
        lengths: How many keys of each sequence are real, from 0 to S.
        S: Number of keys, padding included.

    Returns:
        Boolean mask, the same for all heads and queries.

    Raises:
        TypeError: If `lengths` are not integers.
        ValueError: If they are not one axis, or a length is negative or beyond S.
    """
    if lengths.dtype.is_floating_point or lengths.dtype.is_complex or lengths.dtype == torch.bool:
        raise TypeError(f"lengths must be integers, but have dtype {lengths.dtype}; try lengths.long()")
    if lengths.ndim != 1:
        raise ValueError(f"lengths of shape {tuple(lengths.shape)} are not one for each sequence; try (B,)")
    lengths = lengths.long()  # int8 would be compared with S modulo 256
    outside = lengths[(lengths < 0) | (lengths > S)]
    if outside.numel():
        raise ValueError(f"length {outside[0].item()} is not from 0 to S={S}; count real keys alone")
    real = torch.arange(S, device=lengths.device) < lengths[:, None]  # (B, S)
    return real[:, None, None, :]


def token_mask(tokens: Int[Tensor, "B S"], pad: int) -> Bool[Tensor, "B 1 1 S"]:
    """Let every query attend to the keys that are not the padding token, wherever these stand.

    Args:
        tokens: Token numbers.
        pad: The number of the padding token.

    Returns:
        Boolean mask, the same for all heads and queries.

    Raises:
        ValueError: If the tokens are not sequences.
    """
    check_axes(tokens, "B, S", "tokens")
    return (tokens != pad)[:, None, None, :]


def combine_masks(*masks: Bool[Tensor, "..."] | None) -> Bool[Tensor, "..."] | None:
    """Let a query attend where all masks let it.

    Args:
        *masks: Boolean masks that broadcast to one another; None lets everything through.

    Returns:
        Their conjunction in the common shape, or None if all are None.

    Raises:
        TypeError: If a mask is not boolean.
        ValueError: If the masks do not broadcast.
    """
    combined = None
    for mask in masks:
        if mask is not None:
            check_boolean(mask)
            combined = mask if combined is None else _both(combined, mask)
    return combined


def _both(a: Tensor, b: Tensor) -> Tensor:
    try:
        return a & b
    except RuntimeError:
        raise ValueError(
            f"masks of shapes {tuple(a.shape)} and {tuple(b.shape)} do not broadcast; "
            "each axis must be of the same size or 1, queries before keys"
        ) from None


def check_last(T: int, S: int) -> None:
    """Require T queries that can be the last of S positions."""
    if not 0 <= T <= S:
        raise ValueError(f"T={T} queries cannot be the last of S={S} positions; try S={max(T, 0)} or more")


def check_boolean(mask: Tensor) -> None:
    """Refuse numbers: in a mask of floats 0 may mean either answer."""
    if mask.dtype != torch.bool:
        raise TypeError(
            f"mask has dtype {mask.dtype}, but must be boolean, True = may attend; "
            "try mask.bool(), or bias=mask for numbers to add to the scores"
        )


def check_broadcast(name: str, tensor: Tensor, scores: tuple[int, ...]) -> None:
    """Require two axes (T, S) or all axes of the scores, each of the same size or 1."""
    shape = tuple(tensor.shape)
    if len(shape) not in (2, len(scores)):
        raise ValueError(
            f"{name} of shape {shape} has {len(shape)} axes, but must have 2 or all {len(scores)} of the "
            f"scores' {scores}; try {name}.unsqueeze(1) for one that all heads share"
        )
    if any(size not in (1, expected) for size, expected in zip(shape[::-1], scores[::-1], strict=False)):
        raise ValueError(
            f"{name} of shape {shape} does not broadcast to the scores' shape {scores}; "
            "each axis must be of the same size or 1, queries before keys"
        )
