"""The activation explorer: the value, the slope, what many slopes multiply to, and the units of a layer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dlsteps.chapters.activations.layer import of_digits
from dlsteps.nn import activations
from dlsteps.nn.activations import through_depth
from dlsteps.show.words import plural, signed, tex
from dlsteps.stage import (
    Choice,
    Curves,
    Explorer,
    Frame,
    Line,
    Matrix,
    Scalar,
    Select,
    Slider,
    Steps,
    to_display,
)

STEPS = ("value", "slope", "against another", "a layer", "through depth")
PLACES = (-6, -4, -2, -1, -0.5, 0, 0.5, 1, 2, 4, 6)
LINE = torch.linspace(-6, 6, 121, dtype=torch.float64)
DEPTH = 50


@dataclass(frozen=True)
class Function:
    """One activation, as the explorer shows it."""

    title: str
    f: Callable[[Tensor], Tensor]
    derivative: Callable[[Tensor], Tensor]
    formula: str  # TeX, with x
    name: str  # in `dlsteps.nn.activations.CURVES`; "" where it has two inputs


def _curve(title: str, name: str, formula: str) -> Function:
    f, derivative = activations.curve(name)
    return Function(title, f, derivative, formula, name)


FUNCTIONS = {
    "ReLU": _curve("ReLU", "relu", r"\max(0, x)"),
    "leaky ReLU": _curve("leaky ReLU", "leaky_relu", r"\max(0, x) + 0.01 \min(0, x)"),
    "sigmoid": _curve("sigmoid", "sigmoid", r"\frac{1}{1 + e^{-x}}"),
    "tanh": _curve("tanh", "tanh", r"\tanh x"),
    "SiLU": _curve("SiLU", "silu", r"x\,\sigma(x)"),
    "GELU": _curve("GELU", "gelu", r"x\,\Phi(x)"),
}


def explorer(z: Tensor | None = None, **start: Scalar) -> Explorer:
    """Step from an activation's value to its slope, a layer of units, and a product of fifty slopes.

    Args:
        z: pre-activations of a layer of your own, (samples, units), for the beat "a layer"; if not given,
            eight digits through a layer of ten units whose biases differ.
        **start: values of controls to begin with, such as `function="tanh", step="slope"`.

    Raises:
        TypeError: `z` holds no real numbers, or `start` names no control.
        ValueError: `z` is no matrix, or has too many cells to show.
    """
    names = tuple(FUNCTIONS)
    controls = [
        Steps("step", "step", STEPS),
        Choice("function", "function", names),
        Slider(
            "x",
            "x",
            PLACES,
            default=1,
            labels=[signed(x, 1) for x in PLACES],
            when={"step": list(STEPS[:2])},
        ),
        Choice("other", "beside", names, default="SiLU", when={"step": ["against another"]}),
    ]
    scene = functools.partial(frame, as_layer(z) if z is not None else of_digits())
    return Explorer("activation", "What does a bend do?", scene, controls, baked=z is None, start=start)


def as_layer(z: Tensor) -> Tensor:
    """A reader's pre-activations as (samples, units), float64."""
    values = torch.from_numpy(to_display(z, "z"))
    if values.ndim != 2 or values.numel() == 0:
        raise ValueError(f"z has shape {tuple(values.shape)}; give (samples, units), both 1 or more")
    return values


def frame(z: Tensor, *, step: str, function: str, x: float, other: str) -> Frame:
    """What the explorer shows for these control values."""
    chosen = FUNCTIONS[function]
    if step == "against another":
        return beside(chosen, FUNCTIONS[other])
    if step == "a layer":
        return layer(chosen, z)
    if step == "through depth":
        return deep(chosen)
    at = torch.tensor(float(x), dtype=torch.float64)
    return (value if step == "value" else slope)(chosen, at)


def value(chosen: Function, x: Tensor) -> Frame:
    """One number in, one number out."""
    y = chosen.f(x)
    return Frame(
        panels=[Curves(title=chosen.title, lines=[_line("f(x)", chosen.f)], x="x", marker=x.item())],
        lead="The value.",
        caption=f"{chosen.title} takes {signed(x, 1)} and gives {signed(y, 3)}.",
        formula=rf"f({tex(x, 1)}) = {chosen.formula} = {tex(y)}",
        readout=_ends(chosen),
    )


def slope(chosen: Function, x: Tensor) -> Frame:
    """How fast the value follows the input: the factor that a gradient is multiplied by."""
    s = chosen.derivative(x)
    what = "passes on nothing" if abs(s) < 5e-4 else f"is multiplied by {signed(s, 3)}"
    return Frame(
        panels=[
            Curves(
                title=chosen.title,
                lines=[_line("f(x)", chosen.f), _line("f′(x)", chosen.derivative)],
                x="x",
                marker=x.item(),
            )
        ],
        lead="The slope.",
        caption=f"On its way back through {chosen.title} at {signed(x, 1)} a gradient {what}.",
        formula=rf"f'({tex(x, 1)}) = {tex(s)}",
        readout=_slopes(chosen),
    )


