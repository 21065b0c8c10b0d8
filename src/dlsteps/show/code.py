"""The source of the package as a page shows it: the lines that are the equation.

The whole source, with docstrings, annotations and checks, is one click away on the API page.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from typing import Any

from dlsteps.show.tables import Markdown

WIDTH = 80  # characters that a page shows beside both its margins


def source(*things: Any, whole: bool = False) -> Markdown:
    """The source of functions and classes as it stands in the package.

    What says how to call a function is left out, so that what it computes remains: docstrings, decorators and
    annotations, and the checks of arguments.

    Args:
        things: functions, classes, methods or properties.
        whole: leave nothing out.
    """
    texts = [_code(thing, whole) for thing in things]
    return Markdown("```python\n" + "\n\n\n".join(texts) + "\n```")


def _code(thing: Any, whole: bool) -> str:
    thing = thing.fget if isinstance(thing, property) else inspect.unwrap(thing)
    code = textwrap.dedent(inspect.getsource(thing)).rstrip()
    return code if whole else idea(code)


def idea(code: str) -> str:
    """Return the code of a function or a class without what says how to call it."""
    lines: list[str | None] = list(code.splitlines())
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            for first, last in _docstring(node):
                _cut(lines, first, last)
        if isinstance(node, ast.FunctionDef):
            _sign(lines, node)
        if isinstance(node, ast.FunctionDef | ast.If):
            for statement in _checks(node):
                _cut(lines, statement.lineno, statement.end_lineno)
    return "\n".join(line for line in lines if line is not None).rstrip()


def _docstring(node: ast.ClassDef | ast.FunctionDef) -> Iterator[tuple[int, int]]:
    if ast.get_docstring(node) is not None and len(node.body) > 1:
        yield node.body[0].lineno, node.body[0].end_lineno


def _checks(node: ast.FunctionDef | ast.If) -> list[ast.stmt]:
    """The statements below a node that only refuse arguments, where others are left beside them."""
    found = [statement for statement in node.body if _is_check(statement)]
    if len(found) == len(node.body):
        found = []
    orelse = getattr(node, "orelse", [])
    return found + [statement for statement in orelse if len(orelse) == 1 and _is_elif_check(statement)]


def _is_elif_check(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.If) and _is_check(statement)


def _is_check(statement: ast.stmt) -> bool:
    """Whether a statement only refuses arguments: a call of a function named so, or an `if` that raises."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return ast.unparse(statement.value.func).rpartition(".")[2].lstrip("_").startswith("check")
    return (
        isinstance(statement, ast.If) and not statement.orelse and isinstance(statement.body[-1], ast.Raise)
    )


def _cut(lines: list[str | None], first: int, last: int) -> None:
    """Leave out lines, counted from 1, and the blank line below them."""
    if last < len(lines) and lines[last] is not None and not lines[last].strip():
        last += 1
    lines[first - 1 : last] = [None] * (last - first + 1)


def _sign(lines: list[str | None], node: ast.FunctionDef) -> None:
    """Put a signature of names and defaults in the place of the annotated one and its decorators."""
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    arguments = node.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        argument.annotation = None
    for argument in filter(None, [arguments.vararg, arguments.kwarg]):
        argument.annotation = None
    indent = " " * node.col_offset
    keep = [d for d in node.decorator_list if ast.unparse(d) in ("property", "staticmethod", "classmethod")]
    signature = f"{indent}def {node.name}({ast.unparse(arguments)}):"
    signature = "\n".join(textwrap.wrap(signature, WIDTH, subsequent_indent=indent + " " * 8))
    lines[start - 1 : node.body[0].lineno - 1] = [None] * (node.body[0].lineno - start)
    lines[start - 1] = "\n".join([*(f"{indent}@{ast.unparse(d)}" for d in keep), signature])
