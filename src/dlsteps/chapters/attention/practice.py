"""Attention and its heads to write oneself, and the mistakes that are made in them."""

from collections.abc import Callable
from math import sqrt

import torch
from torch import Tensor

from dlsteps.nn.attention import causal_mask, padding_mask, scaled_dot_product_attention, split_heads
from dlsteps.practice import Case, Draws, Exercise, Mistake

__all__ = ["EXERCISES"]


def attend(
    scale: Callable[[Tensor, Tensor, Tensor], float] = lambda q, k, v: sqrt(q.shape[-1]),
    mask_scores: Callable[[Tensor, Tensor], Tensor] = lambda scores, mask: scores.masked_fill(
        ~mask, -torch.inf
    ),
    mask_weights: Callable[[Tensor, Tensor], Tensor] = lambda weights, mask: weights,
    axis: int = -1,
) -> Callable:
    """Attention, with what a mistake may be made in as arguments."""

    def wrong(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
        scores = q @ k.mT / scale(q, k, v)
        if mask is not None:
            scores = mask_scores(scores, mask)
        weights = scores.softmax(axis)
        return (weights if mask is None else mask_weights(weights, mask)) @ v

    return wrong


def attention_cases() -> list[Case]:
    """One sentence and several, in heads, without a mask and with one; each query may attend to something."""
    draw = Draws(31)

    def case(
        *batch: int,
        T: int,
        S: int,
        d_k: int,
        d_v: int,
        note: str = "",
        mask: Tensor | None = None,
        **drawn: object,
    ) -> Case:
        shapes = {"q": (T, d_k), "k": (S, d_k), "v": (S, d_v)}
        arguments = {name: draw.normal(*batch, *shape, **drawn) for name, shape in shapes.items()}
        return Case(arguments | ({} if mask is None else {"mask": mask}), note)

    padding = padding_mask(torch.tensor([3, 2]), 3)
    return [
        case(T=2, S=3, d_k=2, d_v=2),
        case(2, T=3, S=2, d_k=4, d_v=3),
        case(2, T=3, S=3, d_k=4, d_v=2, mask=causal_mask(3), note="a causal mask"),
        case(2, 2, T=2, S=3, d_k=3, d_v=2, mask=padding, note="a padding mask"),
        case(1, 2, T=4, S=4, d_k=4, d_v=4, mask=causal_mask(4), note="a causal mask"),
        case(2, T=2, S=4, d_k=9, d_v=3, std=4, note="a spread of 4"),
        case(2, T=3, S=3, d_k=4, d_v=4, dtype=torch.float32, note="float32"),
    ]


ATTENTION = Exercise(
    name="attention",
    right=scaled_dot_product_attention,
    cases=attention_cases,
    mistakes=(
        Mistake(
            "√d_k forgotten",
            "The product of two vectors of d_k numbers has d_k times the variance of one. Divide the "
            "scores by "
            "√d_k, or the softmax saturates.",
            attend(scale=lambda q, k, v: 1),
            section="attention#divide-by-the-root-of-the-width",
        ),
        Mistake(
            "d_k in the place of √d_k",
            "The standard deviation of the scores is √d_k, not d_k. Divided by d_k they come too close "
            "together.",
            attend(scale=lambda q, k, v: q.shape[-1]),
            section="attention#divide-by-the-root-of-the-width",
        ),
        Mistake(
            "√d_v in the place of √d_k",
            "The products are of queries and keys, so it is their width that counts: the last axis of q.",
            attend(scale=lambda q, k, v: sqrt(v.shape[-1])),
            section="attention#divide-by-the-root-of-the-width",
        ),
        Mistake(
            "softmax over queries",
            "Each query's shares sum to 1: the softmax goes over the keys, the last axis of the scores.",
            attend(axis=-2),
            section="attention#shares-of-a-row-and-the-sum-of-values",
        ),
        Mistake(
            "mask inverted",
            "True means: may attend. Fill with −∞ where the mask is False: scores.masked_fill(~mask, "
            "-torch.inf).",
            attend(mask_scores=lambda scores, mask: scores.masked_fill(mask, -torch.inf)),
            section="attention#what-a-mask-takes-away",
        ),
        Mistake(
            "masked after the softmax",
            "What is masked must not take a share first: put −∞ into the scores, before the softmax, and "
            "the rest "
            "sums to 1.",
            attend(
                mask_scores=lambda scores, mask: scores, mask_weights=lambda weights, mask: weights * mask
            ),
            section="attention#what-a-mask-takes-away",
        ),
        Mistake(
            "scores set to 0",
            "A score of 0 still has a share: e⁰ is 1. Put −∞ where the mask is False.",
            attend(mask_scores=lambda scores, mask: scores * mask),
            section="attention#what-a-mask-takes-away",
        ),
        Mistake(
            "mask added as 0 and 1",
            "True and False are added as 1 and 0 here, and nothing is ruled out. Put −∞ where the mask is "
            "False.",
            attend(mask_scores=lambda scores, mask: scores + mask),
            section="attention#what-a-mask-takes-away",
        ),
        Mistake(
            "mask forgotten",
            "Where the mask is False a query may not attend. Put −∞ into these scores before the softmax.",
            attend(mask_scores=lambda scores, mask: scores),
            section="attention#what-a-mask-takes-away",
        ),
    ),
)


def split_cases() -> list[Case]:
    """Tokens, cut into heads."""
    draw = Draws(32)
    return [
        Case({"x": draw.normal(1, 2, 4), "num_heads": 2}),
        Case({"x": draw.normal(2, 3, 4), "num_heads": 2}),
        Case({"x": draw.normal(2, 3, 6), "num_heads": 3}),
        Case({"x": draw.normal(2, 2, 8), "num_heads": 2}),
        Case({"x": draw.normal(3, 2, 4), "num_heads": 4}),
        Case({"x": draw.normal(2, 5, 6, dtype=torch.float32), "num_heads": 2}, "float32"),
    ]


SPLIT_HEADS = Exercise(
    name="split_heads",
    right=split_heads,
    cases=split_cases,
    mistakes=(
        Mistake(
            "heads split by reshape alone",
            "Split the last axis into (h, d), then move h before T. Reshaped at once to (B, h, T, d), a "
            "head gets "
            "other tokens' numbers.",
            lambda x, num_heads: x.reshape(len(x), num_heads, x.shape[1], -1),
            section="attention#several-heads",
        ),
        Mistake(
            "every h-th number in a head",
            "A head's numbers are neighbors: split the last axis into (h, d), not into (d, h).",
            lambda x, num_heads: x.unflatten(-1, (-1, num_heads)).permute(0, 3, 1, 2),
            section="attention#several-heads",
        ),
        Mistake(
            "heads after the tokens",
            "The heads belong before the tokens, (B, h, T, d), so that each head is a batch of its own.",
            lambda x, num_heads: x.unflatten(-1, (num_heads, -1)),
            section="attention#several-heads",
        ),
        Mistake(
            "num_heads taken for the width of a head",
            "num_heads says how many heads there are. Each is d_model/num_heads wide.",
            lambda x, num_heads: x.unflatten(-1, (-1, num_heads)).transpose(1, 2),
            section="attention#several-heads",
        ),
    ),
)

EXERCISES = (ATTENTION, SPLIT_HEADS)
