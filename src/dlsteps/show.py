"""What a chapter shows beside its explorers: real source, tables of numbers, and how far two layers differ."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, repr=False)
class Markdown:
    """Text that a notebook renders; its repr is the text itself, so that a test can compare it."""

    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        return self.text


def source(*things: Any, docs: bool = False) -> Markdown:
    """The source of functions and classes as it stands in the package.

    Args:
        things: functions, classes, methods or properties.
        docs: keep the docstrings; without them what is left is the code of the idea.
    """
    texts = [_code(thing, docs) for thing in things]
    return Markdown("```python\n" + "\n\n\n".join(texts) + "\n```")


def _code(thing: Any, docs: bool) -> str:
    thing = thing.fget if isinstance(thing, property) else inspect.unwrap(thing)
    code = textwrap.dedent(inspect.getsource(thing)).rstrip()
    return code if docs else _without_docstrings(code)


def _without_docstrings(code: str) -> str:
    lines = code.splitlines()
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)) or ast.get_docstring(node) is None:
            continue
        doc = node.body[0]
        last = doc.end_lineno
        # The blank line after a docstring goes with it.
        if len(node.body) > 1 and last < len(lines) and not (lines[last] or "").strip():
            last += 1
        for number in range(doc.lineno - 1, last):
            lines[number] = None
    return "\n".join(line for line in lines if line is not None).rstrip()


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markdown:
    """A table; numbers stand as the caller has written them."""
    lines = [head, ["---"] * len(head), *rows]
    return Markdown("\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines))


@dataclass(frozen=True)
class Difference:
    """The largest absolute differences between two layers: of their outputs, and of all gradients."""

    output: float
    gradient: float

    def __repr__(self) -> str:
        return f"output {_below(self.output)}, gradient {_below(self.gradient)}"


def difference(ours: Callable[..., Tensor], theirs: Callable[..., Tensor], *inputs: Tensor) -> Difference:
    """Run two layers on the same inputs, and backward from the same random gradient, in float64.

    Gradients are compared for the inputs and, where both are modules, for the parameters of equal name.
    """
    outputs, gradients = zip(*(_run(layer, inputs) for layer in (ours, theirs)), strict=True)
    if gradients[0].keys() != gradients[1].keys():
        raise ValueError(f"parameters differ: {sorted(gradients[0])} and {sorted(gradients[1])}")
    return Difference(
        _gap(*outputs), max((_gap(g, gradients[1][name]) for name, g in gradients[0].items()), default=0.0)
    )


def _run(layer: Callable[..., Tensor], inputs: Sequence[Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
    fresh = [x.detach().double().requires_grad_() for x in inputs]
    named = dict(layer.named_parameters()) if isinstance(layer, torch.nn.Module) else {}
    out = layer(*fresh)
    upstream = torch.randn(out.shape, dtype=out.dtype, generator=torch.Generator().manual_seed(0))
    leaves = {**{str(k): x for k, x in enumerate(fresh)}, **named}
    grads = torch.autograd.grad(out, list(leaves.values()), upstream, allow_unused=True)
    return out.detach(), {name: g for name, g in zip(leaves, grads, strict=True) if g is not None}


def _gap(a: Tensor, b: Tensor) -> float:
    if a.shape != b.shape:
        raise ValueError(f"shapes {list(a.shape)} and {list(b.shape)} differ")
    return float((a - b).abs().max()) if a.numel() else 0.0


def _below(value: float) -> str:
    """The next power of ten above a residual: the residual itself differs from machine to machine."""
    for power in range(-14, 0):
        if value < 10.0**power:
            return f"below 1e{power}"
    return f"{value:.3f}"
