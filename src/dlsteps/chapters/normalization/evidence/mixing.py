"""Who is mixed with whom: samples, channels, steps of a sequence (N14, N20 to N23, N25)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.claims.evidence import SAME, Evidence, books, gap
from dlsteps.nn.normalization import batch_norm, group_norm, instance_norm, token_norm


def n14(batch_norm: Callable = batch_norm, token_norm: Callable = token_norm) -> Evidence:
    """Padding moves what BN makes of the real steps; a step with one sequence left has no statistics."""
    B, T, C = 4, 5, 3
    x = books(B, T, C)
    padded = torch.cat([x, torch.zeros(B, 3, C, dtype=x.dtype)], dim=1)

    def over_steps(x: Tensor) -> Tensor:
        return batch_norm(x.transpose(1, 2), training=True).transpose(1, 2)

    by_batch, by_token = (gap(norm(padded)[:, :T], norm(x)) for norm in (over_steps, token_norm))
    try:
        batch_norm(x[:1, -1], training=True)
        refused = False
    except ValueError:
        refused = True
    return Evidence(
        by_batch > 0.1 and by_token < SAME and refused,
        f"padding 5 steps to 8 moves the real steps by {by_batch:.3f} under BN, {by_token:.3f} under LN; "
        f"with statistics for each step (Cooijmans et al. 2017) a step with 1 sequence left is "
        f"{'refused' if refused else 'taken'}",
    )


def n20(group_norm: Callable = group_norm, instance_norm: Callable = instance_norm) -> Evidence:
    """With G = C, group norm is instance norm, γ and β included."""
    x = books(3, 4, 5, 5)
    gamma, beta = books(2, 4)
    at_c = gap(group_norm(x, 4, gamma, beta), instance_norm(x, gamma, beta))
    below = gap(group_norm(x, 2, gamma, beta), instance_norm(x, gamma, beta))
    return Evidence(
        at_c < SAME and below > 0.1,
        f"difference from IN: {at_c:.3f} with 4 groups of 4 channels, {below:.3f} with 2",
    )


def n21(group_norm: Callable = group_norm) -> Evidence:
    """Groups come out with mean 0, channels do not, unless each is a group."""
    x = books(3, 4, 5, 5)
    y = group_norm(x, 2)
    group = y.view(3, 2, -1).mean(2).abs().max().item()
    channel = y.mean((2, 3)).abs().max().item()
    alone = group_norm(x, 4).mean((2, 3)).abs().max().item()
    return Evidence(
        group < SAME and channel > 0.1 and alone < SAME,
        f"2 groups of 4 channels: the groups' means are {group:.3f}, the channels' up to {channel:.3f}; "
        f"with 4 groups the channels' are {alone:.3f}",
    )


def n22(group_norm: Callable = group_norm, batch_norm: Callable = batch_norm) -> Evidence:
    """A poke of the other samples, or their absence, leaves a sample's output as it was."""
    x = books(4, 4, 3, 3)
    poked = x.clone()
    poked[1:] *= 10
    y = group_norm(x, 2)[:1]
    moved, alone = gap(group_norm(poked, 2)[:1], y), gap(group_norm(x[:1], 2), y)
    by_batch = gap(batch_norm(poked, training=True)[:1], batch_norm(x, training=True)[:1])
    return Evidence(
        moved < SAME and alone < SAME and by_batch > 0.1,
        f"3 other samples times 10 move sample 0 by {moved:.3f}, without them by {alone:.3f}; under BN by "
        f"{by_batch:.3f}",
    )


def n23(group_norm: Callable = group_norm) -> Evidence:
    """The usual 32 and 16 need a width they divide."""
    widths = (16, 24, 32, 48, 64, 96, 128, 256, 512)
    fits = {G: [C for C in widths if _accepts(group_norm, C, G)] for G in (32, 16)}
    return Evidence(
        all(Cs == [C for C in widths if C % G == 0] for G, Cs in fits.items()),
        f"of {len(widths)} usual widths from 16 to 512 channels, 32 groups (the default of Wu & He 2018) fit "
        f"{len(fits[32])} and 16 groups {len(fits[16])}; the others are refused",
    )


def _accepts(group_norm: Callable, C: int, G: int) -> bool:
    try:
        group_norm(books(1, C, 2, 2), G)
    except ValueError:
        return False
    return True


def n25(instance_norm: Callable = instance_norm) -> Evidence:
    """What is lost is each page's own brightness and contrast; the batch is not looked at."""
    x = books(4, 3, 5, 5)
    y = instance_norm(x, eps=1e-12)
    alone = gap(instance_norm(x[:1], eps=1e-12), y[:1])
    brighter = gap(instance_norm(2 * x + 3, eps=1e-12), y)
    return Evidence(
        alone < SAME and brighter < SAME,
        f"without the other 3 samples the output moves by {alone:.3f}; x and 2x + 3 come out "
        f"{brighter:.3f} apart",
    )
