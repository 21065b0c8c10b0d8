"""Weights and corrections: spectral norm, and what batch renormalization does not learn (N26, N27, N29)."""

from collections.abc import Callable
from itertools import pairwise
from math import inf
from statistics import fmean

import torch
from torch import Tensor, nn

from dlsteps.chapters.normalization.evidence.reference import by_page_number, stacks
from dlsteps.claims.evidence import Evidence, books, gap
from dlsteps.nn.normalization import BatchNorm, BatchRenorm, batch_renorm, power_iteration, spectral_norm


def n26(spectral_norm: Callable = spectral_norm) -> Evidence:
    """W over σ₁ once the power iteration has converged; after one iteration its norm is well above 1."""
    generator = torch.Generator().manual_seed(0)
    matrices = torch.randn(100, 32, 32, generator=generator, dtype=torch.float64)
    once = [_largest(spectral_norm(W, *_vectors(W, 1))) for W in matrices]
    off, converged = 0.0, 0.0
    for W in (*matrices[:5], books(1, 6, 8)[0], books(1, 20, 3)[0]):
        W_bar = spectral_norm(W, *_vectors(W, 3000))
        off = max(off, gap(W_bar, W / _largest(W)))
        converged = max(converged, abs(_largest(W_bar) - 1))
    return Evidence(
        off < 1e-6 and converged < 1e-6 and min(once) > 1 + 1e-3 and fmean(once) > 1.2,
        f"100 random 32×32 matrices come out with σ₁ = {fmean(once):.2f} on average after 1 power iteration, "
        f"{min(once):.2f} to {max(once):.2f}; converged, 1 and W/σ₁ to within {max(off, converged):.3f}",
    )


def n27(spectral_norm: Callable = spectral_norm) -> Evidence:
    """Each layer stretches nothing, so the gradient to the input is at most 1; to the weights it is not."""
    stretch, to_input, to_weight, without = [], [], [], []
    for sizes in ((8, 1), (8, 6, 1), (12, 12, 9, 1)):
        weights = [W for _, W in _network(sizes)]
        normalized = [spectral_norm(W, *_vectors(W, 3000)) for W in weights]
        stretch += [abs(_largest(W) - 1) for W in normalized]
        x = 100 * books(64, sizes[0])
        to_input.append(_steepest(normalized, x))
        without.append(_steepest(weights, x))
        to_weight.append(_weight_gradient(spectral_norm, weights, x))
    return Evidence(
        max(stretch) < 1e-6 and max(to_input) < 1 + 1e-6 and min(without) > 1 and min(to_weight) > 1,
        f"networks of 1 to 3 layers, each layer's σ₁ within {max(stretch):.3f} of 1: longest gradient with "
        f"respect to the input {max(to_input):.3f} with, {max(without):.3f} without; with respect to a "
        f"weight, on inputs times 100, {max(to_weight):.3f} with",
    )


def _network(sizes: tuple[int, ...]) -> list[tuple[int, Tensor]]:
    pairs = pairwise(sizes)
    return [(k, books(1, out, inp, seed=k)[0]) for k, (inp, out) in enumerate(pairs)]


def _score(weights: list[Tensor], x: Tensor) -> Tensor:
    for W in weights[:-1]:
        x = torch.relu(x @ W.T)
    return (x @ weights[-1].T).sum()


def _steepest(weights: list[Tensor], x: Tensor) -> float:
    """The longest gradient of the network's output with respect to any of the inputs (B, features)."""
    x = x.clone().requires_grad_()
    return torch.autograd.grad(_score(weights, x), x)[0].norm(dim=1).max().item()


def _weight_gradient(spectral_norm: Callable, weights: list[Tensor], x: Tensor) -> float:
    """The length of the gradient with respect to the first weight, a sample, through its normalization."""
    first, *others = [W.clone().requires_grad_() for W in weights]
    normalized = [spectral_norm(W, *_vectors(W.detach(), 3000)) for W in (first, *others)]
    return torch.autograd.grad(_score(normalized, x), first)[0].norm().item() / len(x)


def n29(layer: Callable[..., nn.Module] = BatchRenorm, batch_renorm: Callable = batch_renorm) -> Evidence:
    """r and d are computed, clipped, and constants for the gradient; γ and β are all that is learned."""
    outputs, gradients, learned = [], [], []
    for k, x in enumerate(stacks()):
        C = x.shape[1]
        state = books(2, C, seed=1).abs().unbind()
        for r_max, d_max in ((inf, inf), (1.5, 0.5), (1.0, 0.0)):  # unlimited, clipped, plain BN
            limits = {"r_max": r_max, "d_max": d_max}
            ours, by_hand = (x.clone().requires_grad_() for _ in range(2))
            y = batch_renorm(ours, *(s.clone() for s in state), training=True, **limits)
            expected = _renormalized(by_hand, *state, r_max, d_max)
            outputs.append(gap(y, expected))
            to_ours, to_by_hand = (
                torch.autograd.grad((out * books(*x.shape, seed=k)).sum(), into)[0]
                for out, into in ((y, ours), (expected, by_hand))
            )
            gradients.append(gap(to_ours, to_by_hand))
        evaluated = batch_renorm(x, *state, training=False)
        unlimited = batch_renorm(x, *(s.clone() for s in state), training=True, r_max=inf, d_max=inf)
        outputs.append(gap(evaluated, unlimited))
        learned.append(_learns_scale_and_shift(layer(C).double(), x))
    return Evidence(
        max(outputs + gradients) < 1e-7 and all(learned),
        f"{len(learned)} stacks, with no limit on r and d, clipped, and with r = 1, d = 0: difference from "
        f"the formula with constant r and d {max(outputs):.3f}, in gradient {max(gradients):.3f}; what is "
        f"learned are the 2 numbers a channel of BN",
    )


def _renormalized(x: Tensor, mean: Tensor, std: Tensor, r_max: float, d_max: float) -> Tensor:
    """Batch renormalization as its paper writes it, for x (N, C, H, W)."""
    C = x.shape[1]
    with torch.no_grad():
        mu_B = x.mean((0, 2, 3))
        sigma_B = (x.var((0, 2, 3), correction=0) + 1e-5).sqrt()
        r = (sigma_B / std).clamp(1 / r_max, r_max).view(C, 1, 1)
        d = ((mu_B - mean) / std).clamp(-d_max, d_max).view(C, 1, 1)
    return by_page_number(x) * r + d


def _learns_scale_and_shift(layer: nn.Module, x: Tensor) -> bool:
    """Whether a layer has BN's parameters and no others, and they scale and shift what it gives."""
    shapes = {name: tuple(p.shape) for name, p in layer.named_parameters()}
    if shapes != {name: tuple(p.shape) for name, p in BatchNorm(x.shape[1]).named_parameters()}:
        return False
    plain = layer(x)
    gamma, beta = books(2, x.shape[1], seed=2)
    with torch.no_grad():
        layer.weight.copy_(gamma), layer.bias.copy_(beta)
    if hasattr(layer, "num_batches_tracked"):
        layer.num_batches_tracked.zero_()
    return gap(layer(x), gamma.view(-1, 1, 1) * plain + beta.view(-1, 1, 1)) < 1e-7


def _vectors(W: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    h, w = W.shape
    return power_iteration(W, W.new_ones(h) / h**0.5, W.new_ones(w) / w**0.5, steps)


def _largest(W: Tensor) -> float:
    return torch.linalg.svdvals(W)[0].item()
