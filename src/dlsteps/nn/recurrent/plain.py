"""The plain recurrent network: the new state is a squashed sum of the input and the old state."""

from typing import Literal, NamedTuple, get_args

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
)
from dlsteps.nn.recurrent.sequence import Cell, Recurrent, State, Unrolled, both, unroll, without_padding

Nonlinearity = Literal["tanh", "relu", "sigmoid"]
NONLINEARITIES = get_args(Nonlinearity)


class RNNStep(NamedTuple):
    """One step of a plain recurrent network.

    Attributes:
        a: (B, H), the sum before it is squashed.
        h: (B, H), the new state, which is also the output.
    """

    a: Tensor
    h: Tensor


def rnn_cell(
    x: Float[Tensor, "B C"],
    h: Float[Tensor, "B H"],
    weight_ih: Float[Tensor, "H C"],
    weight_hh: Float[Tensor, "H H"],
    bias_ih: Float[Tensor, " H"] | None = None,
    bias_hh: Float[Tensor, " H"] | None = None,
    nonlinearity: Nonlinearity = "tanh",
) -> RNNStep:
    r"""Take one step: $h_t = \sigma(W_{hx} x_t + b_{hx} + W_{hh} h_{t-1} + b_{hh})$.

    Two biases do no more than their sum; they are kept apart as in torch. An output
    $y_t = \sigma(W_{yh} h_t + b_y)$ is a layer of its own on top.

    Args:
        x: $x_t$.
        h: $h_{t-1}$.
        weight_ih: $W_{hx}$.
        weight_hh: $W_{hh}$.
        bias_ih: $b_{hx}$; None for 0.
        bias_hh: $b_{hh}$; None for 0.
        nonlinearity: One of `NONLINEARITIES`.

    Returns:
        The sum and the new state.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If a shape does not fit, or the nonlinearity is unknown.

    Source:
        Elman, Finding Structure in Time (1990); Goodfellow, Bengio and Courville, Deep Learning (2016),
        equations 10.8 and 10.9.
    """
    _check_nonlinearity(nonlinearity)
    check_vectors(x, weight_ih.shape[-1])
    check_state((h,), 1, (len(x), weight_hh.shape[-1]), x)
    check_weights(x, h.shape[1], 1, weight_ih, weight_hh, bias_ih, bias_hh)
    return _step(F.linear(x, weight_ih, both(bias_ih, bias_hh)), h, weight_hh.T, nonlinearity)


def _step(from_x: Tensor, h: Tensor, W_T: Tensor, nonlinearity: Nonlinearity) -> RNNStep:
    a = torch.addmm(from_x, h, W_T)
    return RNNStep(a, getattr(torch, nonlinearity)(a))


def rnn(
    x: Float[Tensor, "B T C"],
    h: Float[Tensor, "B H"],
    weight_ih: Float[Tensor, "H C"],
    weight_hh: Float[Tensor, "H H"],
    bias_ih: Float[Tensor, " H"] | None = None,
    bias_hh: Float[Tensor, " H"] | None = None,
    nonlinearity: Nonlinearity = "tanh",
    *,
    lengths: Int[Tensor, " B"] | None = None,
    record: bool = False,
) -> Unrolled:
    """Read sequences with one layer: `rnn_cell` at every step.

    What the input contributes does not depend on the state. So it is one matrix product for all steps,
    and only the state's share has to wait for the step before.

    Args:
        x: Sequences.
        h: First state.
        weight_ih: As for `rnn_cell`.
        weight_hh: As for `rnn_cell`.
        bias_ih: As for `rnn_cell`.
        bias_hh: As for `rnn_cell`.
        nonlinearity: One of `NONLINEARITIES`.
        lengths: How many steps each sequence has, 0 to T; None for T.
        record: Whether to return every `RNNStep`.

    Returns:
        Outputs, last state (h,), and the steps.

    Raises:
        TypeError: As `rnn_cell`, or if lengths are no whole numbers.
        ValueError: As `rnn_cell`, or if a length is below 0 or beyond T.
    """
    _check_nonlinearity(nonlinearity)
    check_sequence(x, weight_ih.shape[-1])
    check_lengths(lengths, x)
    check_state((h,), 1, (len(x), weight_hh.shape[-1]), x)
    check_weights(x, h.shape[1], 1, weight_ih, weight_hh, bias_ih, bias_hh)

    def step(from_x: Tensor, state: State) -> RNNStep:
        return _step(from_x, *state, W_T, nonlinearity)

    W_T = weight_hh.T  # once, not at every step
    from_x = F.linear(without_padding(x, lengths), weight_ih, both(bias_ih, bias_hh))  # (B, T, H)
    return unroll(step, from_x, (h,), lengths, record)


def _check_nonlinearity(nonlinearity: str) -> None:
    if nonlinearity not in NONLINEARITIES:
        raise ValueError(
            f"nonlinearity={nonlinearity!r} is not known; try one of {', '.join(NONLINEARITIES)}"
        )


class RNNCell(Cell):
    """`rnn_cell` with its parameters.

    Args:
        input_size: C.
        hidden_size: H.
        bias: Whether to learn the two biases.
        nonlinearity: One of `NONLINEARITIES`.
    """

    rows, states = 1, 1

    @typed
    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: Nonlinearity = "tanh"
    ):
        super().__init__(input_size, hidden_size, bias)
        _check_nonlinearity(nonlinearity)
        self.nonlinearity = nonlinearity

    def forward(self, x: Float[Tensor, "B C"], h: Float[Tensor, "B H"] | None = None) -> Float[Tensor, "B H"]:
        """Return the new state; None starts from 0."""
        (h,) = self.first_state(x) if h is None else (h,)
        return rnn_cell(x, h, *self.weights(), nonlinearity=self.nonlinearity).h


class RNN(Recurrent):
    """`rnn` with its parameters, layer upon layer; see `Recurrent`.

    Args:
        input_size: C.
        hidden_size: H.
        num_layers: Each reads the outputs of the one below.
        bias: Whether to learn the two biases of each layer.
        nonlinearity: One of `NONLINEARITIES`.
    """

    rows, states = 1, 1

    @typed
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        nonlinearity: Nonlinearity = "tanh",
    ):
        super().__init__(input_size, hidden_size, num_layers, bias)
        _check_nonlinearity(nonlinearity)
        self.nonlinearity = nonlinearity

    def read(self, x: Tensor, state: State, layer: int, force=None, **options) -> Unrolled:
        check_force(force, gates=())
        return rnn(x, *state, *self.weights(layer), nonlinearity=self.nonlinearity, **options)
