"""The two graph engines behind PyTorch's interface, so that the one judge can judge them."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from dlsteps.graphs import dynamic, static

Arrays = Sequence[np.ndarray]


def by_dynamic(program: Callable, arrays: Arrays) -> tuple[np.ndarray, Callable]:
    """Run a program on the dynamic engine; return its value and what pulls a gradient back."""
    inputs = [dynamic.Tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    y = program(*inputs)
    xs = [x for x in inputs if x.requires_grad]

    def pull(g: np.ndarray) -> list[np.ndarray]:
        if not y.requires_grad:
            return [np.zeros_like(x.data) for x in xs]
        # What backward leaves in grad; an input that the program does not lean on gets none.
        y.backward(g)
        return [np.zeros_like(x.data) if x.grad is None else x.grad for x in xs]

    return y.data, pull


def by_static(program: Callable, arrays: Arrays, passes=static.PASSES) -> tuple[np.ndarray, Callable]:
    """The same on the static engine: one graph for the value and its gradients."""
    graph = static.Graph()
    inputs = [graph.placeholder(a.shape, a.dtype, f"x{k}") for k, a in enumerate(arrays)]
    y = program(*inputs)
    xs = [x for x in inputs if x.dtype.kind == "f"]
    session = static.Session(graph, passes)
    feed = dict(zip(inputs, arrays, strict=True))
    value = session.run(y, feed)
    assert (value.shape, value.dtype) == (y.shape, y.dtype), f"inferred {y!r}"

    def pull(g: np.ndarray) -> list[np.ndarray]:
        upstream = graph.placeholder(g.shape, g.dtype, "upstream")
        return session.run(static.gradients(y, xs, upstream), feed | {upstream: g})

    return value, pull


def by_static_as_defined(program: Callable, arrays: Arrays) -> tuple[np.ndarray, Callable]:
    """The static engine without any pass."""
    return by_static(program, arrays, passes=())


ENGINES = [by_dynamic, by_static, by_static_as_defined]


def as_torch(engine: Callable, program: Callable) -> Callable[..., Tensor]:
    """Make a program on one of our engines look like a function of PyTorch's."""

    class Ours(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *inputs):
            value, ctx.pull = engine(program, [x.detach().numpy() for x in inputs])
            return torch.from_numpy(np.array(value))

        @staticmethod
        def backward(ctx, g):
            passed = iter(ctx.pull(g.numpy()))
            return tuple(
                torch.from_numpy(np.array(next(passed))) if n else None for n in ctx.needs_input_grad
            )

    return Ours.apply
