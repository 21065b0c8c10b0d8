"""A scene: what is shown, and by which controls. The hosts, a widget and plain HTML, are made from it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .bank import bake
from .controls import Control, Scalar, State, Steps, canonical, check_controls, check_start, states
from .frame import Frame


@dataclass(frozen=True, eq=False)
class Scene:
    """A title, a few controls, and a pure function from their values to a frame.

    Args:
        name: its name in addresses: ``#name:control=value``.
        title: the question it answers.
        controls: see `dlsteps.stage.controls`.
        frame: takes the controls' values by name and returns a `Frame`; pure.
        start: values of controls to begin with; the others begin at their defaults.
        baked: a page carries every frame; if not, the beats of the start alone, as for a reader's own tensor,
            of which the live widget asks the kernel for each frame.

    Raises:
        ValueError: the controls contradict each other, or `start` has a value that its control has not.
        TypeError: `start` names no control.
    """

    name: str
    title: str
    controls: Sequence[Control]
    frame: Callable[..., Frame]
    start: Mapping[str, Scalar] = field(default_factory=dict)
    baked: bool = True

    def __post_init__(self) -> None:
        check_controls(self.controls)
        object.__setattr__(self, "controls", tuple(self.controls))
        object.__setattr__(self, "start", canonical(self.controls, check_start(self.start, self.controls)))

    def at(self, state: Mapping[str, Scalar], **changes: Scalar) -> Frame:
        """The frame of a state, with some of the controls changed."""
        return self.frame(**canonical(self.controls, {**state, **changes}))

    def beats(self, state: Mapping[str, Scalar]) -> list[State]:
        """The states of the beats, all else as in `state`; that alone where there are no beats."""
        steps = next((c for c in self.controls if isinstance(c, Steps)), None)
        values = [{steps.name: value} for value in steps.values] if steps else [{}]
        return [canonical(self.controls, {**state, **value}) for value in values]

    def spec(self) -> dict[str, Any]:
        """What the script needs beside the frames."""
        spec = {"name": self.name, "title": self.title, "controls": [c.to_json() for c in self.controls]}
        return spec if self.baked else {**spec, "partial": True}

    def bank(self, state: Mapping[str, Scalar] | None = None) -> dict[str, Any]:
        """The frames that a page carries, each distinct value once: all of them, or the beats of `state`."""
        return self._all if self.baked else bake(self.controls, self.frame, self.beats(state or self.start))

    @functools.cached_property
    def _all(self) -> dict[str, Any]:
        return bake(self.controls, self.frame, states(self.controls))
