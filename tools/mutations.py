"""Small mistakes that one could make in a function, found in its syntax tree.

A test suite that still passes with such a mistake in the code does not hold that line. Words are left alone:
docstrings, annotations, f-strings and the messages of errors.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mod, ast.Mod: ast.FloorDiv,
}  # fmt: skip
FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any"}
METHODS = FUNCTIONS | {
    "amax": "amin", "amin": "amax", "sum": "mean", "mean": "sum", "floor": "ceil", "ceil": "floor",
    "sqrt": "square", "square": "sqrt", "sin": "cos", "cos": "sin",
}  # fmt: skip
WORDS = (ast.JoinedStr, ast.Raise, ast.Import, ast.ImportFrom)
DELETED = (ast.Expr, ast.AugAssign, ast.Raise, ast.Assert, ast.Delete, ast.Break)


@dataclass(frozen=True)
class Mutation:
    """One change: `holder` (a node, or a list of nodes) gets `new` for `old` in the place `key`."""

    tree: ast.Module
    holder: ast.AST | list
    key: str | int
    old: ast.AST
    new: ast.AST

    @property
    def line(self) -> int:
        return self.old.lineno

    def source(self) -> str:
        """The whole module with this change, as Python."""
        self._put(self.new)
        try:
            return ast.unparse(self.tree)
        finally:
            self._put(self.old)

    def _put(self, node: ast.AST) -> None:
        if isinstance(self.holder, list):
            self.holder[self.key] = node
        else:
            setattr(self.holder, self.key, node)

    def __str__(self) -> str:
        before, after = (ast.unparse(node).splitlines()[0] for node in (self.old, self.new))
        return f"{before} → {after}"


def mutations(source: str) -> list[Mutation]:
    """Return every mutation of the functions and classes of a module, in the order of its lines."""
    tree = ast.parse(source)
    return sorted(_walk(tree, tree, inside=False), key=lambda mutation: mutation.line)


def _walk(tree: ast.Module, node: ast.AST, inside: bool) -> Iterator[Mutation]:
    inside = inside or isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef))
    for holder, key, child in _children(node):
        if inside:
            for new in _replacements(child):
                yield Mutation(tree, holder, key, child, new)
        if not isinstance(child, WORDS):
            yield from _walk(tree, child, inside)


def _children(node: ast.AST) -> Iterator[tuple[ast.AST | list, str | int, ast.AST]]:
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        places = enumerate(value) if isinstance(value, list) else [(field, value)]
        for key, child in places:
            if isinstance(child, ast.AST):
                yield (value if isinstance(value, list) else node), key, child


def _replacements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what could stand here by mistake."""
    match node:
        case ast.Expr(ast.Constant()):
            return  # a docstring, or the `...` of a protocol
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value)):
            yield from (ast.Constant(value + 1), ast.Constant(value - 1))
        case ast.Constant(float(value)):
            yield ast.Constant(2 * value or 1.0)
        case ast.Compare(left, [op, *ops], right):
            yield ast.Compare(left, [SWAPPED[type(op)](), *ops], right)
            if ops:
                yield ast.Compare(left, [op, SWAPPED[type(ops[0])](), *ops[1:]], right)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(SWAPPED[type(op)](), values)
        case ast.BinOp(left, op, right) if type(op) in SWAPPED:
            yield ast.BinOp(left, SWAPPED[type(op)](), right)
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Return(ast.Constant(None)):
            return
        case ast.Return(None):
            yield ast.Pass()
        case ast.Return():
            yield ast.Return(ast.Constant(None))
        case ast.Continue():
            yield ast.Break()
        case ast.Call(func, args, keywords):
            yield from (ast.Call(func, args, [k for k in keywords if k is not left]) for left in keywords)
            if isinstance(func, ast.Name) and func.id == "range":
                yield ast.Call(func, [*args[:-1], _plus(args[-1], -1)], keywords)
        case ast.Attribute(value, name) if name in METHODS:
            yield ast.Attribute(value, METHODS[name])
        case ast.Name(name) if name in FUNCTIONS:
            yield ast.Name(FUNCTIONS[name])
        case ast.Slice(lower, upper, None):
            if not isinstance(lower, ast.Constant):
                yield ast.Slice(_plus(lower, 1), upper)
            if not isinstance(upper, ast.Constant):
                yield ast.Slice(lower, _plus(upper, -1))
    if isinstance(node, ast.AugAssign):
        yield ast.Assign([node.target], node.value, lineno=node.lineno)
    if isinstance(node, DELETED) or (isinstance(node, ast.Assign) and _stands_without(node)):
        yield ast.Pass()


def _plus(bound: ast.AST | None, step: int) -> ast.AST:
    """A bound moved by one; where a slice has none, its end."""
    if bound is None:
        return ast.Constant(step)
    return ast.BinOp(bound, ast.Add() if step > 0 else ast.Sub(), ast.Constant(1))


def _stands_without(node: ast.Assign) -> bool:
    """Whether what comes after an assignment can run without it, as its names were there before."""
    read = {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)}
    set_here = {name.id for t in node.targets for name in ast.walk(t) if isinstance(name, ast.Name)}
    return all(isinstance(t, ast.Attribute | ast.Subscript) for t in node.targets) or set_here <= read
