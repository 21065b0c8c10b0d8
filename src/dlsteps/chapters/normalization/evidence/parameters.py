"""Weights and corrections: spectral norm, and what batch renormalization does not learn (N26, N27, N29)."""

from collections.abc import Callable
from math import inf

import torch
from torch import Tensor, nn

from dlsteps.claims.evidence import SAME, Evidence, books, gap
from dlsteps.nn.normalization import BatchNorm, BatchRenorm, batch_renorm, power_iteration, spectral_norm


def n26(spectral_norm: Callable = spectral_norm) -> Evidence:
    """By its singular values: a little above 1 after one power iteration, 1 when it has converged."""
    W = books(1, 6, 8)[0]
    one, many = (_largest(spectral_norm(W, *_vectors(W, steps))) for steps in (1, 500))
    return Evidence(
        one > 1 + 1e-3 and abs(many - 1) < SAME,
        f"a 6×8 matrix with σ₁ = {_largest(W):.3f} comes out with {one:.3f} after 1 power iteration, "
        f"{many:.3f} after 500",
    )


def n27(spectral_norm: Callable = spectral_norm) -> Evidence:
    """The gradient with respect to the input is at most 1 long; to the weights it may be any length."""
    lengths = {}
    for name, norm in {"with": spectral_norm, "without": lambda W, u, v: W}.items():
        x = (100 * books(64, 8)).requires_grad_()
        hidden, out = books(1, 6, 8)[0].requires_grad_(), books(1, 1, 6)[0]
        features = torch.relu(x @ norm(hidden, *_vectors(hidden.detach(), 500)).T)
        score = features @ norm(out, *_vectors(out, 500)).T
        to_x, to_hidden = torch.autograd.grad(score.sum(), (x, hidden))
        lengths[name] = to_x.norm(dim=1).max().item(), to_hidden.norm().item() / len(x)
    (to_x, to_weight), (to_x_without, _) = lengths["with"], lengths["without"]
    return Evidence(
        to_x < 1 + SAME and to_x_without > 1 and to_weight > 1,
        f"longest gradient with respect to the input {to_x:.3f} with, {to_x_without:.3f} without; with "
        f"respect to a weight, on inputs times 100, {to_weight:.3f} with",
    )


def n29(layer: Callable[[int], nn.Module] = BatchRenorm, batch_renorm: Callable = batch_renorm) -> Evidence:
    """It learns what BN learns; and without clipping it gives in training what it gives after."""
    learned = sum(p.numel() for p in layer(4).parameters())
    by_batch_norm = sum(p.numel() for p in BatchNorm(4).parameters())
    x = books(6, 4, 3, 3)
    mean, std = books(2, 4, seed=1).abs()
    trained = batch_renorm(x, mean.clone(), std.clone(), training=True, r_max=inf, d_max=inf)
    difference = gap(trained, batch_renorm(x, mean, std, training=False))
    return Evidence(
        learned == by_batch_norm == 2 * 4 and difference < SAME,
        f"4 channels: {learned} learned numbers, BN {by_batch_norm}; with no limit on r and d, training and "
        f"evaluation differ by {difference:.3f}",
    )


def _vectors(W: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    h, w = W.shape
    return power_iteration(W, W.new_ones(h) / h**0.5, W.new_ones(w) / w**0.5, steps)


def _largest(W: Tensor) -> float:
    return torch.linalg.svdvals(W)[0].item()
