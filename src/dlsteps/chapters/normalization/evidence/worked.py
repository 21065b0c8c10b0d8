"""The notes' worked examples, worked (N30 to N32)."""

from collections.abc import Callable

import torch

from dlsteps.chapters.normalization.evidence.reference import by_hand
from dlsteps.chapters.normalization.examples import MATRIX, TENSOR
from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.nn.normalization import batch_norm, layer_norm
from dlsteps.numbers import number

TINY = 1e-12  # the notes leave ε out


def n30(batch_norm: Callable = batch_norm) -> Evidence:
    """Columns (x1, 0, −x1), (a, a, b), (0, 0, 0), with the numbers put in."""
    y = batch_norm(MATRIX, training=True, eps=TINY)
    x1, a, b = 1.5**0.5, 0.5**0.5, -(2**0.5)
    expected = torch.tensor([[x1, a, 0.0], [0.0, a, 0.0], [-x1, b, 0.0]], dtype=y.dtype)
    return Evidence(
        gap(y, expected) < SAME,
        f"x1 = {number(y[0, 0], 4)}, a = {number(y[0, 1], 4)}, b = {number(y[2, 1], 4)}",
    )


def n31(layer_norm: Callable = layer_norm, batch_norm: Callable = batch_norm) -> Evidence:
    """Each row by itself; and as the matrix is symmetric, BN's answer transposed."""
    y = layer_norm(MATRIX, (3,), eps=TINY)
    rows = gap(y, torch.stack([by_hand(row, TINY) for row in MATRIX]))
    transposed = gap(y, batch_norm(MATRIX, training=True, eps=TINY).T)
    first = ", ".join(number(value, 4) for value in y[0])
    return Evidence(
        rows < SAME and transposed < SAME,
        f"row [4, 3, 2] becomes [{first}]; row by row the difference is {rows:.3f}, from "
        f"BN's transposed {transposed:.3f}",
    )


def n32(batch_norm: Callable = batch_norm) -> Evidence:
    """Equal inputs of one feature get equal outputs, whichever sample they stand in."""
    y = batch_norm(TENSOR, training=True, eps=TINY)
    ones, twos = (y[0, 0, 0], y[1, 0, 0]), (y[0, 1, 1], y[1, 1, 0])
    expected = torch.stack([by_hand(TENSOR[:, c], TINY) for c in range(2)], dim=1)
    equal = max(abs(a - b).item() for a, b in (ones, twos))
    return Evidence(
        equal < SAME and gap(y, expected) < SAME,
        f"the two 1s of feature 0 become {number(ones[0], 4)} and {number(ones[1], 4)}, the two 2s of "
        f"feature 1 {number(twos[0], 4)} and {number(twos[1], 4)}",
    )
