"""The LSTM explorer: what each gate does at a step, what a held gate changes, and the gradient on its way."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from dlsteps.chapters.lstm.reading import (
    Given,
    beside,
    committed,
    from_layer,
    lengths_back,
    read,
    said,
)
from dlsteps.nn.recurrent import LSTMStep, along_the_belt
from dlsteps.numbers import brief, number
from dlsteps.show.words import plural, tex
from dlsteps.stage import Choice, Curves, Explorer, Frame, Graph, Line, Node, Scalar, Select, Steps
from dlsteps.stage.panels.panel import Panel

IN_THE_CELL = ("forget", "input", "update", "output")
BEATS = ("sequence", *IN_THE_CELL, "belt", "gradient back")
GATES = {
    "as it is": ("", 0.0),
    "f = 0": ("f", 0.0),
    "f = 1": ("f", 1.0),
    "i = 0": ("i", 0.0),
    "i = 1": ("i", 1.0),
    "o = 0": ("o", 0.0),
    "o = 1": ("o", 1.0),
}
NAMES = {"f": "forget", "i": "input", "o": "output"}


def explorer(x: Tensor | None = None, layer: nn.Module | None = None, **start: Scalar) -> Explorer:
    """Follow one number of an LSTM's cell through its gates and through time; hold a gate open or shut.

    Args:
        x: a sequence of your own, (T, C).
        layer: with it, the LSTM that reads it, torch's `nn.LSTM` or the book's `LSTM`, with one layer.
        **start: values of controls to begin with, such as `step="belt", gate="f = 0"`.

    Raises:
        TypeError: of x and layer one is missing, the layer is no LSTM, or `x` holds no real numbers.
        ValueError: `x` has not the axes (T, C), or the layer does not take it.
    """
    if (x is None) != (layer is None):
        raise TypeError("give x and layer together: explorer(x=sequence, layer=lstm)")
    own = None if x is None else from_layer(x, layer)
    given = own or committed()
    controls = [
        Steps("step", "step", BEATS),
        Choice("t", "at t", tuple(given.times), when={"step": [*IN_THE_CELL, "belt"]}),
        Choice("unit", "unit", tuple(given.units), when={"step": list(BEATS[1:])}),
        Choice("gate", "at t, all units", tuple(GATES), when={"step": ["belt"]}),
    ]
    scene = frame if own is None else functools.partial(frame, given=own)
    title = "What is kept, what is written, what is shown?"
    return Explorer("lstm", title, scene, controls, baked=own is None, start=start)


def frame(*, step: str, t: int, unit: int, gate: str, given: Given | None = None) -> Frame:
    """What the explorer shows for these control values."""
    given = given or committed()
    if step == "sequence":
        return sequence(given)
    if step == "belt":
        return belt(given, t, unit, gate)
    if step == "gradient back":
        return back(given, unit)
    return cell(given, step, t, unit)


@functools.lru_cache(maxsize=64)
def _read(given: Given, gate: str, t: int) -> tuple[LSTMStep, ...]:
    return tuple(read(given, *GATES[gate], t))


def through(given: Given, name: str, unit: int, gate: str = "as it is", t: int = 0) -> list[float]:
    """One number of each step, such as the cell's."""
    return [getattr(step, name)[0, unit].item() for step in _read(given, gate, t)]


def sequence(given: Given) -> Frame:
    """What is read, and what is asked."""
    T, C = given.x.shape
    names = ["number", "mark"] if given.trained else [f"x[{k}]" for k in range(min(C, 4))]
    lines = [Line(name, range(1, T + 1), given.x[:, k].tolist()) for k, name in enumerate(names)]
    more = "" if len(names) == C else f", the first {len(names)} of them"
    if given.trained:
        first, _, second, *_ = given.times
        a, b = (given.x[t - 1, 0].item() for t in (first, second))
        caption = (
            f"A hundred numbers, one at a step. Those at steps {first} and {second} are marked: {brief(a)} "
            f"and {brief(b)}. After the last step their sum is asked for, {brief(given.target)}. The network "
            f"says {brief(said(given, _read(given, 'as it is', 0)))}."
        )
    else:
        caption = f"A sequence of {plural(T, 'step')}, {plural(C, 'number')} at each."
    return Frame(
        panels=[Curves(title="x", note=f"shape {[T, C]}{more}", lines=lines, x="step t")],
        lead="The sequence.",
        caption=caption,
        formula=r"h_t, c_t = \text{LSTM}(x_t, h_{t-1}, c_{t-1})",
        readout=[("steps", str(T)), ("numbers in the cell", str(given.layer.hidden_size))],
    )


