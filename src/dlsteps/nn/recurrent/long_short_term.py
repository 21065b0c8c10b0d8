"""Long short-term memory: a belt that runs through time, and three gates that guard it."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from dlsteps.nn.checks import typed
from dlsteps.nn.recurrent.checks import (
    check_force,
    check_lengths,
    check_sequence,
    check_state,
    check_vectors,
    check_weights,
    held,
)
from dlsteps.nn.recurrent.sequence import Cell, Recurrent, State, Unrolled, both, unroll, without_padding

GATES = ("f", "i", "o")


class LSTMStep(NamedTuple):
    """One step of an LSTM, each part (B, H), in the order in which it is computed.

    Attributes:
        f: Forget gate: what share of the old cell is kept.
        i: Input gate: what share of the update is written.
        g: Update: what could be written, from -1 to 1.
        o: Output gate: what share of the new cell is shown.
        c: New cell.
        h: New hidden state, which is also the output.
    """

    f: Tensor
    i: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    h: Tensor


def lstm_cell(
    x: Float[Tensor, "B C"],
    h: Float[Tensor, "B H"],
    c: Float[Tensor, "B H"],
    weight_ih: Float[Tensor, "4*H C"],
    weight_hh: Float[Tensor, "4*H H"],
    bias_ih: Float[Tensor, " 4*H"] | None = None,
    bias_hh: Float[Tensor, " 4*H"] | None = None,
    *,
    force: Mapping[str, float] | None = None,
) -> LSTMStep:
    r"""Take one step.

    $f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$, and $i_t$ and $o_t$ in the same way with weights of their
    own; $g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)$;
    $c_t = f_t \odot c_{t-1} + i_t \odot g_t$, $\; h_t = o_t \odot \tanh(c_t)$.

    Args:
        x: $x_t$.
        h: $h_{t-1}$.
        c: $c_{t-1}$.
        weight_ih: $W_i, W_f, W_g, W_o$ from top to bottom, in torch's order.
        weight_hh: $U_i, U_f, U_g, U_o$.
        bias_ih: Bias of the four; None for 0.
        bias_hh: A second bias of the four; only the sum counts. None for 0.
        force: Gates among "f", "i", "o" that are held at a number from 0 (shut) to 1 (open).

    Returns:
        Every gate, and the new state.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If a shape does not fit, or a gate is unknown or held outside 0 … 1.

    Source:
        Gers, Schmidhuber and Cummins, Learning to Forget (2000); Jozefowicz, Zaremba and Sutskever, An
        Empirical Exploration of Recurrent Network Architectures (2015), section 2, in this notation.
    """
    check_vectors(x, weight_ih.shape[-1])
    check_state((h, c), 2, (len(x), weight_hh.shape[-1]), x)
    check_weights(x, h.shape[1], 4, weight_ih, weight_hh, bias_ih, bias_hh)
    from_x = F.linear(x, weight_ih, both(bias_ih, bias_hh))
    return _step(from_x, h, c, weight_hh.T, check_force(force, GATES))


def _step(from_x: Tensor, h: Tensor, c: Tensor, U_T: Tensor, force: Mapping[str, float]) -> LSTMStep:
    i, f, g, o = torch.addmm(from_x, h, U_T).chunk(4, dim=1)
    f = held(torch.sigmoid(f), "f", force)
    i = held(torch.sigmoid(i), "i", force)
    g = torch.tanh(g)
    o = held(torch.sigmoid(o), "o", force)
    c = f * c + i * g
    return LSTMStep(f, i, g, o, c, h=o * torch.tanh(c))


def lstm(
    x: Float[Tensor, "B T C"],
    h: Float[Tensor, "B H"],
    c: Float[Tensor, "B H"],
    weight_ih: Float[Tensor, "4*H C"],
    weight_hh: Float[Tensor, "4*H H"],
    bias_ih: Float[Tensor, " 4*H"] | None = None,
    bias_hh: Float[Tensor, " 4*H"] | None = None,
    *,
    lengths: Int[Tensor, " B"] | None = None,
    force: Mapping[str, float] | None = None,
    record: bool = False,
) -> Unrolled:
    """Read sequences with one layer: `lstm_cell` at every step, the input's share for all steps at once.

    Args:
        x: Sequences.
        h: First hidden state.
        c: First cell.
        weight_ih: As for `lstm_cell`.
        weight_hh: As for `lstm_cell`.
        bias_ih: As for `lstm_cell`.
        bias_hh: As for `lstm_cell`.
        lengths: How many steps each sequence has, 0 to T; None for T.
        force: Gates that are held, at every step.
        record: Whether to return every `LSTMStep`.

    Returns:
        Outputs, last state (h, c), and the steps.

    Raises:
        TypeError: As `lstm_cell`, or if lengths are no whole numbers.
        ValueError: As `lstm_cell`, or if a length is below 0 or beyond T.
    """
    check_sequence(x, weight_ih.shape[-1])
    check_lengths(lengths, x)
    check_state((h, c), 2, (len(x), weight_hh.shape[-1]), x)
    check_weights(x, h.shape[1], 4, weight_ih, weight_hh, bias_ih, bias_hh)
    force = check_force(force, GATES)

    def step(from_x: Tensor, state: State) -> LSTMStep:
        return _step(from_x, *state, U_T, force)

    U_T = weight_hh.T  # once, not at every step
    from_x = F.linear(without_padding(x, lengths), weight_ih, both(bias_ih, bias_hh))  # (B, T, 4H)
    return unroll(step, from_x, (h, c), lengths, record)


class LSTMCell(Cell):
    """`lstm_cell` with its parameters; see `Cell`."""

    rows, states = 4, 2

    def forward(
        self, x: Float[Tensor, "B C"], state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the new state (h, c); None starts from 0."""
        check_vectors(x, self.input_size)  # before the state, whose shape depends on it
        state = self.first_state(x) if state is None else state
        check_state(state, 2, (len(x), self.hidden_size), x)
        h, c = state
        taken = lstm_cell(x, h, c, *self.weights())
        return taken.h, taken.c


class LSTM(Recurrent):
    """`lstm` with its parameters, layer upon layer; see `Recurrent`.

    Args:
        input_size: C.
        hidden_size: H.
        num_layers: Each reads the outputs of the one below.
        bias: Whether to learn the two biases of each layer.
        forget_bias: What the forget gates' two biases add up to at first. At 1 or more the gates begin
            open, and the gradient passes. None draws them like all others, as torch does.

    Raises:
        ValueError: If a size is below 1, or there is a forget bias but no bias.

    Source:
        Jozefowicz et al. (2015), section 2, for the forget bias.
    """

    rows, states = 4, 2

    @typed
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        forget_bias: float | None = None,
    ):
        super().__init__(input_size, hidden_size, num_layers, bias)
        if forget_bias is None:
            return
        if not bias:
            raise ValueError(f"forget_bias={forget_bias} needs bias=True; try that, or forget_bias=None")
        forget = slice(hidden_size, 2 * hidden_size)
        for layer in range(num_layers):
            _, _, bias_ih, bias_hh = self.weights(layer)
            with torch.no_grad():
                bias_ih[forget], bias_hh[forget] = forget_bias, 0.0

    def read(self, x: Tensor, state: State, layer: int, **options) -> Unrolled:
        return lstm(x, *state, *self.weights(layer), **options)
