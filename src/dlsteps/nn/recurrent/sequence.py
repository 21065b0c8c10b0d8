"""From one step to a whole sequence: the same cell at every step, fed its own last state."""

from collections.abc import Callable, Iterator, Mapping
from math import sqrt
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from dlsteps.nn.checks import check_sizes, typed
from dlsteps.nn.recurrent.checks import check_sequence, check_state

State = tuple[Tensor, ...]  # (h,), or (h, c) for an LSTM
Step = tuple[Tensor, ...]  # a cell's own NamedTuple, with a field h and, for an LSTM, c


class Unrolled(NamedTuple):
    """A sequence that has been read by one layer.

    Attributes:
        output: (B, T, H), h after every step; 0 after the end of a sequence.
        state: (h,) or (h, c), each (B, H), after the last step of each sequence.
        steps: If it was asked for, the record of each step with all its gates; else empty. Past the end
            of a sequence its gates are 0 and its state stays.
    """

    output: Tensor
    state: State
    steps: tuple[Step, ...]


def mask_of(lengths: Int[Tensor, " B"], T: int) -> Bool[Tensor, "B T"]:
    """Say which steps belong to a sequence: True for t < length."""
    return torch.arange(T, device=lengths.device) < lengths[:, None]


def unroll(
    step: Callable[[Tensor, State], Step],
    from_x: Float[Tensor, "B T G"],
    state: State,
    lengths: Int[Tensor, " B"] | None = None,
    record: bool = False,
) -> Unrolled:
    """Take one step after another, each from the state that the last one left.

    Args:
        step: From (B, G), one step's share of the input, and the state to a record whose fields are
            named; those named h and c are the new state.
        from_x: What the input contributes to every step, computed at once beforehand.
        state: The first state.
        lengths: How many steps each sequence has; None for T. A sequence that has ended keeps its state.
        record: Whether to return every step.

    Returns:
        The outputs, the last state, and the steps.
    """
    B, T, _ = from_x.shape
    inside = None if lengths is None else mask_of(lengths.to(from_x.device), T)
    outputs, steps = [], []
    for t, share in enumerate(from_x.unbind(1)):
        taken = step(share, state)
        if inside is not None:
            taken = _only_inside(taken, state, inside[:, t, None])
        state = (taken.h, taken.c) if len(state) == 2 else (taken.h,)
        outputs.append(taken.h)
        if record:
            steps.append(taken)
    output = torch.stack(outputs, dim=1) if outputs else state[0].new_zeros(B, 0, state[0].shape[1])
    if inside is not None:
        output = output.masked_fill(~inside[:, :, None], 0)
    return Unrolled(output, state, tuple(steps))


def _only_inside(taken: Step, state: State, inside: Bool[Tensor, "B 1"]) -> Step:
    before = dict(zip(("h", "c"), state, strict=False))
    return taken._replace(
        **{
            name: torch.where(inside, value, before.get(name, torch.zeros_like(value)))
            for name, value in taken._asdict().items()
        }
    )


def without_padding(x: Float[Tensor, "B T C"], lengths: Int[Tensor, " B"] | None) -> Float[Tensor, "B T C"]:
    """Put 0 in the place of padding, so that not even a NaN there can reach a gradient."""
    if lengths is None:
        return x
    return x.masked_fill(~mask_of(lengths.to(x.device), x.shape[1])[:, :, None], 0)


def both(bias_ih: Tensor | None, bias_hh: Tensor | None) -> Tensor | None:
    """Return the sum of the two biases, where only the sum counts; None is 0."""
    given = [bias for bias in (bias_ih, bias_hh) if bias is not None]
    return sum(given[1:], given[0]) if given else None


