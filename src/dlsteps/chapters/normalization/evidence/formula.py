"""The formula: BN's output, the place of ε, what is learned, what is remembered (N01, N07 to N09)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.normalization.evidence.reference import apart, by_page_number, stacks
from dlsteps.claims.evidence import SAME, Evidence, books, gap, same
from dlsteps.nn.normalization import BatchNorm, batch_norm, group_norm, instance_norm, layer_norm
from dlsteps.numbers import number


def n01(batch_norm: Callable = batch_norm) -> Evidence:
    """Mean 0 and variance 1 in training; less at a variance near ε; neither in evaluation."""
    everywhere = apart(lambda x: batch_norm(x, training=True), by_page_number)
    x = books(8, 3, 5, 5)
    small = x[:, 1] - x[:, 1].mean()
    x[:, 1] = small / small.std(correction=0) * 1e-5**0.5  # as much variance as ε
    x[:, 2] = 7.0
    y = batch_norm(x, training=True)
    mean, var = y.mean((0, 2, 3)), y.var((0, 2, 3), correction=0)
    expected = torch.tensor([1.0, 0.5, 0.0], dtype=x.dtype)
    in_training = mean.abs().max().item() < SAME and gap(var, expected) < 1e-5
    stored = torch.tensor([1.0, 2.0, 3.0], dtype=x.dtype), torch.tensor([4.0, 5.0, 6.0], dtype=x.dtype)
    evaluated = batch_norm(x, *stored, training=False)
    by_stored = (x - stored[0].view(3, 1, 1)) / (stored[1].view(3, 1, 1) + 1e-5).sqrt()
    return Evidence(
        everywhere < SAME and in_training and gap(evaluated, by_stored) < SAME,
        f"training: mean {mean[0].abs():.3f}, variance {var[0]:.3f}; a channel of variance ε: {var[1]:.3f}; "
        f"a constant one: {var[2]:.3f}; evaluation, with stored statistics: mean "
        f"{number(evaluated[:, 0].mean())}, variance {number(evaluated[:, 0].var(correction=0))}",
    )


def n07(
    batch_norm: Callable = batch_norm,
    layer_norm: Callable = layer_norm,
    instance_norm: Callable = instance_norm,
    group_norm: Callable = group_norm,
) -> Evidence:
    """All four: ε under the root and the count as divisor. BN's running variance: the count less one."""
    right, outside, unbiased, remembers = 0.0, torch.inf, torch.inf, True
    for x in [1e-3 * x for x in stacks()]:  # so small that ε shows
        N, C = x.shape[:2]
        running_mean, running_var = torch.zeros(C, dtype=x.dtype), torch.ones(C, dtype=x.dtype)
        booklets = x.view(N, 2, -1)
        pairs = [
            (batch_norm(x, running_mean, running_var, training=True, momentum=1.0), x, (0, 2, 3)),
            (layer_norm(x, x.shape[1:]), x, (1, 2, 3)),
            (instance_norm(x), x, (2, 3)),
            (group_norm(x, 2).view(booklets.shape), booklets, (2,)),
        ]
        right = max(right, *(gap(y, _variant(cells, axes)) for y, cells, axes in pairs))
        outside = min(outside, *(gap(y, _variant(cells, axes, outside=True)) for y, cells, axes in pairs))
        unbiased = min(unbiased, *(gap(y, _variant(cells, axes, correction=1)) for y, cells, axes in pairs))
        remembers &= same(running_var, x.var((0, 2, 3), correction=1))
    return Evidence(
        right < SAME and outside > 0.01 and unbiased > 0.001 and remembers,
        f"largest difference {right:.3f}; with ε outside the root at least {outside:.3f}, with the divisor "
        f"count − 1 at least {unbiased:.3f}; BN's running variance divides by the count − 1",
    )


def _variant(x: Tensor, axes: tuple[int, ...], *, outside: bool = False, correction: int = 0) -> Tensor:
    eps = 1e-5
    centered = x - x.mean(axes, keepdim=True)
    var = x.var(axes, correction=correction, keepdim=True)
    return centered / (var.sqrt() + eps if outside else (var + eps).sqrt())


def n08(layer: Callable[[int], torch.nn.Module] = BatchNorm) -> Evidence:
    """One learned pair a channel: 2·C numbers, each with a gradient, that scale and shift what BN gives."""
    right, counts = [], []
    for x in stacks():
        C = x.shape[1]
        norm = layer(C).double()
        learned = [p for p in norm.parameters() if p.requires_grad]
        counts.append((C, sum(p.numel() for p in learned)))
        if [tuple(p.shape) for p in learned] != [(C,), (C,)]:
            right.append(False)
            continue
        gamma, beta = learned
        with torch.no_grad():
            gamma.copy_(books(1, C, seed=1)[0]), beta.copy_(books(1, C, seed=2)[0])
        y = norm(x)
        (y * books(*x.shape, seed=3)).sum().backward()
        expected = gamma.view(C, 1, 1) * by_page_number(x) + beta.view(C, 1, 1)
        right += [same(y, expected), all(bool((p.grad != 0).all()) for p in learned)]
    return Evidence(
        all(right),
        "; ".join(f"{C} channels, {learned} learned numbers" for C, learned in dict(counts).items())
        + ": drawn at random, each pair scales and shifts its own channel of what BN gives",
    )


def n09(layer: Callable[..., torch.nn.Module] = BatchNorm) -> Evidence:
    """In evaluation a fresh batch is normalized by a running average, and not by the training set's own."""
    training_set = torch.randn(40, 16, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    by_class = torch.arange(4.0, dtype=torch.float64).repeat_interleave(10)  # sorted, ten batches a class
    training_set += by_class[:, None, None]
    latest, equal = layer(1).double(), layer(1, momentum=None).double()
    mean, var = 0.0, 1.0
    for batch in training_set:
        latest(batch), equal(batch)
        mean, var = (0.9 * old + 0.1 * new.item() for old, new in ((mean, batch.mean()), (var, batch.var())))
    averages = training_set.mean().item(), training_set.var(dim=(1, 2)).mean().item()
    whole = training_set.mean().item(), training_set.var(correction=0).item()
    by_latest, by_average, by_whole, by_itself = [], [], [], []
    for B in (1, 2, 9):  # even one sample has an output; a batch's own statistics play no part
        fresh = books(B, 1, seed=B)
        by_latest.append(gap(latest.eval()(fresh), _standard(fresh, mean, var)))
        by_average.append(gap(equal.eval()(fresh), _standard(fresh, *averages)))
        by_whole.append(min(gap(norm(fresh), _standard(fresh, *whole)) for norm in (latest, equal)))
        by_itself.append(gap(latest(fresh), _standard(fresh, fresh.mean(), fresh.var(correction=0))))
    return Evidence(
        max(by_latest + by_average) < SAME and min(by_whole + by_itself) > 0.1,
        f"40 class-sorted batches: training set's mean {number(whole[0])}, running mean {number(mean)}; its "
        f"variance {number(whole[1])}, average of the batches' {number(averages[1])}. In evaluation a fresh "
        f"batch is normalized by the running ones: difference {max(by_latest):.3f}, from the training set's "
        f"at least {min(by_whole):.3f}",
    )


def _standard(x: Tensor, mean: Tensor | float, var: Tensor | float) -> Tensor:
    return (x - mean) / (var + 1e-5) ** 0.5
