"""The formula: BN's output, the place of ε, what is learned, what is remembered (N01, N07 to N09)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.claims.evidence import SAME, Evidence, books, gap, number, same
from dlsteps.nn.normalization import BatchNorm, batch_norm, group_norm, instance_norm, layer_norm


def n01(batch_norm: Callable = batch_norm) -> Evidence:
    """Mean 0 and variance 1 in training; less at a variance near ε; neither in evaluation."""
    x = books(8, 3, 5, 5)
    small = x[:, 1] - x[:, 1].mean()
    x[:, 1] = small / small.std(correction=0) * 1e-5**0.5  # as much variance as ε
    x[:, 2] = 7.0
    y = batch_norm(x, training=True)
    mean, var = y.mean((0, 2, 3)), y.var((0, 2, 3), correction=0)
    stored = torch.zeros(3, dtype=x.dtype), torch.ones(3, dtype=x.dtype)
    evaluated = batch_norm(x, *stored, training=False).mean((0, 2, 3))[0].item()
    expected = torch.tensor([1.0, 0.5, 0.0], dtype=x.dtype)
    return Evidence(
        mean.abs().max().item() < SAME and gap(var, expected) < 1e-5 and abs(evaluated) > 0.1,
        f"training: mean {mean[0].abs():.3f}, variance {var[0]:.3f}; a channel of variance ε: {var[1]:.3f}; "
        f"a constant one: {var[2]:.3f}; evaluation: mean {number(evaluated)}",
    )


def n07(
    batch_norm: Callable = batch_norm,
    layer_norm: Callable = layer_norm,
    instance_norm: Callable = instance_norm,
    group_norm: Callable = group_norm,
) -> Evidence:
    """All four: ε under the root and the count as divisor. BN's running variance: the count less one."""
    x = books(2, 4, 3, 3) * 1e-3  # so small that ε shows
    running_mean, running_var = torch.zeros(4, dtype=x.dtype), torch.ones(4, dtype=x.dtype)
    outputs = {
        (0, 2, 3): batch_norm(x, running_mean, running_var, training=True, momentum=1.0),
        (1, 2, 3): layer_norm(x, x.shape[1:]),
        (2, 3): instance_norm(x),
    }
    pairs = [(y, x, axes) for axes, y in outputs.items()]
    pairs.append((group_norm(x, 2).view(2, 2, 18), x.view(2, 2, 18), (2,)))
    right = max(gap(y, _variant(cells, axes)) for y, cells, axes in pairs)
    outside = min(gap(y, _variant(cells, axes, outside=True)) for y, cells, axes in pairs)
    unbiased = min(gap(y, _variant(cells, axes, correction=1)) for y, cells, axes in pairs)
    remembered = same(running_var, x.var((0, 2, 3), correction=1))
    return Evidence(
        right < SAME and outside > 0.01 and unbiased > 0.001 and remembered,
        f"largest difference {right:.3f}; with ε outside the root at least {outside:.3f}, with the divisor "
        f"count − 1 at least {unbiased:.3f}; BN's running variance divides by {2 * 9 - 1} of {2 * 9}",
    )


def _variant(x: Tensor, axes: tuple[int, ...], *, outside: bool = False, correction: int = 0) -> Tensor:
    eps = 1e-5
    centered = x - x.mean(axes, keepdim=True)
    var = x.var(axes, correction=correction, keepdim=True)
    return centered / (var.sqrt() + eps if outside else (var + eps).sqrt())


def n08(layer: Callable[[int], torch.nn.Module] = BatchNorm) -> Evidence:
    """One learned pair a channel: 2·C numbers, each with a gradient, each moving its channel alone."""
    x = books(5, 4, 3, 3)
    norm = layer(4).double()
    before = norm(x)
    (before * books(5, 4, 3, 3, seed=1)).sum().backward()
    learned = sum(p.numel() for p in norm.parameters() if p.grad is not None and (p.grad != 0).all())
    with torch.no_grad():
        for parameter in norm.parameters():
            parameter[1] += 1
        moved = (norm(x) - before).abs().amax((0, 2, 3)) > SAME
    channels = moved.nonzero().flatten().tolist()
    return Evidence(
        learned == 2 * 4 and channels == [1],
        f"{learned} learned numbers for 4 channels; the pair of channel 1 moves {len(channels)} of them",
    )


def n09(layer: Callable[..., torch.nn.Module] = BatchNorm) -> Evidence:
    """What inference uses is a running average, not the training set's mean and variance."""
    training_set = torch.randn(40, 16, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    training_set += torch.arange(4.0, dtype=torch.float64).repeat_interleave(10)[
        :, None, None
    ]  # sorted by class
    latest, equal = layer(1).double(), layer(1, momentum=None).double()
    by_hand = 0.0
    for batch in training_set:
        latest(batch), equal(batch)
        by_hand = 0.9 * by_hand + 0.1 * batch.mean().item()
    whole = training_set.mean().item(), training_set.var(correction=0).item()
    mean, var = latest.running_mean.item(), equal.running_var.item()
    return Evidence(
        abs(mean - by_hand) < SAME and abs(mean - whole[0]) > 0.5 and whole[1] - var > 0.5,
        f"40 class-sorted batches: training set's mean {number(whole[0])}, running mean {number(mean)}; "
        f"its variance {whole[1]:.3f}, equal-weight average of the batches' {var:.3f}",
    )
