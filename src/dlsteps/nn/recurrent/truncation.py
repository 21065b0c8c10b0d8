"""Truncated backpropagation: the state goes on, the gradient stops."""

from collections.abc import Iterator
from typing import NamedTuple

from jaxtyping import Float, Int
from torch import Tensor

from dlsteps.nn.recurrent.checks import check_lengths, check_sequence
from dlsteps.nn.recurrent.sequence import Recurrent, State


class Chunk(NamedTuple):
    """A stretch of a long sequence, read from the state that the stretch before it left.

    Attributes:
        start: Its first step, counted in the whole sequence.
        output: (B, ≤ span, H), with a graph that reaches back to `start` and no further.
        state: The state after it, attached to the same graph.
    """

    start: int
    output: Tensor
    state: Tensor | State


def detach(state: Tensor | State) -> Tensor | State:
    """Keep the numbers of a state, and cut off the graph that made them.

    Args:
        state: h, or the pair (h, c) of an LSTM.

    Returns:
        The same numbers in the same form, without a past.
    """
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def truncated(
    layer: Recurrent,
    x: Float[Tensor, "B T C"],
    span: int,
    state: Tensor | State | None = None,
    lengths: Int[Tensor, " B"] | None = None,
) -> Iterator[Chunk]:
    r"""Read a long sequence in chunks, so that no gradient flows from one into the one before.

    The numbers are those of reading it at once. The gradient is not: what step t owes to steps before
    its chunk is left out. So the cost of `backward` and its memory depend on the span and not on T, but
    what lies further back than a chunk is learned only through the state that it left. ::

        for chunk in truncated(lstm, x, span=35):
            loss(chunk.output, ...).backward()
            optimizer.step()
            optimizer.zero_grad()

    The caller may change the parameters between two chunks.

    Args:
        layer: An `RNN`, `LSTM` or `GRU`.
        x: Sequences.
        span: Steps of a chunk; the last one may be shorter.
        state: First state, as for the layer. The first chunk's gradient reaches it.
        lengths: How many steps each sequence has, 0 to T; None for T.

    Returns:
        An iterator over chunks, each read when it is asked for.

    Raises:
        TypeError: As the layer.
        ValueError: As the layer, or if the span is below 1.

    Source:
        Williams and Peng, An Efficient Gradient-Based Algorithm for On-Line Training of Recurrent Network
        Trajectories (1990). This is its simplest form, in which as many steps are read as are looked back
        on.
    """
    if span < 1:
        raise ValueError(f"span={span} reads nothing; try 1 or more")
    check_sequence(x, layer.input_size)
    check_lengths(lengths, x)
    return _chunks(layer, x, span, state, lengths)


def _chunks(layer: Recurrent, x: Tensor, span: int, state, lengths: Tensor | None) -> Iterator[Chunk]:
    for start in range(0, x.shape[1], span):
        part = x[:, start : start + span]
        left = None if lengths is None else (lengths.long() - start).clamp(0, part.shape[1])
        output, state = layer(part, state, lengths=left)
        yield Chunk(start, output, state)
        state = detach(state)
