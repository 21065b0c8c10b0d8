"""What a chapter shows beside its explorers: real source, and tables of numbers."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


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


def below(value: float) -> str:
    """The next power of ten above a residual: the residual itself differs from machine to machine."""
    for power in range(-14, 0):
        if value < 10.0**power:
            return f"below 1e{power}"
    return f"{value:.3f}"
