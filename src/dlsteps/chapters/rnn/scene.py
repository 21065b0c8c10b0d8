"""The RNN explorer: a digit read line by line, what a state has read, and the gradient on its way back."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from dlsteps.chapters.rnn.networks import owed, stretching
from dlsteps.data import split_digits
from dlsteps.nn.recurrent import RNN
from dlsteps.numbers import brief
from dlsteps.show.words import plural, tex
from dlsteps.stage import (
    Choice,
    Curves,
    Explorer,
    Frame,
    Line,
    Matrix,
    Scalar,
    Select,
    Steps,
    to_display,
)

BEATS = ("sequence", "one step", "all it has read", "gradient back", "longer")
DIGITS = (0, 3, 7)
GAINS = (0.5, 0.8, 1.0, 1.5, 2.5)
H, LONG = 6, 8  # numbers in the state, and digits that are read one after the other


def explorer(x: Tensor | None = None, layer: nn.Module | None = None, **start: Scalar) -> Explorer:
    """Follow a sequence through a plain recurrent network, and a gradient back.

    Args:
        x: a sequence of your own, (T, C).
        layer: a network of your own that reads it, torch's `nn.RNN` or the book's `RNN`, with one layer.
        **start: values of controls to begin with, such as `gain=1.5`.

    Raises:
        TypeError: `layer` is no plain recurrent network, or `x` holds no real numbers.
        ValueError: `x` has not the axes (T, C), or the layer does not take it.
    """
    title = "What does the last state still owe to the first?"
    gains = Choice("gain", "stretch of the state matrix", GAINS, default=1.0)
    if x is None and layer is None:
        digit = Choice("digit", "digit", DIGITS)
        return Explorer("rnn", title, frame, [Steps("step", "step", BEATS), digit, gains], start=start)
    x = as_sequence(digit_called(DIGITS[0]) if x is None else x)
    controls = [Steps("step", "step", BEATS[:-1]), *([gains] if layer is None else [])]
    own = None if layer is None else as_network(layer, x)
    scene = functools.partial(_own, x, own)
    return Explorer("rnn", title, scene, controls, baked=False, start=start)


@functools.cache
def digit_called(label: int) -> Tensor:
    """The first test digit of this label, (8, 8): eight lines of eight pixels."""
    digits = split_digits().test
    return digits.images[digits.labels == label][0, 0]


def as_sequence(x: Tensor) -> Tensor:
    """A reader's sequence as (T, C), float64, detached."""
    values = torch.from_numpy(to_display(x, "x"))
    if values.ndim != 2 or values.shape[0] < 2 or values.numel() == 0:
        raise ValueError(f"x has shape {tuple(values.shape)}; give one sequence (T, C) of two steps or more")
    return values


def as_network(layer: nn.Module, x: Tensor) -> RNN:
    """A reader's layer as the book's `RNN`, float64, with the same numbers.

    Raises:
        TypeError: the layer is no plain recurrent network.
        ValueError: it has several layers or directions, or reads another number of features.
    """
    if not isinstance(layer, (nn.RNN, RNN)):
        raise TypeError(f"layer is a {type(layer).__name__}; give torch's nn.RNN or the book's RNN")
    if layer.num_layers != 1 or getattr(layer, "bidirectional", False):
        raise ValueError("the layer has several layers or directions; give one layer that reads forward")
    if layer.input_size != x.shape[1]:
        raise ValueError(
            f"the layer reads {layer.input_size} numbers a step, but x has {x.shape[1]}; give x of shape "
            f"(T, {layer.input_size})"
        )
    own = RNN(layer.input_size, layer.hidden_size, bias=layer.bias, nonlinearity=layer.nonlinearity).double()
    own.load_state_dict(layer.state_dict())
    return own


def _own(x: Tensor, layer: RNN | None, *, step: str, gain: float = 1.0) -> Frame:
    return shown(x, layer or stretching(x.shape[1], H, gain, seed=1), step, gain if layer is None else None)


def frame(*, step: str, digit: int, gain: float) -> Frame:
    """What the explorer shows for these control values."""
    if step == "longer":
        return longer(gain)
    x = digit_called(digit)
    return shown(x, stretching(x.shape[1], H, gain, seed=1), step, gain)


def shown(x: Tensor, net: RNN, step: str, gain: float | None) -> Frame:
    """The sequence and, from beat to beat, the states and the gradient; step t is what can be selected."""
    T, C = x.shape
    with torch.no_grad():
        h = net(x[None])[0][0]
    rows = [f"t = {t}" for t in range(1, T + 1)]
    keys = torch.arange(T)[:, None]
    panels = [Matrix(title="x", note=f"shape {[T, C]}, a line at each step", values=x, rows=rows, digits=1,
                     keys=keys.expand(T, C).numpy())]  # fmt: skip
    if step != "sequence":
        panels.append(
            Matrix(title="h", note=f"shape {list(h.shape)}", values=h, rows=rows, scale=1.0,
                   keys=keys.expand_as(h).numpy(), reveal=step == "one step")
        )  # fmt: skip
    reads = {}
    if step == "one step":
        reads = {"h": [_cells(range(max(0, t - 1), t), h) for t in range(T)]}
    elif step == "all it has read":
        reads = {"x": [_cells(range(t), x) for t in range(T)], "h": [_cells(range(t), h) for t in range(T)]}
    gradient = owed(net, x)
    if step == "gradient back":
        panels.append(
            Matrix(title="∂h_T[0] / ∂h_t", note="what the first number of the last state owes to each state",
                   values=gradient, rows=rows, digits=3, scale=1.0, keys=keys.expand_as(h).numpy())
        )  # fmt: skip
    caption, formula = words(step, net, C)
    return Frame(
        panels=panels,
        lead={"sequence": "The sequence.", "one step": "The same cell again.",
              "all it has read": "The whole past.", "gradient back": "On the way back."}[step],
        caption=caption,
        formula=formula,
        readout=readout(net, gradient, step, gain),
        reads=reads,
        select=Select("step", [f"step {t}" for t in range(1, T + 1)], numbers(h, gradient, net)),
    )  # fmt: skip


