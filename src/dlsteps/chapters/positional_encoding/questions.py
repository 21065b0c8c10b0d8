"""The questions of the chapter on positions: the layers say which answers are right."""

from __future__ import annotations

import torch

from dlsteps.chapters.positional_encoding.kinds import drawn, score
from dlsteps.nn.attention import causal_mask, scaled_dot_product_attention
from dlsteps.nn.positional import (
    LearnedEncoding,
    alibi_bias,
    alibi_slopes,
    angles,
    rotate,
    shift_matrix,
    sinusoidal_encoding,
)
from dlsteps.stage import Answer, Choose, ChooseAll, Enter, Matrix, Mistake, Pick, Quiz


def two_orders() -> Choose:
    """Whether attention tells two orders of the same words apart."""
    x, order = drawn(3, 4), [2, 1, 0]  # dog bites man; man bites dog
    out = scaled_dot_product_attention(x, x, x)
    differs = not torch.allclose(scaled_dot_product_attention(x[order], x[order], x[order]), out[order])
    return Choose(
        name="two-orders",
        asks="“Dog bites man” and “man bites dog” go through self-attention without positions and without a "
        "mask. What differs in what comes out for “dog”?",
        answers=[
            Answer("nothing", right=not differs),
            Answer("everything, as the neighbors differ", right=differs,
                   says="The sum over the keys does not mind their order, and “dog” has the same three."),
        ],
        why="The same three keys and values give the same sum, in any order.",
    )  # fmt: skip


def as_a_share() -> Enter:
    """How far neighbors lie apart where a position is a share of the length."""
    right = (torch.arange(1000, dtype=torch.float64) / 1000).diff()[0].item()
    return Enter(
        name="as-a-share",
        asks="Say each position by one number from 0 to 1: p over the length T. In a sentence of 10 tokens "
        "neighbors then differ by 0.1. By how much in a text of 1,000?",
        right=right,
        within=1e-6,
        mistakes=[
            Mistake(0.1, "There are a thousand steps from 0 to 1 now."),
            Mistake(1, "That is for p itself, which grows without bound."),
        ],
        why="“One further” would be another number in every text. A model could not learn what it means.",
    )


def slowest() -> Enter:
    """How long the slowest clock takes for a turn."""
    d = 8
    speed = angles(torch.tensor([1]), d)[0, -1].item()
    right = round(2 * torch.pi / speed)
    return Enter(
        name="slowest",
        asks=f"With d = {d} there are four clocks, and the last turns by 0.001 radians a token. After how "
        "many tokens is its hand where it began? Give it to the nearest thousand.",
        right=right,
        within=500,
        mistakes=[
            Mistake(1000, "After 1,000 tokens it has turned by 1 radian. A full turn is 2π."),
            Mistake(10_000, "That is the base. The last clock is a little faster than it."),
        ],
        unit="tokens",
        why="2π / 0.001 is 6,283. Until then no two positions look alike on this clock.",
    )


def same_matrix() -> Choose:
    """Whether the matrix that moves on depends on the place."""
    M = shift_matrix(3, 8)
    here, there = (sinusoidal_encoding(torch.tensor([0, 50]) + by, 8) for by in (0, 3))
    same = torch.allclose(here @ M.T, there)
    return Choose(
        name="same-matrix",
        asks="A matrix makes PE(3) of PE(0). What does it make of PE(50)?",
        answers=[
            Answer("PE(53)", right=same),
            Answer("something else; each place needs its own", right=not same,
                   says="Each clock turns by the same angle in three steps, wherever its hand stands.",
                   see="#positions:step=move%20on"),
        ],
        why="Turning a hand by ω · 3 is the same turn at every position.",
    )  # fmt: skip


def same_score() -> Pick:
    """Which scores are alike for a query and a key that are turned."""
    T = 5
    q, k = (rotate(drawn(4, seed=seed).expand(T, 4), torch.arange(T)) for seed in (1, 2))
    scores = q @ k.T
    at = 1 * T + 2
    right = (scores - scores.flatten()[at]).abs().flatten() < 1e-9
    cells = right.nonzero().flatten().tolist()
    mirrored = [t * T + s for t in range(T) for s in range(T) if abs(t - s) == 1]
    return Pick(
        name="same-score",
        asks="The same word stands at five positions, and rotary positions turn its query and its key. "
        "Rows are queries, columns keys. Pick all pairs with the score of query 1 and key 2, which is "
        "picked.",
        panel=Matrix(title="distance s − t", values=torch.arange(T) - torch.arange(T)[:, None],
                     rows=[f"query {t}" for t in range(T)], columns=[str(s) for s in range(T)], digits=0),
        axes=("query", "key"),
        given=[at],
        right=cells,
        mistakes=[
            Mistake(mirrored, "One back is not one ahead: a turn the other way gives another product.",
                    "#positions:step=distance&kind=rotary"),
            Mistake(range(T, 2 * T), "These share the query, but not the distance."),
        ],
        why="The score depends on s − t alone: all pairs on this diagonal.",
    )  # fmt: skip


def beyond_the_end() -> Choose:
    """What a learned table does beyond its last row."""
    try:
        LearnedEncoding(4, 10)(torch.zeros(1, 11, 4))
        raises = False
    except ValueError:
        raises = True
    return Choose(
        name="beyond-the-end",
        asks="A model has a learned table of 512 positions. A text of 600 tokens comes. What happens?",
        answers=[
            Answer("it stops with an error", right=raises),
            Answer("positions from 512 on count as 511", right=not raises,
                   says="There is no such rule, neither here nor in torch's embedding."),
            Answer("it works, a little worse",
                   says="That can be so for sines and cosines, which have a value everywhere."),
        ],
        why="Row 512 does not exist. And rows that training hardly reached hardly moved.",
    )  # fmt: skip


