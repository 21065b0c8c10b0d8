"""The stack of books: N books, C pages, H lines, W characters, averaged by hand (N02 to N06)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.claims.evidence import SAME, Evidence, books, gap, number, same
from dlsteps.nn.normalization import batch_norm, group_norm, instance_norm, layer_norm


def by_hand(cells: Tensor, eps: float = 1e-5) -> Tensor:
    """Normalize all numbers of a tensor together, as the notes write the formula."""
    count = cells.numel()
    mu = cells.sum() / count
    variance = (cells - mu).pow(2).sum() / count
    return (cells - mu) / (variance + eps).sqrt()


def batch_means(batch_norm: Callable, x: Tensor) -> Tensor:
    """Return the means that BN took from a batch: with momentum 1 it keeps nothing of earlier ones."""
    C = x.shape[1]
    running_mean, running_var = x.new_zeros(C), x.new_ones(C)
    batch_norm(x, running_mean, running_var, training=True, momentum=1.0)
    return running_mean


def n02(batch_norm: Callable = batch_norm) -> Evidence:
    """BN averages N·H·W numbers of a channel into one."""
    x = books(8, 8, 50, 60)
    means = batch_means(batch_norm, x)
    total = x[:, 0].sum()
    count = round((total / means[0]).item())
    return Evidence(
        count == 8 * 50 * 60 and means.shape == (8,),
        f"channel 0 of shape (8, 8, 50, 60): sum / mean = {count:,} numbers, and {means[0].numel()} mean",
    )


def n03(batch_norm: Callable = batch_norm) -> Evidence:
    """Books added up page by page, over the number of characters, are BN's means."""
    x = books(3, 4, 3, 3)
    added = torch.zeros(4, 3, 3, dtype=x.dtype)
    for book in x:
        added += book
    average_book = torch.stack([page.sum() / (3 * 3 * 3) for page in added])
    means = batch_means(batch_norm, x)
    characters = ", ".join(number(value) for value in average_book)
    return Evidence(
        same(means, average_book),
        f"the average book of 4 pages reads {characters}; BN's means are the same 4 numbers",
    )


def n04(layer_norm: Callable = layer_norm) -> Evidence:
    """Each book, normalized by its own average character, is LN."""
    x = books(3, 4, 3, 3)
    expected = torch.stack([by_hand(book) for book in x])
    return _by_hand_against(layer_norm(x, x.shape[1:]), expected, "3 books of 36 characters")


def n05(instance_norm: Callable = instance_norm) -> Evidence:
    """Each page, normalized by its own average character, is IN."""
    x = books(3, 4, 3, 3)
    expected = torch.stack([torch.stack([by_hand(page) for page in book]) for book in x])
    return _by_hand_against(instance_norm(x), expected, "12 pages of 9 characters")


def n06(group_norm: Callable = group_norm) -> Evidence:
    """Each booklet of C/G pages, normalized by its own average character, is GN."""
    x, G = books(3, 4, 3, 3), 2
    expected = torch.stack([torch.cat([by_hand(booklet) for booklet in book.chunk(G)]) for book in x])
    outcome = _by_hand_against(group_norm(x, G), expected, "6 booklets of 18 characters")
    mean = x[0, :2].sum() / 18
    one_page_too_far = x[0, :3].sum() / 18
    return Evidence(
        outcome.holds and abs(one_page_too_far - mean).item() > 0.1,
        f"{outcome.text}; booklet 0 has mean {number(mean)}, by the notes' upper limit "
        f"{number(one_page_too_far)}",
    )


def _by_hand_against(ours: Tensor, expected: Tensor, what: str) -> Evidence:
    difference = gap(ours, expected)
    return Evidence(difference < SAME, f"{what}, each averaged by hand: largest difference {difference:.3f}")
