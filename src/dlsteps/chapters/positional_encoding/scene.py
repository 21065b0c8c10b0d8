"""The explorer of positions: what is written, which clocks it is, what moves it on, and what scores see."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from dlsteps.chapters.positional_encoding import beats
from dlsteps.chapters.positional_encoding.kinds import KINDS, ROWS
from dlsteps.nn.positional import angles
from dlsteps.stage import Choice, Explorer, Frame, Scalar, Steps, to_display

BEATS = ("numbers", "clocks", "move on", "distance")
WIDTHS = (4, 8)
T, MOST = 8, 24  # positions shown, and at most of a reader's own


def explorer(positions: Tensor | None = None, d_model: int | None = None, **start: Scalar) -> Explorer:
    """See what four kinds of positions write, and what the score of two tokens sees of it.

    Args:
        positions: of your own, (T,), whole numbers from 0 up.
        d_model: width of your own, even; 8 if not given.
        **start: values of controls to begin with, such as `step="distance", kind="rotary"`.

    Raises:
        TypeError: `positions` are no whole numbers.
        ValueError: there is no position, or too many, or one is out of range; or the width is odd.
    """
    title = "How does a token say where it stands?"
    controls = [Steps("step", "step", BEATS), Choice("kind", "kind", KINDS)]
    if positions is None and d_model is None:
        widths = Choice("d", "d", WIDTHS)
        scene = functools.partial(frame, torch.arange(T))
        return Explorer("positions", title, scene, [*controls, widths], start=start)
    own = torch.arange(T) if positions is None else as_positions(positions)
    width = 8 if d_model is None else d_model
    angles(own, width)  # refuses an odd width here
    scene = functools.partial(frame, own, d=width)
    return Explorer("positions", title, scene, controls, baked=False, start=start)


def as_positions(positions: Tensor) -> Tensor:
    """A reader's positions as whole numbers."""
    values = torch.from_numpy(to_display(positions, "positions"))
    if values.ndim != 1 or not 0 < len(values) <= MOST:
        raise ValueError(f"positions have shape {tuple(values.shape)}; give 1 to {MOST} of them, on one axis")
    if not bool((values == values.round()).all()):
        raise TypeError("positions count tokens, so they are whole numbers; try positions.long()")
    last = ROWS - beats.BY - 1
    if not bool(((values >= 0) & (values <= last)).all()):
        raise ValueError(
            f"a position is not from 0 to {last}: a table of positions has an end; try smaller ones"
        )
    return values.long()


def frame(positions: Tensor, *, step: str, kind: str, d: int) -> Frame:
    """What the explorer shows for these control values."""
    if step == "distance":
        return beats.distance(kind, d)
    view = {"numbers": beats.numbers, "clocks": beats.clocks, "move on": beats.move_on}[step]
    return view(positions, kind, d)
