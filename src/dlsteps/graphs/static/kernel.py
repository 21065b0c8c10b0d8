"""Elementwise nodes run together, block by block: what lies between two of them stays in the cache."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from dlsteps.graphs.operations import OPERATIONS, Array
from dlsteps.graphs.reverse import topological
from dlsteps.graphs.static.graph import SOURCES, Node

BLOCK = 32_768  # cells; 256 kB of float64 for each value in between: smaller ones cost more calls


class Kernel:
    """A fused program ready to run: each value has a number, and each step reads and writes numbers.

    Args:
        inputs: Placeholders, in the order of the arrays that come in.
        output: What is made from them by elementwise nodes alone.
    """

    def __init__(self, inputs: Sequence[Node], output: Node):
        self.output = output
        order = topological([*inputs, output], lambda node: node.inputs)
        number = {node: k for k, node in enumerate(order)}
        self.values = [node.attributes.get("value") for node in order]
        self.inputs = [number[x] for x in inputs]
        self.steps = [
            (
                partial(OPERATIONS[n.operation].run, **n.attributes),
                [number[x] for x in n.inputs],
                number[n],
                n.dtype if OPERATIONS[n.operation].out else None,
            )
            for n in order
            if n.operation not in SOURCES
        ]

    def run(self, arrays: Sequence[Array], out: np.ndarray) -> np.ndarray:
        """Compute into `out`, whole or in blocks."""
        size = out.size
        if size <= BLOCK or not all(x.size == 1 or x.shape == out.shape for x in arrays):
            self._cells(arrays, out, {})
            return out
        flat = [x.reshape(-1) for x in arrays]  # a view, or a copy of what does not lie in one piece
        target, scratch = out.reshape(-1), {}
        for start in range(0, size, BLOCK):
            block = slice(start, min(start + BLOCK, size))
            self._cells([x if x.size == 1 else x[block] for x in flat], target[block], scratch)
        return out

    def _cells(self, arrays: Sequence[Array], out: np.ndarray, scratch: dict) -> None:
        values = self.values.copy()
        for k, x in zip(self.inputs, arrays, strict=True):
            values[k] = x
        *before, last = self.steps
        for call, inputs, k, dtype in before:
            read = [values[i] for i in inputs]
            values[k] = call(*read) if dtype is None else call(*read, out=_scratch(scratch, k, out, dtype))
        call, inputs, _, dtype = last
        read = [values[i] for i in inputs]
        if dtype is None:
            np.copyto(out, call(*read))
        else:
            call(*read, out=out)


def _scratch(scratch: dict, k: int, like: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Memory for value k, the same for every block."""
    if k not in scratch:
        scratch[k] = np.empty(like.shape, dtype)
    return scratch[k] if scratch[k].shape == like.shape else scratch[k][: like.size]