def cell(given: Given, beat: str, t: int, unit: int) -> Frame:
    """One unit's cell at one step, as a graph with values."""
    step, before = _read(given, "as it is", 0)[t - 1], 0.0
    if t > 1:
        before = _read(given, "as it is", 0)[t - 2].c[0, unit].item()
    values = {name: getattr(step, name)[0, unit].item() for name in step._fields}
    lead, caption, formula = words(given, beat, t, unit, before, values)
    told = [("unit", f"{unit} of {given.layer.hidden_size}"), ("step", f"{t} of {len(given.x)}")]
    return Frame(
        panels=[graph(given, beat, t, before, values)],
        lead=lead,
        caption=caption,
        formula=formula,
        readout=told,
    )


def graph(given: Given, beat: str, t: int, before: float, values: dict[str, float]) -> Panel:
    """Inputs on the left, the new state on the right; what this beat does not speak of is still to come."""
    f, i, g, o, c, h = (values[name] for name in "figoch")
    now = IN_THE_CELL.index(beat)
    H = given.layer.hidden_size
    line = given.x[t - 1]
    shown = ", ".join(brief(v, 2) for v in line) if len(line) <= 2 else plural(len(line), "number")
    parts = [
        ("c before", before, 0, ()),
        ("x", shown, 0, ()),
        ("h before", plural(H, "number"), 0, ()),
        ("forget f", f, 0, ("x", "h before")),
        ("f·c before", f * before, 0, ("forget f", "c before")),
        ("input i", i, 1, ("x", "h before")),
        ("update g", g, 1, ("x", "h before")),
        ("i·g", i * g, 1, ("input i", "update g")),
        ("c", c, 2, ("f·c before", "i·g")),
        ("output o", o, 3, ("x", "h before")),
        ("tanh c", torch.tensor(c).tanh().item(), 3, ("c",)),
        ("h", h, 3, ("output o", "tanh c")),
    ]
    names = [name for name, *_ in parts]
    nodes = [
        Node(name, value, state="next" if first > now else "new" if first == now and now else "")
        for name, value, first, _ in parts
    ]
    edges = [(names.index(a), k) for k, (*_, before) in enumerate(parts) for a in before]
    return Graph(title=f"the cell at t = {t}", note="one unit", nodes=nodes, edges=edges, digits=3)


def words(
    given: Given, beat: str, t: int, unit: int, before: float, values: dict[str, float]
) -> tuple[str, str, str]:
    """Lead, caption and formula of a beat inside the cell."""
    f, i, g, o, c, h = (tex(values[name]) for name in "figoch")
    kept, written = tex(values["f"] * before), tex(values["i"] * values["g"])
    marked = f" Step {t} is {'' if given.x[t - 1, 1] else 'not '}marked." if given.trained else ""
    share = {name: f"{100 * values[name]:.1f} %" for name in "fio"}
    shown = torch.tensor(values["c"]).tanh().item()
    return {
        "forget": (
            "What is kept.",
            f"The forget gate of unit {unit} is {f}: {share['f']} of the old cell, {tex(before)}, are kept."
            f"{marked}",
            rf"f_t\, c_{{t-1}} = {f} \cdot ({tex(before)}) = {kept}",
        ),
        "input": (
            "What is written.",
            f"The update says what could be written, {g}. The input gate is {i} and lets {share['i']} of it "
            f"in.{marked}",
            rf"i_t\, g_t = {i} \cdot ({g}) = {written}",
        ),
        "update": (
            "The new cell.",
            f"What was kept and what is written are added: the cell of unit {unit} goes from {tex(before)} "
            f"to {c}.{marked}",
            rf"c_t = {kept} + ({written}) = {c}",
        ),
        "output": (
            "What is shown.",
            f"The output gate is {o}. It shows {share['o']} of tanh c to the next step and to the layer "
            "above; the cell itself stays as it is.",
            rf"o_t \tanh c_t = {o} \cdot ({tex(shown)}) = {h}",
        ),
    }[beat]


