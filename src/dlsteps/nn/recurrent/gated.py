"""The gated recurrent unit: two gates, and no belt beside the state."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from dlsteps.nn.recurrent.checks import (
    check_force,
    check_lengths,
    check_sequence,
    check_state,
    check_vectors,
    check_weights,
    held,
)
from dlsteps.nn.recurrent.sequence import Cell, Recurrent, State, Unrolled, unroll, without_padding

GATES = ("r", "z")


class GRUStep(NamedTuple):
    """One step of a GRU, each part (B, H), in the order in which it is computed.

    Attributes:
        r: Reset gate: what share of the old state's message enters the update.
        z: Update gate: what share of the old state is kept.
        n: Update: what could take its place, from -1 to 1.
        h: New state, which is also the output.
    """

    r: Tensor
    z: Tensor
    n: Tensor
    h: Tensor


def gru_cell(
    x: Float[Tensor, "B C"],
    h: Float[Tensor, "B H"],
    weight_ih: Float[Tensor, "3*H C"],
    weight_hh: Float[Tensor, "3*H H"],
    bias_ih: Float[Tensor, " 3*H"] | None = None,
    bias_hh: Float[Tensor, " 3*H"] | None = None,
    *,
    force: Mapping[str, float] | None = None,
) -> GRUStep:
    r"""Take one step.

    $r_t = \sigma(W_r x_t + b_r + U_r h_{t-1} + b'_r)$, and $z_t$ in the same way with weights of its own;
    $n_t = \tanh(W_n x_t + b_n + r_t \odot (U_n h_{t-1} + b'_n))$;
    $h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$.

    As in torch, the reset gate acts after the product with $U_n$, so that all three products are one. In
    the paper it acts before: $U_n (r_t \odot h_{t-1})$. Here the two biases of $n_t$ are not one.

    Args:
        x: $x_t$.
        h: $h_{t-1}$.
        weight_ih: $W_r, W_z, W_n$ from top to bottom, in torch's order.
        weight_hh: $U_r, U_z, U_n$.
        bias_ih: $b_r, b_z, b_n$; None for 0.
        bias_hh: $b'_r, b'_z, b'_n$; None for 0.
        force: Gates among "r", "z" that are held at a number from 0 to 1.

    Returns:
        Every gate, and the new state.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If a shape does not fit, or a gate is unknown or held outside 0 … 1.

    Source:
        Cho et al., Learning Phrase Representations using RNN Encoder–Decoder (2014), equations 5 to 8.
    """
    check_vectors(x, weight_ih.shape[-1])
    check_state((h,), 1, (len(x), weight_hh.shape[-1]), x)
    check_weights(x, h.shape[1], 3, weight_ih, weight_hh, bias_ih, bias_hh)
    return _step(F.linear(x, weight_ih, bias_ih), h, weight_hh, bias_hh, check_force(force, GATES))


def _step(
    from_x: Tensor, h: Tensor, weight_hh: Tensor, bias_hh: Tensor | None, force: Mapping[str, float]
) -> GRUStep:
    H = h.shape[1]
    x_rz, x_n = from_x.split((2 * H, H), dim=1)
    h_rz, h_n = F.linear(h, weight_hh, bias_hh).split((2 * H, H), dim=1)
    r, z = torch.sigmoid(x_rz + h_rz).chunk(2, dim=1)
    r, z = held(r, "r", force), held(z, "z", force)
    n = torch.tanh(x_n + r * h_n)
    return GRUStep(r, z, n, h=torch.lerp(n, h, z))  # (1 − z) n + z h in one operation


def gru(
    x: Float[Tensor, "B T C"],
    h: Float[Tensor, "B H"],
    weight_ih: Float[Tensor, "3*H C"],
    weight_hh: Float[Tensor, "3*H H"],
    bias_ih: Float[Tensor, " 3*H"] | None = None,
    bias_hh: Float[Tensor, " 3*H"] | None = None,
    *,
    lengths: Int[Tensor, " B"] | None = None,
    force: Mapping[str, float] | None = None,
    record: bool = False,
) -> Unrolled:
    """Read sequences with one layer: `gru_cell` at every step, the input's share for all steps at once.

    Args:
        x: Sequences.
        h: First state.
        weight_ih: As for `gru_cell`.
        weight_hh: As for `gru_cell`.
        bias_ih: As for `gru_cell`.
        bias_hh: As for `gru_cell`.
        lengths: How many steps each sequence has, 0 to T; None for T.
        force: Gates that are held, at every step.
        record: Whether to return every `GRUStep`.

    Returns:
        Outputs, last state (h,), and the steps.

    Raises:
        TypeError: As `gru_cell`, or if lengths are no whole numbers.
        ValueError: As `gru_cell`, or if a length is below 0 or beyond T.
    """
    check_sequence(x, weight_ih.shape[-1])
    check_lengths(lengths, x)
    check_state((h,), 1, (len(x), weight_hh.shape[-1]), x)
    check_weights(x, h.shape[1], 3, weight_ih, weight_hh, bias_ih, bias_hh)
    force = check_force(force, GATES)

    def step(from_x: Tensor, state: State) -> GRUStep:
        return _step(from_x, *state, weight_hh, bias_hh, force)

    from_x = F.linear(without_padding(x, lengths), weight_ih, bias_ih)  # (B, T, 3H)
    return unroll(step, from_x, (h,), lengths, record)


class GRUCell(Cell):
    """`gru_cell` with its parameters; see `Cell`."""

    rows, states = 3, 1

    def forward(self, x: Float[Tensor, "B C"], h: Float[Tensor, "B H"] | None = None) -> Float[Tensor, "B H"]:
        """Return the new state; None starts from 0."""
        (h,) = self.first_state(x) if h is None else (h,)
        return gru_cell(x, h, *self.weights()).h


class GRU(Recurrent):
    """`gru` with its parameters, layer upon layer; see `Recurrent`."""

    rows, states = 3, 1

    def read(self, x: Tensor, state: State, layer: int, **options) -> Unrolled:
        return gru(x, *state, *self.weights(layer), **options)
