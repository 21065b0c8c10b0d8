"""Masks: nothing leaks from the future, and what a large negative number does in place of −∞ (T14, T16)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.chapters.attention.evidence.drawn import TOKENS, normal
from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.nn.attention import attention_steps, causal_mask, scaled_dot_product_attention

LARGE = -1e9  # the number that programs write in place of minus infinity


def t14(attention: Callable[..., Tensor] = scaled_dot_product_attention) -> Evidence:
    """With −∞ before the softmax no output depends on a later token at all; each depends on all before."""
    inputs = [normal(TOKENS, 4, seed=k).requires_grad_() for k in range(3)]
    q, k, v = inputs
    output = attention(q, k, v, mask=causal_mask(TOKENS))
    future, past = [], []
    for t in range(TOKENS):
        slopes = torch.autograd.grad(output[t].square().sum(), (k, v), retain_graph=True)
        future += [slope[t + 1 :].abs().max().item() for slope in slopes if t + 1 < TOKENS]
        past.append(slopes[1][: t + 1].abs().amax(1).min().item())
    sums = gap(attention(q, k, torch.ones_like(v), mask=causal_mask(TOKENS)), torch.ones_like(v))
    return Evidence(
        max(future) == 0 and min(past) > 0 and sums < SAME,
        f"{TOKENS} tokens: the largest derivative of an output with respect to a later key or value is "
        f"{max(future):.0f}, exactly; the shares of what is left sum to 1, off by {sums:.3f}",
    )


def minus_infinity(q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
    """The shares of attention, (T, S), with −∞ where the mask is False."""
    return attention_steps(q, k, k, mask).weights


def large_number(q: Tensor, k: Tensor, mask: Tensor) -> Tensor:
    """The same with a large negative number added."""
    return attention_steps(q, k, k, bias=torch.where(mask, 0.0, LARGE).to(q.dtype)).weights


def t16(
    infinite: Callable[[Tensor, Tensor, Tensor], Tensor] = minus_infinity,
    large: Callable[[Tensor, Tensor, Tensor], Tensor] = large_number,
) -> Evidence:
    """Both hide padding; they part where nothing but padding is left, and in float16."""
    q, k = normal(3, 4), normal(5, 4, seed=1)
    some, none = torch.arange(5).expand(3, 5) < 2, torch.zeros(3, 5, dtype=torch.bool)
    apart = gap(infinite(q, k, some), large(q, k, some))
    hidden = infinite(q, k, some)[:, 2:].abs().max().item()
    left_over = infinite(q, k, none).sum(-1).abs().max().item()
    to_padding = large(q, k, none).sum(-1).mean().item()
    in_half = torch.tensor(LARGE).half().item()
    return Evidence(
        apart < SAME
        and hidden == 0
        and left_over == 0
        and abs(to_padding - 1) < SAME
        and in_half == -torch.inf,
        f"two real keys of five: the shares differ by {apart:.3f}, those of padding are {hidden:.0f}; with "
        f"padding alone −∞ leaves shares that sum to {left_over:.0f} here, {LARGE:.0e} gives padding "
        f"{to_padding:.3f} of the attention; float16 ends at {torch.finfo(torch.float16).min:.0f} and cannot "
        f"hold it",
    )
