"""The questions of the chapter on attention: right answers are computed by the functions that it teaches."""

from __future__ import annotations

from math import sqrt

import numpy as np
import torch

from dlsteps.nn.attention import (
    MultiHeadAttention,
    attention_steps,
    causal_mask,
    combine_masks,
    padding_mask,
    safe_softmax,
    scaled_dot_product_attention,
)
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz

Q = torch.tensor([[2.0, 0.0, 1.0, 1.0]], dtype=torch.float64)
K = torch.tensor([[3.0, 5.0, 1.0, 1.0], [0.0, 4.0, 0.0, 2.0]], dtype=torch.float64)
V = torch.tensor([[1.0], [9.0]], dtype=torch.float64)


def one_score() -> Enter:
    """The scaled score of a query with a key."""
    steps = attention_steps(Q, K, V)
    product, score = steps.products[0, 0].item(), steps.scores[0, 0].item()
    d_k = Q.shape[1]
    return Enter(
        name="one-score",
        asks="A query is (2, 0, 1, 1), a key is (3, 5, 1, 1). What is their score, before the softmax?",
        right=score,
        mistakes=[
            Mistake(product, "That is the product. It is still divided by √d_k.", "#attention:step=scale"),
            Mistake(product / d_k, "That is divided by d_k. The spread of the products is its root."),
        ],
        why=f"The product is {product:.0f}, and √{d_k} is {sqrt(d_k):.0f}.",
    )


def spread() -> Choose:
    """The spread of the products of wide vectors."""
    widths = (1, 16, 256)
    right = int(sqrt(widths[-1]))
    says = {
        1: "That is the spread of one number. A product adds up 256 products of two such numbers.",
        256: "That is the variance: 256 independent terms of variance 1. The spread is its root.",
    }
    return Choose(
        name="spread",
        asks="Queries and keys have 256 numbers each, all independent with mean 0 and standard deviation 1. "
        "What is the standard deviation of a product q · k?",
        answers=[Answer(str(n), right=n == right, says=says.get(n, "")) for n in widths],
        why="Variances of independent terms add up, to 256. So the products are divided by √256.",
    )


def may_attend() -> Pick:
    """The keys that a query of a decoder may attend to."""
    T, real, query = 6, 5, 3
    causal, padding = causal_mask(T), padding_mask(torch.tensor([real]), T)[0, 0].expand(T, T)
    both = combine_masks(causal, padding)

    def row(mask: torch.Tensor) -> list[int]:
        return [query * T + s for s in np.flatnonzero(mask[query].numpy()).tolist()]

    strict = row(causal.tril(-1))
    return Pick(
        name="may-attend",
        asks=f"A decoder reads {T} tokens, the last of which is padding. Rows are queries, columns keys. "
        f"Pick every cell of row {query} that the two masks leave. One is picked.",
        panel=Matrix(
            title="query by key",
            note="the numbers are those of the keys",
            values=torch.arange(T).expand(T, T),
            rows=[f"query {t}" for t in range(T)],
            columns=[str(s) for s in range(T)],
            digits=0,
        ),
        axes=("query", "key"),
        given=[query * T],
        right=row(both),
        mistakes=[
            Mistake(row(padding), "That is the padding mask alone. A decoder may not look ahead."),
            Mistake(strict, "A token may attend to itself too: s ≤ t.", "#attention:step=mask&kept=causal"),
            Mistake(row(torch.ones(T, T).bool()), "That is no mask at all.", "#attention:step=mask"),
        ],
        why=f"Keys 0 to {query}: those before it, and itself. The padding lies behind them.",
    )


