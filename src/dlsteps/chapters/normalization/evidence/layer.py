"""Layer norm, of which the notes say five things that contradict each other (N15 to N18, N33)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.normalization.evidence.stack import by_hand
from dlsteps.chapters.normalization.examples import TENSOR
from dlsteps.claims.evidence import SAME, Evidence, books, gap, number, same
from dlsteps.nn.normalization import group_norm, layer_norm, statistics, token_norm


def n15(token_norm: Callable = token_norm, layer_norm: Callable = layer_norm) -> Evidence:
    """Along C alone: one mean for each position. The layer norm over (C, H, W) is another function."""
    x = books(2, 4, 3, 3)
    along_c, whole = token_norm(x, channel_axis=1), layer_norm(x, x.shape[1:])
    left, left_by_whole = along_c.mean(1).abs().max().item(), whole.mean(1).abs().max().item()
    token, layer = statistics(x.shape, "token", channel_axis=1), statistics(x.shape, "layer")
    return Evidence(
        left < SAME and left_by_whole > 0.1 and (token.number, layer.number) == (18, 2),
        f"over C: {token.number} means of {token.count} numbers, over C, H, W: {layer.number} of "
        f"{layer.count}; the means over C come out up to {left:.3f} by the first, {left_by_whole:.3f} "
        "by the second",
    )


def n16(layer_norm: Callable = layer_norm, group_norm: Callable = group_norm) -> Evidence:
    """Over C, H and W it keeps N, and is group norm with one group; over C alone it is not."""
    x = books(2, 4, 3, 3)
    whole = layer_norm(x, x.shape[1:])
    channels_last = layer_norm(x.permute(0, 2, 3, 1), (4,)).permute(0, 3, 1, 2)
    to_group, to_token = gap(whole, group_norm(x, 1)), gap(whole, channels_last)
    return Evidence(
        same(whole, torch.stack([by_hand(book) for book in x])) and to_group < SAME and to_token > 0.1,
        f"2 means of 36 numbers; difference from GN with 1 group {to_group:.3f}, from LN over C alone "
        f"{to_token:.3f}",
    )


def n17(layer_norm: Callable = layer_norm) -> Evidence:
    """All features of one sample: so for vectors (N, F), not so for tokens (B, T, C)."""
    x = books(3, 8)
    vectors = gap(layer_norm(x, (8,)), _whole_samples(x))
    tokens = books(3, 5, 8)
    sentences = gap(layer_norm(tokens, (8,)), _whole_samples(tokens))
    return Evidence(
        vectors < SAME and sentences > 0.1,
        f"difference from normalizing each sample as a whole: {vectors:.3f} for vectors (3, 8), "
        f"{sentences:.3f} for tokens (3, 5, 8)",
    )


def n18(token_norm: Callable = token_norm) -> Evidence:
    """Each token on its own: equal to a loop over tokens, and deaf to every other token."""
    x = books(2, 3, 8)
    y = token_norm(x)
    loop = torch.stack([torch.stack([by_hand(token) for token in sentence]) for sentence in x])
    poked = x.clone()
    poked[0, 0] *= 10
    others = torch.ones(2, 3, dtype=torch.bool)
    others[0, 0] = False
    moved = gap(token_norm(poked)[others], y[others])
    return Evidence(
        same(y, loop) and moved < SAME,
        f"2·3 tokens normalized one by one: difference {gap(y, loop):.3f}; one token times 10 moves the "
        f"5 others by {moved:.3f}",
    )


def n33(layer_norm: Callable = layer_norm) -> Evidence:
    """Each 2×3 block as a whole, if its axes are (feature, position); each row, if (token, feature)."""
    block, rows = layer_norm(TENSOR, (2, 3)), layer_norm(TENSOR, (3,))
    as_whole, between = gap(block, _whole_samples(TENSOR)), gap(block, rows)
    return Evidence(
        as_whole < SAME and between > 0.1,
        f"over (2, 3) the first number 1 becomes {number(block[0, 0, 0], 4)}, over (3,) "
        f"{number(rows[0, 0, 0], 4)}; the two differ by up to {between:.3f}",
    )


def _whole_samples(x: Tensor) -> Tensor:
    return torch.stack([by_hand(sample) for sample in x])
