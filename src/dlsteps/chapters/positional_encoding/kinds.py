"""Four ways to say where a token stands: what each writes, turns or takes away, and a score of two tokens."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from dlsteps.nn.positional import (
    LearnedEncoding,
    alibi_slopes,
    angles,
    rotate,
    shift_matrix,
    sinusoidal_encoding,
)

KINDS = ("sinusoidal", "learned", "rotary", "ALiBi")
ADDED = ("sinusoidal", "learned")  # these are added to a token's vector
HEADS = 4
ROWS = 512  # of the learned table


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@functools.cache
def table(d: int) -> Tensor:
    """A learned table before training, drawn about as large as sines and cosines are: (ROWS, d)."""
    generator, std = torch.Generator().manual_seed(3), 0.5**0.5
    return LearnedEncoding(d, ROWS, std=std, generator=generator).weight.detach().double()


def encoding(kind: str, positions: Tensor, d: int) -> Tensor:
    """What is added to the token at each position, (T, d)."""
    return sinusoidal_encoding(positions, d) if kind == "sinusoidal" else table(d)[positions]


def bias(positions: Tensor, head: int = 0) -> Tensor:
    """What ALiBi adds to the scores of one head, (T, T)."""
    return -alibi_slopes(HEADS)[head] * (positions[:, None] - positions).abs().double()


def turned(positions: Tensor, d: int, seed: int = 1) -> tuple[Tensor, Tensor]:
    """One query, (d,), and the same turned for each position, (T, d)."""
    q = drawn(d, seed=seed)
    return q, rotate(q.expand(len(positions), d), positions)


def turns(positions: Tensor, d: int) -> Tensor:
    """Where the hand of each clock stands, in turns, from 0 to 1: (T, d/2)."""
    return (angles(positions, d) / (2 * torch.pi)) % 1


def score(kind: str, t: Tensor, s: Tensor, d: int) -> Tensor:
    """The score of the same two tokens, the query at t and the key at s, without the root of d.

    Args:
        kind: one of `KINDS`.
        t: positions of the query, (n,).
        s: positions of the key, (n,).
        d: width; queries and keys come from matrices as they are drawn before training.
    """
    x, y, W_Q, W_K = drawn(d, seed=4), drawn(d, seed=5), drawn(d, d, seed=6), drawn(d, d, seed=7)
    at_t, at_s = (
        vector + encoding(kind, places, d) if kind in ADDED else vector.expand(len(places), d)
        for vector, places in ((x, t), (y, s))
    )
    q, k = at_t @ W_Q.T / d**0.5, at_s @ W_K.T / d**0.5
    if kind == "rotary":
        q, k = rotate(q, t), rotate(k, s)
    products = (q * k).sum(-1)
    return products - alibi_slopes(HEADS)[0] * (t - s).abs() if kind == "ALiBi" else products


def moved(kind: str, positions: Tensor, d: int, by: int) -> tuple[Tensor, Tensor, Tensor, float]:
    """What a kind writes at each position, the best matrix that moves it on, and what it writes there.

    Returns:
        (T, d) at p; the matrix, (d, d); (T, d) at p + by; and how far the matrix misses that, as a share
        of its size, for a table over all of its rows.
    """
    after = positions + by
    if kind == "rotary":
        here, there = turned(positions, d)[1], turned(after, d)[1]
        # (a, b) turned by +θ; an encoding's pair is (sin, cos), which the same matrix turns by −θ
        M = shift_matrix(-by, d)
    elif kind == "sinusoidal":
        here, there = encoding(kind, positions, d), encoding(kind, after, d)
        M = shift_matrix(by, d)
    else:
        rows = torch.arange(ROWS - by)
        here, there = encoding(kind, positions, d), encoding(kind, after, d)
        before, later = table(d)[rows], table(d)[rows + by]
        M = torch.linalg.lstsq(before, later).solution.T
        return here, M, there, ((before @ M.T - later).norm() / later.norm()).item()
    return here, M, there, ((here @ M.T - there).norm() / there.norm()).item()
