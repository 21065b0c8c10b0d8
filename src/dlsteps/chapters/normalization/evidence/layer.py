"""Layer norm, of which the notes say five things that contradict each other (N15 to N18, N33)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.normalization.evidence.reference import (
    STACKS,
    apart,
    by_book,
    by_hand,
    by_position,
)
from dlsteps.chapters.normalization.examples import TENSOR
from dlsteps.claims.evidence import SAME, Evidence, books, gap
from dlsteps.nn.normalization import group_norm, layer_norm, statistics, token_norm
from dlsteps.numbers import number


def n15(token_norm: Callable = token_norm, layer_norm: Callable = layer_norm) -> Evidence:
    """The layer norm of images is over (C, H, W); along C alone, one mean a position, is another function."""

    def whole(x: Tensor) -> Tensor:
        return layer_norm(x, x.shape[1:])

    def along_c(x: Tensor) -> Tensor:
        return token_norm(x, channel_axis=1)

    to_books, to_positions = apart(whole, by_book), apart(along_c, by_position)
    between = apart(whole, along_c, least=True)
    shape = STACKS[0]
    token, layer = statistics(shape, "token", channel_axis=1), statistics(shape, "layer")
    return Evidence(
        to_books < SAME and to_positions < SAME and between > 0.1,
        f"{len(STACKS)} stacks, by hand: over C, H, W difference {to_books:.3f}, over C {to_positions:.3f}; "
        f"the two differ by {between:.3f} at least. On shape {shape} they take {layer.number} mean of "
        f"{layer.count} numbers and {token.number} of {token.count}",
    )


def n16(layer_norm: Callable = layer_norm, group_norm: Callable = group_norm) -> Evidence:
    """Over C, H and W it keeps N, and is group norm with one group; over C alone it is not."""

    def whole(x: Tensor) -> Tensor:
        return layer_norm(x, x.shape[1:])

    def channels_last(x: Tensor) -> Tensor:
        return layer_norm(x.permute(0, 2, 3, 1), x.shape[1:2]).permute(0, 3, 1, 2)

    to_books, to_group = apart(whole, by_book), apart(whole, lambda x: group_norm(x, 1))
    to_positions, between = apart(channels_last, by_position), apart(whole, channels_last, least=True)
    return Evidence(
        max(to_books, to_group, to_positions) < SAME and between > 0.1,
        f"{len(STACKS)} stacks of N books, N means: difference from each book by hand {to_books:.3f}, from "
        f"GN with 1 group {to_group:.3f}; from LN over C alone {between:.3f} at least",
    )


def n17(layer_norm: Callable = layer_norm) -> Evidence:
    """All features of one sample: so for vectors (N, F), not so for tokens (B, T, C)."""
    vectors, sentences, tokens = [], [], []
    for B, C in ((2, 2), (3, 8), (33, 5)):
        x = books(B, C)
        vectors.append(gap(layer_norm(x, (C,)), by_book(x)))
        x = books(B, 4, C)
        y = layer_norm(x, (C,))
        tokens.append(gap(y, torch.stack([by_book(sentence) for sentence in x])))
        sentences.append(gap(y, by_book(x)))
    return Evidence(
        max(vectors + tokens) < SAME and min(sentences) > 0.1,
        f"difference from normalizing each sample as a whole: {max(vectors):.3f} for vectors (N, F), at "
        f"least {min(sentences):.3f} for tokens (B, T, C)",
    )


def n18(token_norm: Callable = token_norm) -> Evidence:
    """Each token on its own: equal to a loop over tokens, and deaf to every other token."""
    loops, moved = [], []
    for B, T, C in ((1, 2, 4), (2, 3, 8), (17, 5, 3)):
        x = books(B, T, C)
        y = token_norm(x)
        loops.append(gap(y, torch.stack([torch.stack([by_hand(t) for t in sentence]) for sentence in x])))
        poked = x.clone()
        poked[0, 0] *= 10
        others = torch.ones(B, T, dtype=torch.bool)
        others[0, 0] = False
        moved.append(gap(token_norm(poked)[others], y[others]))
    return Evidence(
        max(loops) < SAME and max(moved) < SAME,
        f"up to {B}·{T} tokens normalized one by one: difference {max(loops):.3f}; one token times 10 moves "
        f"the others by {max(moved):.3f}",
    )


def n33(layer_norm: Callable = layer_norm) -> Evidence:
    """Each 2×3 block as a whole, if its axes are (feature, position); each row, if (token, feature)."""
    as_whole, as_rows, between = [], [], []
    for x in (TENSOR, books(5, 2, 3), books(2, 4, 6)):
        block, rows = layer_norm(x, x.shape[1:]), layer_norm(x, x.shape[2:])
        as_whole.append(gap(block, by_book(x)))
        as_rows.append(gap(rows, torch.stack([by_book(sample) for sample in x])))
        between.append(gap(block, rows))
    block, rows = layer_norm(TENSOR, (2, 3)), layer_norm(TENSOR, (3,))
    return Evidence(
        max(as_whole + as_rows) < SAME and min(between) > 0.1,
        f"over (2, 3) the first number 1 becomes {number(block[0, 0, 0], 4)}, over (3,) "
        f"{number(rows[0, 0, 0], 4)}; both are those by hand: difference {max(as_whole + as_rows):.3f}",
    )
