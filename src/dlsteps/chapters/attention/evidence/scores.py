"""From tokens to one output: queries, keys, scores, shares, and the sum of values (T07 to T10)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.attention.evidence.drawn import D_MODEL, TOKENS, attention_layer, normal
from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.nn.attention import MultiHeadSteps, attention_steps, safe_softmax, scaled_dot_product_attention

WIDTHS = (4, 16, 64, 256)


def recorded(layer: torch.nn.Module, x: Tensor) -> MultiHeadSteps:
    """All steps of a layer of attention."""
    return layer(x, record=True)


def t07(record: Callable[[torch.nn.Module, Tensor], MultiHeadSteps] = recorded) -> Evidence:
    """Queries, keys and values are affine in the token; every pair has a product, a token with itself too."""
    layer, x, other = attention_layer(1), normal(1, TOKENS, D_MODEL), normal(1, TOKENS, D_MODEL, seed=1)
    steps, far, middle = (record(layer, tokens) for tokens in (x, other, (x + other) / 2))
    bent = max(
        gap(half, (one + two) / 2)
        for half, one, two in zip(middle[2:5], steps[2:5], far[2:5], strict=True)  # q, k and v
    )
    products = steps.heads.products[0, 0]  # (T, T)
    by_hand = torch.stack([torch.stack([(q * k).sum() for k in steps.k[0, 0]]) for q in steps.q[0, 0]])
    off, lopsided = gap(products, by_hand), gap(products, products.T)
    own = products.diag().abs().min().item()
    return Evidence(
        max(bent, off) < SAME and lopsided > 0.5 and own > 1e-3,
        f"halfway between two sentences q, k and v are off halfway by {bent:.3f}; all {TOKENS}×{TOKENS} "
        f"pairs have a product, the {TOKENS} of a token with itself at least {own:.3f} in size; q₁·k₂ and "
        f"q₂·k₁ differ by up to {lopsided:.3f}",
    )


def unscaled(q: Tensor, k: Tensor) -> Tensor:
    """The products, as they are."""
    return attention_steps(q, k, k, scale=1.0).scores


def scaled(q: Tensor, k: Tensor) -> Tensor:
    """The products over the root of the width."""
    return attention_steps(q, k, k).scores


def gradient_through(scores: Tensor) -> float:
    """How much of a gradient the softmax lets through: the mean norm of its derivative, a query."""
    p = scores.softmax(-1)  # (T, S)
    derivative = torch.diag_embed(p) - p[:, :, None] * p[:, None, :]  # (T, S, S)
    return derivative.flatten(1).norm(dim=1).mean().item()


def t08(scores: Callable[[Tensor, Tensor], Tensor] = scaled) -> Evidence:
    """Products have variance d_k; over √d_k it is 1, and what the softmax lets through keeps its size."""
    spread, kept_spread, plain, kept = [], [], [], []
    for d_k in WIDTHS:
        q, k = normal(512, d_k, seed=d_k), normal(16, d_k, seed=d_k + 1)
        many = normal(500, d_k, seed=2), normal(500, d_k, seed=3)
        spread.append(unscaled(*many).var().item() / d_k)
        kept_spread.append(scores(*many).var().item())
        plain.append(gradient_through(unscaled(q, k)))
        kept.append(gradient_through(scores(q, k)))
    steady = max(kept) / min(kept)
    return Evidence(
        max(abs(s - 1) for s in spread + kept_spread) < 0.15 and steady < 1.5 < 2 < max(plain) / plain[-1],
        f"the variance of q·k is {min(spread):.2f} to {max(spread):.2f} times d_k, over √d_k it is "
        f"{min(kept_spread):.2f} to {max(kept_spread):.2f}; from d_k = {WIDTHS[0]} to "
        f"{WIDTHS[-1]} the softmax's derivative goes from {plain[0]:.3f} to {plain[-1]:.3f} without the "
        f"scale, and with it stays between {min(kept):.3f} and {max(kept):.3f}",
    )


def t09(softmax: Callable[[Tensor], Tensor] = safe_softmax) -> Evidence:
    """Shares are above 0 and sum to 1 where scores are finite and near each other; else they may be 0."""
    scores = 3 * normal(200, 7)
    shares = softmax(scores)
    off, least = (shares.sum(-1) - 1).abs().max().item(), shares.min().item()
    in_order = torch.equal(shares.argsort(-1), scores.argsort(-1))
    far_below = softmax(torch.tensor([[0.0, -800.0]]).double())[0, 1].item()
    one_masked = softmax(torch.tensor([[0.0, -torch.inf]]).double())[0].tolist()
    empty = softmax(torch.full((1, 3), -torch.inf).double()).abs().sum().item()
    return Evidence(
        off < SAME and least > 0 and in_order and far_below == 0 and one_masked == [1, 0] and empty == 0,
        f"200 rows of 7 scores: least share {least:.1e}, sums off 1 by {off:.3f}, order kept; a score 800 "
        f"below the largest has the share {far_below:.0f}, a masked one {one_masked[1]:.0f}, and a row with "
        f"nothing left sums to {empty:.0f}",
    )


def t10(attention: Callable[[Tensor, Tensor, Tensor], Tensor] = scaled_dot_product_attention) -> Evidence:
    """Each head's output is the sum of all values in the query's shares, added up one by one."""
    off, outside = 0.0, 0.0
    for seed in range(5):
        q, k, v = normal(4, 8, seed=seed), normal(6, 8, seed=seed + 10), normal(6, 3, seed=seed + 20)
        output = attention(q, k, v)
        for t in range(len(q)):
            e = torch.stack([((q[t] * k[s]).sum() / 8**0.5).exp() for s in range(len(k))])
            z = sum(e[s] / e.sum() * v[s] for s in range(len(v)))
            off = max(off, gap(output[t], z))
        beyond = torch.maximum(output - v.max(0).values, v.min(0).values - output)
        outside = max(outside, beyond.max().item())
    return Evidence(
        off < SAME and outside <= 0,
        f"20 queries with 6 values each, added up by hand: difference {off:.3f}; no number of an output is "
        f"outside the range of the 6 values it is a mean of",
    )
