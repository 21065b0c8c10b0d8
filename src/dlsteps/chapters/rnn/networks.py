"""Plain networks whose state matrix stretches all directions alike, and how long a computation waits."""

import torch
from torch import Tensor

from dlsteps.nn.recurrent import RNN, through_time


def stretching(C: int, H: int, gain: float, seed: int = 0, spread: float = 0.3) -> RNN:
    r"""Make a tanh network whose $W_{hh}$ is `gain` times a rotation: all singular values are `gain`.

    Args:
        C: numbers in a step of the sequence.
        H: numbers in the state.
        gain: what the state matrix multiplies every length by.
        seed: of the weights.
        spread: of the input's weights, times 1/√C.

    Returns:
        The network, float64, without bias.
    """
    generator = torch.Generator().manual_seed(seed)
    net = RNN(C, H, bias=False).double()
    with torch.no_grad():
        drawn = torch.randn(H, H, dtype=torch.float64, generator=generator)
        net.weight_hh_l0.copy_(gain * torch.linalg.qr(drawn).Q)
        drawn = torch.randn(H, C, dtype=torch.float64, generator=generator)
        net.weight_ih_l0.copy_(spread * drawn / C**0.5)
    return net


def owed(net: RNN, x: Tensor, unit: int = 0) -> Tensor:
    r"""Measure what a number of the last state owes to each earlier state: $\partial h_T[u] / \partial h_t$.

    Args:
        net: one layer.
        x: (T, C), one sequence.
        unit: u.

    Returns:
        (T, H), a row for each step.
    """
    (read,) = net.record(x[None])
    return through_time(read.steps, "h", unit=unit)


def longest_chain(y: Tensor) -> int:
    """Count the operations on the longest way to `y`, each of which waits for the one before.

    Args:
        y: made with gradients on.

    Returns:
        How many operations wait for each other.
    """
    depth: dict = {None: 0}
    waiting = [y.grad_fn]
    while waiting:  # a recursion would be as deep as the sequence is long
        node = waiting[-1]
        before = [parent for parent, _ in node.next_functions]
        missing = [parent for parent in before if parent not in depth]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        depth[node] = 1 + max((depth[parent] for parent in before), default=0)
    return depth[y.grad_fn]