def belt(given: Given, t: int, unit: int, gate: str) -> Frame:
    """One number of the cell over all steps, and what becomes of it if a gate is held at one of them."""
    T, (name, _) = len(given.x), GATES[gate]
    usual = through(given, "c", unit)
    lines = [Line("as it is", range(1, T + 1), usual)]
    steps = _read(given, gate, t if name else 0)
    if name:
        held = through(given, "c", unit, gate, t)
        lines.append(Line(gate, range(max(1, t - 1), T + 1), held[max(1, t - 1) - 1 :]))
    product = (along_the_belt(steps)[t - 1] * steps[t - 1].f)[0, unit].item()
    end = steps[-1].c[0, unit].item()
    readout = [(f"c at t = {T}", number(end))]
    if given.trained:
        readout += [("answer", number(said(given, steps))), ("right is", number(given.target))]
    return Frame(
        panels=[
            Curves(title=f"c of unit {unit}", note="the belt through time", lines=lines, x="step t", marker=t)
        ],
        lead="The belt.",
        caption=held_words(given, t, unit, gate, product, usual[-1], end),
        formula=rf"\prod_{{s={t}}}^{{{T}}} f_s = {tex(product)}",
        readout=readout,
    )


def held_words(given: Given, t: int, unit: int, gate: str, product: float, usual: float, end: float) -> str:
    """What a held gate did to the last cell, and to the answer."""
    name, value = GATES[gate]
    if not name:
        share = f"{100 * product:.3g}" if product >= 1e-3 else tex(100 * product)
        return (
            f"From step {t} to the end the forget gates of unit {unit} multiply to {tex(product)}: of what "
            f"was in the cell before, {share} % are still there."
        )
    state = "open" if value else "shut"
    answer = ""
    if given.trained:
        before, after = (said(given, _read(given, g, k)) for g, k in (("as it is", 0), (gate, t)))
        answer = f" The answer goes from {tex(before)} to {tex(after)}."
    return (
        f"At step {t}, and there only, the {NAMES[name]} gates of all units are held {state}. The last cell "
        f"of unit {unit} goes from {tex(usual)} to {tex(end)}.{answer}"
    )


@functools.lru_cache(maxsize=32)
def gradients(given: Given, unit: int) -> dict[str, list[float]]:
    """For each network, how long the gradient of its last cell or state is 0, 1, … steps back."""
    own = "trained LSTM" if given.trained else "your LSTM"
    found = {own: lengths_back(given.layer, given.x, unit).tolist()}
    found["the belt alone"] = along_the_belt(_read(given, "as it is", 0))[:, 0, unit].flip(0).tolist()
    for name, net in beside(given).items():
        found[name] = lengths_back(net, given.x, unit).tolist()
    return found


def back(given: Given, unit: int) -> Frame:
    """The gradient of the last cell, so many steps back, beside other networks on the same sequence."""
    found = gradients(given, unit)
    T = len(given.x)
    lags = sorted({max(1, round(share * (T - 1))) for share in (0.1, 0.3, 0.6, 1)})
    numbers = {
        f"at{k}": [brief(values[lag], floor=0.0) for values in found.values()] for k, lag in enumerate(lags)
    }
    distances, lengths = and_so([str(lag) for lag in lags]), and_so([f"«at{k}»" for k in range(len(lags))])
    return Frame(
        panels=[
            Curves(title="length of the gradient", note=f"unit {unit}; untrained networks of the same size",
                   lines=[Line(name, range(T), values) for name, values in found.items()],
                   x="steps back", ylog=True, keys=range(len(found)))
        ],
        lead="On the way back.",
        caption=f"«label»: {distances} steps back the gradient of unit {unit}'s last number is {lengths} "
        "long.",
        formula=r"\frac{\partial c_T}{\partial c_t} = \prod_{s=t+1}^{T} f_s + \text{paths through } h",
        select=Select("network", list(found), numbers),
    )  # fmt: skip


def and_so(texts: list[str]) -> str:
    """A list in a sentence: "1, 2 and 3"."""
    return " and ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]
