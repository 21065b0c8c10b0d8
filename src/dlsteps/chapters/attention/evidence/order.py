"""Order and waiting: what a permutation does, and how long the chain of dependencies is (T04, T06, C05)."""

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from dlsteps.chapters.attention.evidence.drawn import D_MODEL, attention_layer, drawn, normal
from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.nn.attention import causal_mask
from dlsteps.nn.recurrent import LSTM

LENGTHS = (8, 16, 32)
ORDER = [3, 0, 5, 1, 7, 2, 6, 4]  # of eight tokens


def attends() -> Callable[[Tensor], Tensor]:
    """Self-attention as a function from sentence to sentence."""
    return attention_layer()


def recurs() -> Callable[[Tensor], Tensor]:
    """An LSTM as a function from sentence to sentence."""
    layer = drawn(LSTM(D_MODEL, D_MODEL))
    return lambda x: layer(x)[0]


def convolves() -> Callable[[Tensor], Tensor]:
    """A convolution of three neighbors as a function from sentence to sentence."""
    layer = drawn(nn.Conv1d(D_MODEL, D_MODEL, 3, padding=1))
    return lambda x: layer(x.mT).mT


def moved(layer: Callable[[Tensor], Tensor]) -> float:
    """How far the outputs of reordered tokens are from the reordered outputs."""
    x = normal(1, len(ORDER), D_MODEL)
    return gap(layer(x[:, ORDER]), layer(x)[:, ORDER])


def chain(layer: Callable[[Tensor], Tensor], T: int) -> int:
    """How many operations stand one behind the other on the longest way from the input to the output."""
    y = layer(normal(1, T, D_MODEL).requires_grad_())
    return _depth(y.grad_fn)


def _depth(last: torch.autograd.graph.Node) -> int:
    depths: dict = {}
    stack = [last]
    while stack:  # a loop, as the chain of an LSTM would be too deep for recursion
        node = stack[-1]
        before = [into for into, _ in node.next_functions if into is not None]
        waiting = [into for into in before if into not in depths]
        if waiting:
            stack += waiting
        else:
            depths[node] = 1 + max((depths[into] for into in before), default=0)
            stack.pop()
    return depths[last]


def reach(layer: Callable[[Tensor], Tensor], T: int = 16) -> int:
    """How many tokens the output in the middle depends on."""
    x = normal(1, T, D_MODEL).requires_grad_()
    (slope,) = torch.autograd.grad(layer(x)[0, T // 2].sum(), x)
    return int((slope[0].abs().sum(-1) > 0).sum())


def t04(make: Callable[[], Callable[[Tensor], Tensor]] = attends) -> Evidence:
    """Reordered tokens give the same outputs, reordered; a causal mask already breaks that."""
    layer, masked = make(), attention_layer()
    off = moved(layer)
    causal = moved(lambda x: masked(x, mask=causal_mask(x.shape[1])))
    return Evidence(
        off < SAME and causal > 0.1,
        f"{len(ORDER)} tokens in another order: the outputs are the same ones, off by {off:.3f}; under a "
        f"causal mask they change by up to {causal:.3f}",
    )


def written_on(layer: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Generate as many tokens as x has: each output is the next input."""

    def generate(x: Tensor) -> Tensor:
        tokens = x[:, :1]
        for _ in range(x.shape[1]):
            tokens = torch.cat([tokens, layer(tokens)[:, -1:]], 1)
        return tokens

    return generate


def t06(recurrent: Callable[[], Callable] = recurs, attention: Callable[[], Callable] = attends) -> Evidence:
    """An LSTM tells orders apart in a chain as long as the text; attention does not, until it writes."""
    lstm, attend = recurrent(), attention()
    tells, ignores = moved(lstm), moved(attend)
    slow, fast, writing = ([chain(f, T) for T in LENGTHS] for f in (lstm, attend, written_on(attend)))
    grows = all(b >= 1.8 * a for each in (slow, writing) for a, b in pairwise(each))
    return Evidence(
        tells > 0.1 and ignores < SAME and grows and len(set(fast)) == 1,
        f"another order changes what an LSTM makes of a token by up to {tells:.3f}, and attention by "
        f"{ignores:.3f}; for {', '.join(map(str, LENGTHS))} tokens the longest chain of operations is "
        f"{', '.join(map(str, slow))} in the LSTM, {', '.join(map(str, fast))} in attention that reads, "
        f"{', '.join(map(str, writing))} in attention that writes token by token",
    )


def c05(
    attention: Callable[[], Callable] = attends,
    convolution: Callable[[], Callable] = convolves,
    recurrent: Callable[[], Callable] = recurs,
) -> Evidence:
    """Attention is not local and has a constant chain; an LSTM's step reads one neighbor and has not."""
    layers = attention(), convolution(), recurrent()
    reads = [reach(layer) for layer in layers[:2]]
    chains = [[chain(layer, T) for T in LENGTHS] for layer in layers]
    constant = [len(set(each)) == 1 for each in chains]
    return Evidence(
        reads == [16, 3] and constant == [True, True, False],
        f"in a sentence of 16 an output of attention depends on {reads[0]} tokens, of the convolution on "
        f"{reads[1]}; from {LENGTHS[0]} to {LENGTHS[-1]} tokens the longest chain of operations goes from "
        f"{chains[0][0]} to {chains[0][-1]} in attention, {chains[1][0]} to {chains[1][-1]} in the "
        f"convolution, {chains[2][0]} to {chains[2][-1]} in the LSTM, each of whose steps reads one neighbor",
    )