def check_yourself() -> Quiz:
    """Eight questions on what the page promised."""
    return Quiz(
        two_orders(), at_zero(), keeps_length(), which_sees(), slope(), causal(), layout(), sum_of_both(),
        title="Check yourself",
    )  # fmt: skip


def at_zero() -> Enter:
    """What the encoding of position 0 adds up to."""
    right = sinusoidal_encoding(torch.tensor([0]), 8).sum().item()
    return Enter(
        name="at-zero",
        asks="What do the eight numbers of PE(0), with d = 8, add up to?",
        right=right,
        within=1e-6,
        mistakes=[
            Mistake(0, "The sines are 0 there. The cosines are not."),
            Mistake(8, "Only every second number is a cosine."),
        ],
        why="Four sines of 0, and four cosines, each 1.",
    )


def keeps_length() -> Choose:
    """Whether a rotation keeps a query's length."""
    q = drawn(5, 8)
    kept = torch.allclose(rotate(q, torch.arange(5) * 100).norm(dim=1), q.norm(dim=1))
    return Choose(
        name="keeps-length",
        asks="A query is turned for position 400. How does its length change?",
        answers=[
            Answer("not at all", right=kept),
            Answer("it grows with the position", right=not kept,
                   says="The angle grows. A turn changes no length."),
        ],
        why="Each pair is turned by an angle, which keeps its length.",
    )  # fmt: skip


def which_sees() -> ChooseAll:
    """Which kinds give the same score wherever two tokens stand."""
    t = torch.tensor([0, 30])
    alike = {kind: bool((s := score(kind, t, t + 4, 8))[0].isclose(s[1])) for kind in
             ("sinusoidal", "learned", "rotary", "ALiBi")}  # fmt: skip
    says = {
        "sinusoidal": "The product of two encodings does, but the score has the tokens in it too.",
        "learned": "Each row of a table is its own.",
    }
    return ChooseAll(
        name="which-sees",
        asks="The same two words stand four apart, once at the beginning and once thirty tokens later. "
        "With which positions do they have the same score in the first layer?",
        answers=[Answer(kind, right=same, says="" if same else says[kind]) for kind, same in alike.items()],
        why="Rotary positions and ALiBi see the distance alone.",
    )


def slope() -> Enter:
    """What ALiBi takes from a score."""
    m = alibi_slopes(8)[0].item()
    right = alibi_bias(8, 11)[0, 0, 10, 0].item()
    return Enter(
        name="slope",
        asks=f"The first of 8 heads has the slope {m:g}. What does ALiBi add to the score of a query with "
        "the key ten tokens back?",
        right=right,
        within=1e-6,
        mistakes=[
            Mistake(-right, "It takes away; a far key should count for less."),
            Mistake(-m, "That is for one token of distance."),
        ],
        why="−0.5 · 10. Before the softmax that multiplies the share by e to the power −5.",
    )


def causal() -> Choose:
    """Whether a causal mask tells orders apart."""
    x, order = drawn(4, 4), [2, 0, 1, 3]
    full, mixed = (scaled_dot_product_attention(y, y, y, causal_mask(4)) for y in (x, x[order]))
    differs = not torch.allclose(mixed, full[order])
    return Choose(
        name="causal",
        asks="A decoder has a causal mask and no positions at all. Can one layer give another output for a "
        "word when the words before it change places with it?",
        answers=[
            Answer("yes", right=differs),
            Answer("no, attention ignores order", right=not differs,
                   says="The mask does not: a word later in the row sees more keys."),
        ],
        why="Who stands later sees more. So the mask tells something of the order, though not distances.",
    )  # fmt: skip


def layout() -> Choose:
    """Whether two layouts of pairs fit each other."""
    q, k, p = drawn(3, 8, seed=1), drawn(3, 8, seed=2), torch.arange(3)
    ours, theirs = ((rotate(q, p, layout=a) * rotate(k, p.flip(0), layout=a)).sum() for a in
                    ("interleaved", "concatenated"))  # fmt: skip
    fits = bool(ours.isclose(theirs))
    return Choose(
        name="layout",
        asks="A model was trained with neighbors as pairs, (0, 1), (2, 3), …. A program turns (0, 4), (1, "
        "5), … What happens to its scores?",
        answers=[
            Answer("nothing, a pair is a pair", right=fits,
                   says="Only if the weights are put in the other order, too."),
            Answer("they are other scores, without an error", right=not fits),
        ],
        why="The shapes fit. Only the numbers tell.",
    )  # fmt: skip


def sum_of_both() -> Choose:
    """How many products a score has once token and encoding are added."""
    return Choose(
        name="sum-of-both",
        asks="Token x stands at t, token y at s, and encodings are added. Of how many products of two "
        "vectors is their score the sum?",
        answers=[
            Answer("2: tokens with tokens, encodings with encodings",
                   says="A query is made of the sum, and so is a key: each part meets each."),
            Answer("4: tokens and encodings, each with each", right=True),
            Answer("1", says="It is one product of two sums. Multiplied out, it is more."),
        ],
        why="(x + e) · (y + e′) = x·y + x·e′ + e·y + e·e′, each through the matrices of query and key.",
    )  # fmt: skip