def beside(one: Function, two: Function) -> Frame:
    """Two functions over one axis, and where they differ most."""
    gap = (one.f(LINE) - two.f(LINE)).abs()
    at = LINE[gap.argmax()]
    caption = f"{one.title} and {two.title} differ most at x = {signed(at, 1)}, by {signed(gap.max(), 3)}."
    if one is two:
        caption = f"Choose another function to hold beside {one.title}."
    lines = [_line(one.title, one.f)] + ([] if one is two else [_line(two.title, two.f)])
    slopes = [_line(f"{f.title}, slope", f.derivative) for f in ((one,) if one is two else (one, two))]
    return Frame(
        panels=[Curves(title="values", lines=lines, x="x"), Curves(title="slopes", lines=slopes, x="x")],
        lead="Side by side.",
        caption=caption,
        formula=rf"{one.formula} \quad\text{{and}}\quad {two.formula}",
    )


def layer(chosen: Function, z: Tensor) -> Frame:
    """A unit is dead where its slope is 0 for every sample: no gradient can bring it back."""
    y, s = chosen.f(z), chosen.derivative(z)
    keys = torch.arange(z.shape[1]).expand(z.shape).numpy()
    dead = (s.abs() < 1e-12).all(0)
    samples, units = (
        [f"{noun} {k}" for k in range(n)] for noun, n in zip(("sample", "unit"), z.shape, strict=True)
    )
    short = [str(k) for k in range(z.shape[1])]
    share = (s.abs() < 1e-12).double().mean(0)
    return Frame(
        panels=[
            Matrix(title="z, before", note=f"shape {list(z.shape)}", values=z, keys=keys, rows=samples,
                   columns=short, digits=1),
            Matrix(title="f(z), after", note="a column is a unit", values=y, keys=keys, columns=short,
                   digits=1),
        ],
        lead="A layer.",
        caption=(
            f"In «label» the slope is 0 for «share» of the {z.shape[0]} samples. "
            f"{plural(int(dead.sum()), 'unit')} of {z.shape[1]} pass on no gradient at all."
        ),
        formula=r"\frac{\partial L}{\partial z} = f'(z)\,\frac{\partial L}{\partial f(z)}",
        readout=[
            ("dead units", ", ".join(str(k) for k in dead.nonzero().flatten().tolist()) or "none"),
            ("cells with slope 0", f"{int((s.abs() < 1e-12).sum())} of {s.numel()}"),
            ("mean of f(z)", signed(y.mean(), 3)),
        ],
        select=Select("unit", units, {"share": [f"{int(v * z.shape[0] + 0.5)}" for v in share]}),
    )  # fmt: skip


def deep(chosen: Function) -> Frame:
    """The product of the slopes of fifty in a row, started at three places."""
    lines, last = [], {}
    for x in (0.5, 1.0, 2.0):
        products = through_depth(torch.tensor(x, dtype=torch.float64), chosen.name, DEPTH).products
        lines.append(Line(f"from x = {signed(x, 1)}", list(range(1, DEPTH + 1)), products.tolist()))
        last[x] = products[-1].item()
    return Frame(
        panels=[Curves(title="product of the slopes", lines=lines, x="layers", ylog=True)],
        lead="Through depth.",
        caption=(
            f"Apply {chosen.title} {DEPTH} times in a row, with weight 1. From x = 1 the gradient that comes "
            f"back is {signed(last[1.0], 3, floor=0)} of the one that went in."
        ),
        formula=r"\frac{\partial x_L}{\partial x_0} = \prod_{l=0}^{L-1} f'(x_l)",
        readout=[(f"from x = {signed(x, 1)}", signed(v, 3, floor=0)) for x, v in last.items()],
    )


def _line(label: str, f: Callable[[Tensor], Tensor]) -> Line:
    return Line(label, LINE.tolist(), f(LINE).tolist())


def _ends(chosen: Function) -> list[tuple[str, str]]:
    y = chosen.f(LINE)
    return [("lowest on [−6, 6]", signed(y.min(), 3)), ("highest", signed(y.max(), 3))]


def _slopes(chosen: Function) -> list[tuple[str, str]]:
    s = chosen.derivative(LINE)
    return [
        ("steepest", signed(s.max(), 3)),
        ("slope at −6", signed(s[0], 3)),
        ("slope at 6", signed(s[-1], 3)),
    ]
