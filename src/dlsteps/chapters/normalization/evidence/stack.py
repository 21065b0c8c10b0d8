"""The stack of books: N books, C pages, H lines, W characters, averaged by hand (N02 to N06)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.normalization.evidence.reference import (
    STACKS,
    apart,
    by_book,
    by_booklet,
    by_page,
    by_page_number,
    stacks,
)
from dlsteps.claims.evidence import SAME, Evidence, books, gap, same
from dlsteps.nn.normalization import batch_norm, group_norm, instance_norm, layer_norm
from dlsteps.numbers import number


def remembered(batch_norm: Callable, x: Tensor) -> Tensor:
    """Return the means that BN remembers of a batch: with momentum 1 it keeps nothing of earlier ones."""
    C = x.shape[1]
    running_mean, running_var = x.new_zeros(C), x.new_ones(C)
    batch_norm(x, running_mean, running_var, training=True, momentum=1.0)
    return running_mean


def subtracted(batch_norm: Callable, x: Tensor) -> Tensor:
    """Return the means that BN subtracts, (C,): where the line from input to output crosses zero."""
    y = batch_norm(x, training=True).transpose(0, 1).flatten(1)
    cells = x.transpose(0, 1).flatten(1)
    low, high = cells.min(1).indices[:, None], cells.max(1).indices[:, None]
    rise = (y.gather(1, high) - y.gather(1, low)) / (cells.gather(1, high) - cells.gather(1, low))
    return (cells.gather(1, low) - y.gather(1, low) / rise).flatten()


def n02(batch_norm: Callable = batch_norm) -> Evidence:
    """BN averages N·H·W numbers of a channel into one, which it subtracts from all of them."""
    x = books(8, 8, 50, 60)
    means = subtracted(batch_norm, x)
    count = round((x[:, 0].sum() / means[0]).item())
    everywhere = apart(lambda x: batch_norm(x, training=True), by_page_number)
    return Evidence(
        count == 8 * 50 * 60 and len(means) == 8 and everywhere < SAME,
        f"channel 0 of shape (8, 8, 50, 60): sum / mean = {count:,} numbers; {len(means)} means for 8 "
        f"channels. On {len(STACKS)} other stacks the outputs are those by hand: difference {everywhere:.3f}",
    )


def n03(batch_norm: Callable = batch_norm) -> Evidence:
    """Books added up page by page, over the number of characters, are what BN subtracts and remembers."""
    right = []
    for x in stacks():
        N, C, H, W = x.shape
        added = torch.zeros(C, H, W, dtype=x.dtype)
        for book in x:
            added += book
        average_book = torch.stack([page.sum() / (N * H * W) for page in added])
        right += [
            same(subtracted(batch_norm, x), average_book),
            same(remembered(batch_norm, x), average_book),
        ]
    everywhere = apart(lambda x: batch_norm(x, training=True), by_page_number)
    characters = ", ".join(number(value) for value in average_book)
    return Evidence(
        all(right) and everywhere < SAME,
        f"the average book of {N} books of {C} pages reads {characters}; BN subtracts and remembers the same "
        f"{C} numbers",
    )


def n04(layer_norm: Callable = layer_norm) -> Evidence:
    """Each book, normalized by its own average character, is LN."""
    return _everywhere(apart(lambda x: layer_norm(x, x.shape[1:]), by_book), "book")


def n05(instance_norm: Callable = instance_norm) -> Evidence:
    """Each page, normalized by its own average character, is IN."""
    return _everywhere(apart(instance_norm, by_page), "page")


def n06(group_norm: Callable = group_norm) -> Evidence:
    """Each booklet of C/G pages, normalized by its own average character, is GN, for every G."""
    difference = max(gap(group_norm(x, G), by_booklet(x, G)) for x in stacks() for G in (1, 2, x.shape[1]))
    outcome = _everywhere(difference, "booklet")
    x = books(3, 4, 3, 3)
    mean = x[0, :2].sum() / 18
    one_page_too_far = x[0, :3].sum() / 18
    return Evidence(
        outcome.holds and abs(one_page_too_far - mean).item() > 0.1,
        f"{outcome.text}; with 2 booklets of 18 characters, booklet 0 has mean {number(mean)}, by the notes' "
        f"upper limit {number(one_page_too_far)}",
    )


def _everywhere(difference: float, what: str) -> Evidence:
    return Evidence(
        difference < SAME,
        f"{len(STACKS)} stacks of {STACKS[0][0]} to {STACKS[-1][0]} books, each {what} averaged by hand: "
        f"largest difference {difference:.3f}",
    )
