"""Who is mixed with whom: samples, channels, steps of a sequence (N14, N20 to N23, N25)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.normalization.evidence.reference import (
    apart,
    by_booklet,
    by_page,
    by_page_number,
    stacks,
)
from dlsteps.claims.evidence import SAME, Evidence, books, gap, same
from dlsteps.nn.normalization import batch_norm, group_norm, instance_norm, token_norm


def n14(batch_norm: Callable = batch_norm, token_norm: Callable = token_norm) -> Evidence:
    """Padding, or another partner, moves what BN makes of the real steps; one sequence alone is refused."""
    padding, partner, by_token = [], [], []
    for B, T, C in ((2, 5, 3), (4, 3, 6), (17, 8, 2)):
        x = books(B, T, C)
        padded = torch.cat([x, torch.zeros(B, 3, C, dtype=x.dtype)], dim=1)
        other = torch.cat([x[:1], x[1:] * 10])
        padding.append(gap(_over_steps(batch_norm, padded)[:, :T], _over_steps(batch_norm, x)))
        partner.append(gap(_over_steps(batch_norm, other)[0], _over_steps(batch_norm, x)[0]))
        y = token_norm(x)
        by_token += [gap(token_norm(padded)[:, :T], y), gap(token_norm(other)[0], y[0])]
    right = gap(_over_steps(batch_norm, x), by_page_number(x.transpose(1, 2)).transpose(1, 2))
    try:
        batch_norm(x[:1, -1], training=True)
        refused = False
    except ValueError:
        refused = True
    return Evidence(
        min(padding + partner) > 0.1 and max(right, *by_token) < SAME and refused,
        f"3 steps of padding move the real steps by at least {min(padding):.3f} under BN, other partners by "
        f"{min(partner):.3f}; under LN by {max(by_token):.3f}. With statistics for each step (Cooijmans et "
        f"al. 2017) a step with 1 sequence left is {'refused' if refused else 'taken'}",
    )


def _over_steps(batch_norm: Callable, x: Tensor) -> Tensor:
    """BN of sequences (B, T, C), one mean for each feature over all sequences and steps."""
    return batch_norm(x.transpose(1, 2), training=True).transpose(1, 2)


def n20(group_norm: Callable = group_norm, instance_norm: Callable = instance_norm) -> Evidence:
    """With G = C, group norm is instance norm, γ and β included."""
    at_c, by_hand, below = [], [], []
    for x in stacks():
        C = x.shape[1]
        gamma, beta = books(2, C)
        y = instance_norm(x, gamma, beta)
        by_hand.append(gap(y, gamma.view(C, 1, 1) * by_page(x) + beta.view(C, 1, 1)))
        at_c.append(gap(group_norm(x, C, gamma, beta), y))
        below.append(gap(group_norm(x, C // 2, gamma, beta), y))
    return Evidence(
        max(at_c + by_hand) < SAME and min(below) > 0.1,
        f"difference from IN: {max(at_c):.3f} with as many groups as channels, at least {min(below):.3f} "
        f"with half as many",
    )


def n21(group_norm: Callable = group_norm) -> Evidence:
    """A group's pages share mean and variance, and are those by hand; per channel only if each is a group."""
    by_group = max(gap(group_norm(x, G), by_booklet(x, G)) for x in stacks() for G in (1, 2))
    from_channels = min(gap(group_norm(x, G), by_page(x)) for x in stacks() for G in (1, 2))
    alone = apart(lambda x: group_norm(x, x.shape[1]), by_page)
    return Evidence(
        by_group < SAME and from_channels > 0.1 and alone < SAME,
        f"1 or 2 groups: difference from each group by hand {by_group:.3f}, from each channel by hand at "
        f"least {from_channels:.3f}; with as many groups as channels {alone:.3f}",
    )


def n22(group_norm: Callable = group_norm, batch_norm: Callable = batch_norm) -> Evidence:
    """At every batch size a sample comes out as it does alone, whatever the others are."""
    alone, moved, by_batch = [], [], []
    sizes = (2, 3, 4, 5, 8, 16, 33, 64)
    for N in sizes:
        x = books(N, 4, 2, 3)
        y = group_norm(x, 2)
        poked = torch.cat([x[:1], x[1:] * 10])
        alone.append(gap(torch.cat([group_norm(x[n : n + 1], 2) for n in range(N)]), y))
        moved.append(gap(group_norm(poked, 2)[:1], y[:1]))
        by_batch.append(gap(batch_norm(poked, training=True)[:1], batch_norm(x, training=True)[:1]))
    right = gap(y, by_booklet(x, 2))
    return Evidence(
        max(right, *alone, *moved) < SAME and min(by_batch) > 0.1,
        f"batches of {sizes[0]} to {sizes[-1]}: the others times 10 move a sample by {max(moved):.3f}, "
        f"without them it moves by {max(alone):.3f}; under BN by {min(by_batch):.3f} at least",
    )


def n23(group_norm: Callable = group_norm) -> Evidence:
    """The usual 32 and 16 need a width they divide; there each group is normalized by itself."""
    widths = (16, 24, 32, 48, 64, 96, 128, 256, 512)
    fits = {G: [C for C in widths if _normalizes(group_norm, C, G)] for G in (32, 16)}
    return Evidence(
        all(Cs == [C for C in widths if C % G == 0] for G, Cs in fits.items()),
        f"of {len(widths)} usual widths from 16 to 512 channels, 32 groups (the default of Wu & He 2018) fit "
        f"{len(fits[32])} and 16 groups {len(fits[16])}; the others are refused",
    )


def _normalizes(group_norm: Callable, C: int, G: int) -> bool:
    x = books(2, C, 2, 2)
    try:
        y = group_norm(x, G)
    except ValueError:
        return False
    return C % G != 0 or same(y, by_booklet(x, G))  # taking what does not divide is wrong whatever it gives


def n25(instance_norm: Callable = instance_norm) -> Evidence:
    """What is lost is each page's own brightness and contrast; the batch is not looked at."""

    def layer(x: Tensor) -> Tensor:
        return instance_norm(x, eps=1e-12)

    alone, brighter = [], []
    for x in stacks():
        y = layer(x)
        N, C = x.shape[:2]
        generator = torch.Generator().manual_seed(0)
        contrast, light = 1 + torch.rand(2, N, C, 1, 1, generator=generator, dtype=x.dtype)
        alone.append(gap(torch.cat([layer(x[n : n + 1]) for n in range(N)]), y))
        brighter.append(gap(layer(contrast * x + light), y))
    right = apart(layer, lambda x: by_page(x, 1e-12))
    return Evidence(
        max(right, *alone, *brighter) < SAME,
        f"each image alone comes out {max(alone):.3f} from what it is in its batch; each page with another "
        f"brightness and contrast {max(brighter):.3f} from what it was",
    )