def reordered() -> Choose:
    """What happens to the outputs of reordered tokens."""
    layer = MultiHeadAttention(4, 2).double()
    x = torch.eye(4, dtype=torch.float64)[None]
    order = [2, 0, 3, 1]
    with torch.no_grad():
        moved = torch.allclose(layer(x[:, order]), layer(x)[:, order])
    return Choose(
        name="reordered",
        asks="A sentence goes through self-attention without a mask and without positions. Then the same "
        "words in another order. How do the outputs differ?",
        answers=[
            Answer("each word has the same output as before, at its new place", right=moved),
            Answer(
                "each place has the same output as before",
                says="A place has no number of its own here. The output belongs to the word.",
            ),
            Answer(
                "all outputs are new",
                right=not moved,
                says="Each query meets the same keys and values, and a sum does not mind their order.",
            ),
        ],
        why="The layer cannot tell the two sentences apart, but for where each output stands.",
    )


def head_reads() -> Choose:
    """How many numbers of a token one head reads."""
    d_model, heads = 512, 8
    return Choose(
        name="head-reads",
        asks=f"d_model is {d_model}, and there are {heads} heads. Of how many numbers of a token does one "
        "head's query depend?",
        answers=[
            Answer(
                str(d_model // heads),
                says="That is how wide the query is. Each of its numbers is a sum over the whole vector.",
            ),
            Answer(str(d_model), right=True),
            Answer(str(heads), says="That is the number of heads."),
        ],
        why=f"Each head has {d_model // heads} × {d_model} of W_Q to itself, and they meet the whole vector.",
    )


def symmetric() -> Choose:
    """Whether the scores are symmetric."""
    return Choose(
        name="symmetric",
        asks="In self-attention “forty” scores 3 with “two”. What does “two” score with “forty”?",
        answers=[
            Answer(
                "3 too", says="A product of two vectors does not mind their order. But here they are others."
            ),
            Answer("−3", says="Nothing ties the two scores to each other."),
            Answer("it can be any number", right=True),
        ],
        why="One is q of forty with k of two, the other q of two with k of forty: four different vectors.",
    )


def far_apart() -> Enter:
    """The output where one key scores far more."""
    scores = torch.tensor([[0.0, 100.0]], dtype=torch.float64)
    right = (safe_softmax(scores) @ V).item()
    return Enter(
        name="far-apart",
        asks="A query has the scores 0 and 100 with two keys, whose values are 1 and 9. What is the output?",
        right=round(right),
        mistakes=[
            Mistake(V.mean().item(), "That is with equal shares. The scores are far from equal."),
            Mistake(900, "That is the score times the value. Scores become shares first."),
            Mistake(V.sum().item(), "The shares sum to 1, so the output lies between the values."),
        ],
        why="The share of the second key is 1 but for e⁻¹⁰⁰. A softmax so sure has almost no gradient.",
    )


def leaks() -> ChooseAll:
    """Which ways to mask let the future through."""
    q, k, v = (torch.linspace(-1, 1, 12, dtype=torch.float64).reshape(4, 3).roll(n, 0) for n in range(3))
    mask = causal_mask(4)
    scores = attention_steps(q, k, v).scores
    ways = {
        "−∞ into the scores, before the softmax": lambda v: scaled_dot_product_attention(q, k, v, mask),
        "0 into the scores, before the softmax": lambda v: (scores * mask).softmax(-1) @ v,
        "nothing in training, as later tokens are known": lambda v: scores.softmax(-1) @ v,
    }
    says = {next(iter(ways)): "e to the power of −∞ is exactly 0: neither value nor gradient comes through."}
    return ChooseAll(
        name="leaks",
        asks="Which of these let the output of token 0 depend on the *value* of token 3?",
        answers=[
            Answer(name, right=_depends(attend, v), says=says.get(name, "")) for name, attend in ways.items()
        ],
        why="A score of 0 still has a share, as e⁰ is 1. And what training may see, a model learns to copy.",
    )


def _depends(attend, v: torch.Tensor) -> bool:
    """Whether output 0 changes with the last value."""
    other = v.clone()
    other[-1] += 1
    return not torch.equal(attend(v)[0], attend(other)[0])


def check_yourself() -> Quiz:
    """Six questions on what the page promised."""
    return Quiz(
        symmetric(), far_apart(), may_attend(), leaks(), head_reads(), reordered(), title="Check yourself"
    )