class Recurrent(nn.Module):
    """What RNN, LSTM and GRU have in common: parameters, layers on layers, and the first state.

    The input is (B, T, C), as for torch's layers with `batch_first=True`. Parameters have torch's names,
    first values and order of drawing, so that a `state_dict` goes both ways. As there, all B sequences
    are read from left to right. A sequence of no steps (T = 0, or a length of 0) is allowed here: it
    leaves the state as it was.

    Args:
        input_size: C.
        hidden_size: H.
        num_layers: Each layer reads the outputs of the one below.
        bias: Whether to learn the two biases of each layer, one for the input and one for the state.

    Attributes:
        rows: How many blocks of H rows the weights have, one for each gate.
        states: How many tensors the state is.
    """

    rows: int
    states: int

    @typed
    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True):
        super().__init__()
        check_sizes(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.num_layers, self.bias = num_layers, bias
        for layer in range(num_layers):
            for name, shape in self._shapes(layer):
                self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        bound = 1 / sqrt(hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def _shapes(self, layer: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        rows, C = self.rows * self.hidden_size, self.hidden_size if layer else self.input_size
        yield f"weight_ih_l{layer}", (rows, C)
        yield f"weight_hh_l{layer}", (rows, self.hidden_size)
        if self.bias:
            yield f"bias_ih_l{layer}", (rows,)
            yield f"bias_hh_l{layer}", (rows,)

    def weights(self, layer: int) -> tuple[Tensor | None, ...]:
        """Return weight_ih, weight_hh, bias_ih and bias_hh of a layer, counted from 0 at the input."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return tuple(getattr(self, f"{name}_l{layer}", None) for name in names)

    def read(self, x: Tensor, state: State, layer: int, **options) -> Unrolled:
        """Read a sequence with one layer, through the function of the same name."""
        raise NotImplementedError

    def record(
        self,
        x: Float[Tensor, "B T C"],
        state: Tensor | State | None = None,
        lengths: Int[Tensor, " B"] | None = None,
        force: Mapping[str, float] | None = None,
    ) -> list[Unrolled]:
        """Read sequences as `forward` does, and return every gate of every step of every layer.

        Args:
            x: Sequences.
            state: As for `forward`.
            lengths: As for `forward`.
            force: Gates that are held at a number from 0 (shut) to 1 (open), in every layer.

        Returns:
            One `Unrolled` for each layer.
        """
        return self._layers(x, state, lengths, force=force, record=True)

    def _layers(self, x: Tensor, state, lengths, **options) -> list[Unrolled]:
        check_sequence(x, self.input_size)  # before the state, whose shape depends on it
        whole = (state,) if isinstance(state, Tensor) else state
        if whole is None:
            whole = (x.new_zeros(self.num_layers, len(x), self.hidden_size),) * self.states
        check_state(whole, self.states, (self.num_layers, len(x), self.hidden_size), x)
        read = []
        for layer in range(self.num_layers):
            first = tuple(part[layer] for part in whole)
            read.append(self.read(x, first, layer, lengths=lengths, **options))
            x = read[-1].output
        return read

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        state: Tensor | State | None = None,
        lengths: Int[Tensor, " B"] | None = None,
    ) -> tuple[Tensor, Tensor | State]:
        """Read sequences.

        Args:
            x: Sequences.
            state: First state, (num_layers, B, H), or a pair (h, c) of these for an LSTM; None for 0.
            lengths: How many steps each sequence has, 0 to T; None for T. What stands after them has no
                effect on anything, whatever it is.

        Returns:
            The outputs (B, T, H) of the last layer, 0 after the end of a sequence; and the state after
            the last step of each, in the form that `state` has.

        Raises:
            TypeError: If `x` is not floating point, the dtypes differ, or lengths are no whole numbers.
            ValueError: If a shape does not fit, or a length is below 0 or beyond T.
        """
        read = self._layers(x, state, lengths)
        state = tuple(torch.stack(parts) for parts in zip(*(layer.state for layer in read), strict=True))
        return read[-1].output, state if self.states > 1 else state[0]

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}, bias={self.bias}"


class Cell(nn.Module):
    """What the three cells have in common: the parameters of one step, as in torch's cells.

    Args:
        input_size: C.
        hidden_size: H.
        bias: Whether to learn the two biases.
    """

    rows: int
    states: int

    @typed
    def __init__(self, input_size: int, hidden_size: int, bias: bool = True):
        super().__init__()
        check_sizes(input_size=input_size, hidden_size=hidden_size)
        self.input_size, self.hidden_size = input_size, hidden_size
        rows, bound = self.rows * hidden_size, 1 / sqrt(hidden_size)
        self.weight_ih = nn.Parameter(torch.empty(rows, input_size))
        self.weight_hh = nn.Parameter(torch.empty(rows, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(rows)) if bias else None
        self.bias_hh = nn.Parameter(torch.empty(rows)) if bias else None
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def weights(self) -> tuple[Tensor | None, ...]:
        return self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh

    def first_state(self, x: Tensor) -> State:
        return (x.new_zeros(len(x), self.hidden_size),) * self.states

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}, bias={self.bias_ih is not None}"
