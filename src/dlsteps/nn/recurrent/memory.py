"""What the last state still owes to an earlier one: the gradient, step by step."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.recurrent.long_short_term import LSTMStep
from dlsteps.nn.recurrent.sequence import Step


def through_time(
    steps: Sequence[Step], name: str = "h", *, sample: int = 0, unit: int = 0
) -> Float[Tensor, "T H"]:
    r"""Measure how one number of the last state depends on each earlier state.

    Row t is $\partial s_T[u] / \partial s_t$ along all paths, with s the state of that name. The last row
    is 1 at the unit, and 0 elsewhere. In an LSTM $h_t$ is made from $c_t$: "c" has the paths through
    $h_t$ in it, and "h" takes $c_t$ as fixed.

    Args:
        steps: The record of a sequence, made with gradients on.
        name: "h", or "c" for an LSTM.
        sample: Which sequence.
        unit: u, a number of the last state.

    Returns:
        One row for each step.

    Raises:
        ValueError: If there is no step, no state of that name, or the steps were made without gradients.
        IndexError: If there is no such sequence or unit.
    """
    if not steps:
        raise ValueError("steps is empty, and there is nothing to look back on; try record=True")
    if name not in ("h", "c") or name not in steps[-1]._fields:
        states = [field for field in ("h", "c") if field in steps[-1]._fields]
        raise ValueError(f"name={name!r} is no state of this cell; try {' or '.join(states)}")
    states = [getattr(step, name) for step in steps]
    B, H = states[-1].shape
    if not (0 <= sample < B and 0 <= unit < H):
        raise IndexError(f"sample={sample}, unit={unit} is not in a state of shape {(B, H)}; count from 0")
    if not states[0].requires_grad:
        raise ValueError("the steps were made without gradients; try x.requires_grad_(), outside no_grad")
    gradients = torch.autograd.grad(states[-1][sample, unit], states, retain_graph=True)
    return torch.stack([gradient[sample] for gradient in gradients])


def along_the_belt(steps: Sequence[LSTMStep]) -> Float[Tensor, "T B H"]:
    r"""Follow an LSTM's belt alone: $\prod_{s = t + 1}^T f_s$, the share of $c_t$ that is still in $c_T$.

    The gradient along this path is never above 1, so it cannot explode; and at f = 1 it does not vanish.
    The other paths, through h and the gates, are not in it. They are in `through_time`, and can explode.

    Args:
        steps: The record of a sequence.

    Returns:
        One row for each step; the last is 1.

    Raises:
        ValueError: If there is no step, or the steps have no forget gate.

    Source:
        Gers, Schmidhuber and Cummins, Learning to Forget (2000).
    """
    if not steps:
        raise ValueError("steps is empty, and there is nothing to look back on; try record=True")
    if not hasattr(steps[-1], "f"):
        kind = type(steps[-1]).__name__
        raise ValueError(f"a {kind} has no forget gate; try the steps of an LSTM, or through_time")
    later = [torch.ones_like(steps[-1].f)]
    for step in reversed(steps[1:]):
        later.append(later[-1] * step.f)
    return torch.stack(later[::-1])
