"""The gradient flow explorer: how large a signal is after each block, and its gradient on the way back."""

from __future__ import annotations

import functools

from torch import Tensor, nn

from dlsteps.chapters.gradient_flow.flow import (
    HE,
    NORMS,
    Flow,
    Recipe,
    factor,
    first_step,
    observe_own,
)
from dlsteps.nn.gradient_flow import clip_by_norm
from dlsteps.show.words import tex
from dlsteps.stage import Choice, Curves, Explorer, Frame, Line, Scalar, Slider, Steps, Toggle

BEATS = ("forward", "backward", "weights", "clip")
DEPTHS = (10, 30)
GAINS = {1.0: 1.0, 1.41: HE, 2.0: 2.0}  # as the slider shows them, and as they are
SHOWN = ("sigmoid", "tanh", "ReLU")
LIMIT = 1.0  # of the length of all gradients together
say = functools.partial(tex, floor=0)


def explorer(
    model: nn.Module | None = None, x: Tensor | None = None, y: Tensor | None = None, **start: Scalar
) -> Explorer:
    """Step a batch forward through a deep network, and its gradient back.

    Args:
        model: a module of your own; with it a batch `x`. It is run once in the mode it is in, and left as it
            was, but for what a forward pass changes in it, such as running statistics.
        x: what the model takes, such as (N, C).
        y: labels (N,) for a cross-entropy; without them the loss is half the mean square of the output.
        **start: values of controls to begin with, such as `norm="batch", step="backward"`.

    Raises:
        TypeError: `model` and `x` do not come together, or `start` names no control.
        ValueError: the model has no parameters, or fewer than two layers that have; or does not take `x`.
    """
    if (model is None) != (x is None):
        raise TypeError("a model comes with its batch: explorer(model, x)")
    steps = Steps("step", "step", BEATS)
    title = "What comes back to the first block?"
    if model is not None:
        scene = functools.partial(shown, observe_own(model, x, y), None)
        return Explorer("gradient-flow", title, scene, [steps], baked=False, start=start)
    controls = [
        Choice("depth", "blocks", DEPTHS, default=30),
        Choice("activation", "activation", SHOWN, default="sigmoid"),
        Slider("gain", "gain of the weights", tuple(GAINS), default=1.0),
        Choice("norm", "norm", tuple(NORMS)),
        Toggle("residual", "shortcuts"),
        steps,
    ]
    return Explorer("gradient-flow", title, frame, controls, start=start)


def frame(*, depth: int, activation: str, gain: float, norm: str, residual: bool, step: str) -> Frame:
    """What the explorer shows for these control values."""
    recipe = Recipe(depth, activation, GAINS[gain], norm, residual)
    plain = recipe._replace(norm="none", residual=False)
    return shown(first_step(recipe), None if plain == recipe else first_step(plain), step=step)


def shown(flow: Flow, plain: Flow | None, *, step: str) -> Frame:
    """One beat of a network's first step, beside the same network without norm and shortcuts."""
    beat = BEATS.index(step)
    forward = curves("forward: size of the signal", "root mean square", "sizes", flow, plain)
    panels = {
        "forward": [forward],
        "backward": [forward, curves("back: length of the gradient", "‖g‖", "back", flow, plain)],
        "weights": [forward, curves("gradient of each block's weights", "‖∂L/∂W‖", "weights", flow, plain)],
        "clip": [clipping(flow), forward],
    }[step]
    caption, formula = words(flow, step)
    return Frame(
        panels=panels,
        lead=f"Step {beat + 1}, {step}.",
        caption=caption,
        formula=formula,
        readout=readout(flow, beat),
    )


def curves(title: str, y: str, key: str, flow: Flow, plain: Flow | None) -> Curves:
    """One quantity, block by block."""
    lines = [line("this network", getattr(flow, key))]
    if plain is not None:
        lines.append(line("plain", getattr(plain, key)))
    return Curves(title=title, lines=lines, x="block", y=y, ylog=True)


def line(name: str, values: Tensor) -> Line:
    return Line(name, list(range(1, len(values) + 1)), values.tolist())


def clipping(flow: Flow) -> Curves:
    """The weights' gradients before and after all of them were shortened by one factor."""
    lines = [line("before", flow.weights), line("clipped", flow.weights * clip_factor(flow))]
    return Curves(title="gradient of each block's weights", lines=lines, x="block", y="‖∂L/∂W‖", ylog=True)


def clip_factor(flow: Flow) -> float:
    """What clipping at `LIMIT` multiplies every gradient by."""
    return clip_by_norm([flow.weights], LIMIT).factor.item()


def readout(flow: Flow, beat: int) -> list[tuple[str, str]]:
    """The numbers that have been named by this beat."""
    pairs = [
        (0, "per block, forward", say(1 / factor(flow.sizes))),
        (1, "loss", say(flow.loss)),
        (1, "per block, back", say(factor(flow.back))),
        (2, "longest weights' gradient", say(flow.weights.max())),
        (3, "clipping multiplies by", say(clip_factor(flow))),
    ]
    return [(name, value) for first, name, value in pairs if beat >= first]


def words(flow: Flow, step: str) -> tuple[str, str]:
    """Caption and formula of a beat."""
    L, total = len(flow.back), flow.weights.norm().item()
    first, last = say(flow.back[0]), say(flow.back[-1])
    share = say(flow.back[0] / flow.back[-1])
    return {
        "forward": (
            f"A batch of digits goes through {L} blocks. What leaves the first has size "
            f"{say(flow.sizes[0])}, what leaves the last {say(flow.sizes[-1])}.",
            rf"h_l = f(W_l\, h_{{l-1}}): \quad {say(flow.sizes[0])} \to {say(flow.sizes[-1])}",
        ),
        "backward": (
            f"The gradient begins at block {L} with length {last}, and reaches block 1 with {first}. On its "
            f"way it is multiplied by {say(factor(flow.back))} per block, on average. {verdict(flow)}",
            rf"\frac{{\lVert g_1 \rVert}}{{\lVert g_{{{L}}} \rVert}} = \frac{{{first}}}{{{last}}} = {share}",
        ),
        "weights": (
            "A weight's gradient is the product of what comes back and what came forward: it is small where "
            f"either is. The first block's is {say(flow.weights[0])} long, the last's "
            f"{say(flow.weights[-1])}.",
            r"\frac{\partial L}{\partial W_l} = \delta_l\, h_{l-1}^\top",
        ),
        "clip": (
            f"All of them together are {say(total)} long. Clipping at {LIMIT:g} multiplies each by "
            f"{say(clip_factor(flow))}. Their ratios stay: a block that got next to nothing gets no more.",
            rf"g \leftarrow g \cdot \min\Bigl(1, \frac{{{LIMIT:g}}}{{{say(total)}}}\Bigr)",
        ),
    }[step]


def verdict(flow: Flow) -> str:
    """What that is called."""
    share = (flow.back[0] / flow.back[-1]).item()
    if share < 1e-3:
        return "It vanishes."
    return "It explodes." if share > 1e3 else "It arrives."