def _cells(rows: range, values: Tensor) -> list[int]:
    width = values.shape[1]
    return [row * width + column for row in rows for column in range(width)]


def numbers(h: Tensor, gradient: Tensor, net: RNN) -> dict[str, list[str]]:
    """The texts that captions and formulas put in for each step."""
    T = len(h)
    stretch = torch.linalg.matrix_norm(net.weight_hh_l0.detach(), 2).item()
    return {
        "t": [str(t) for t in range(1, T + 1)],
        "last": [str(t) for t in range(T)],
        "before": ["the state before, which is 0" if t == 0 else f"the state of step {t}" for t in range(T)],
        "past": [plural(t + 1, "line") for t in range(T)],
        "first": [tex(v) for v in h[:, 0]],
        "back": [str(T - t) for t in range(1, T + 1)],
        "norm": [tex(row.norm()) for row in gradient],
        "bound": [tex(stretch ** (T - t)) for t in range(1, T + 1)],
    }


def words(step: str, net: RNN, C: int) -> tuple[str, str]:
    """Caption and formula of a beat."""
    squash = rf"\text{{{net.nonlinearity}}}"
    bias = " + b_h" if net.bias else ""
    cell = rf"h_t = {squash}(W_{{hx}} x_t + W_{{hh}} h_{{t-1}}{bias})"
    if step == "sequence":
        return f"At «label» the network is shown line «t», {plural(C, 'number')}, and nothing else.", cell
    if step == "one step":
        return (
            "At «label» it makes a new state from line «t» and from «before», with the same two matrices as "
            "at every step. Its first number is «first».",
            rf"h_{{«t»}} = {squash}(W_{{hx}} x_{{«t»}} + W_{{hh}} h_{{«last»}}{bias}), \; "
            r"h_{«t»}[0] = «first»",
        )
    if step == "all it has read":
        return (
            "State «t» was made from state and line, that state from those before it: «past» in all. "
            "All of them have to fit into the "
            f"{plural(net.hidden_size, 'number')} of one state.",
            cell,
        )
    return (
        "From the end to «label» the gradient passes «back» times through the same matrix. "
        "Its length there is «norm»; the matrix alone allows at most «bound».",
        r"\left\lVert \frac{\partial h_T[0]}{\partial h_{«t»}} \right\rVert = «norm» "
        r"\le \lVert W_{hh} \rVert^{«back»} = «bound»",
    )


def readout(net: RNN, gradient: Tensor, step: str, gain: float | None) -> list[tuple[str, str]]:
    """Counts, and how long the gradient is at the first step."""
    pairs = [("numbers in the state", str(net.hidden_size))]
    stretch = gain if gain is not None else torch.linalg.matrix_norm(net.weight_hh_l0.detach(), 2).item()
    pairs.append(("stretch of the state matrix", tex(stretch)))
    if step == "gradient back":
        pairs.append(("gradient at step 1", tex(gradient[0].norm())))
    return pairs


@functools.cache
def long_gradients() -> dict[float, list[float]]:
    """For each stretch, the length of the gradient 0, 1, … steps back from the end of eight digits."""
    x = split_digits().test.images[:LONG, 0].flatten(0, 1)
    found = {}
    for gain in GAINS:
        lengths = owed(stretching(x.shape[1], H, gain, seed=1), x).norm(dim=1).flip(0)
        found[gain] = lengths.tolist()
    return found


def longer(gain: float) -> Frame:
    """The same cell over eight digits: what is left of the gradient, some steps back."""
    found = long_gradients()
    back = list(range(len(found[gain])))
    lines = [Line(f"stretch {g:g}", back, values) for g, values in found.items()]
    chosen = [8, 16, 32, back[-1]]
    return Frame(
        panels=[
            Curves(title="length of ∂h_T[0] / ∂h_t", note="the same cell, a line for each stretch",
                   lines=lines, x="steps back", ylog=True)
        ],
        lead=f"{LONG} digits one after the other.",
        caption=(
            f"«label»: there the gradient at a stretch of {gain:g} is «here» long. "
            "Over all five stretches it lies between «least» and «most»."
        ),
        formula=(
            r"\frac{\partial h_T}{\partial h_t} = \prod_{s=t+1}^{T} "
            r"\text{diag}(1 - h_s^2)\, W_{hh}"
        ),
        readout=[("steps", str(len(back))), ("gradient at step 1", brief(found[gain][-1], floor=0.0))],
        select=Select(
            "distance",
            [f"{lag} steps back" for lag in chosen],
            {
                "here": [brief(found[gain][lag], floor=0.0) for lag in chosen],
                "least": [brief(min(v[lag] for v in found.values()), floor=0.0) for lag in chosen],
                "most": [brief(max(v[lag] for v in found.values()), floor=0.0) for lag in chosen],
            },
        ),
    )  # fmt: skip
