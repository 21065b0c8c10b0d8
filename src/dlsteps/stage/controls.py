"""The controls of an explorer: a finite list of values each, so that every state can be baked."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

Scalar = str | int | float | bool
State = dict[str, Scalar]


@dataclass(frozen=True)
class Control:
    """One named control with finitely many values.

    Args:
        name: the scene's keyword argument, and the name in the address of a frame.
        label: what the reader sees beside it.
        values: what it can be set to.
        default: the value at the start; the first one if not given.
        labels: what the reader sees for each value; the values themselves if not given.
        when: shown only while other controls have one of these values, e.g. ``{"norm": ["Group"]}``;
            hidden, it is held at its default.
    """

    kind: ClassVar[str] = "choice"
    name: str
    label: str
    values: Sequence[Scalar]
    default: Scalar | None = None
    labels: Sequence[str] = ()
    when: Mapping[str, Sequence[Scalar]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = tuple(self.values)
        if not self.name.isidentifier() or self.name == "at":  # "at" is the selection in an address
            raise ValueError(f"control name {self.name!r} is no Python name, or is 'at'; rename the control")
        if not values:
            raise ValueError(f"control {self.name!r} has no values; give it at least one")
        if len(set(map(str, values))) != len(values) or len(set(values)) != len(values):  # 1 == True
            raise ValueError(f"control {self.name!r} lists a value twice: {values}; values must differ")
        if self.labels and len(self.labels) != len(values):
            raise ValueError(f"control {self.name!r} has {len(values)} values but {len(self.labels)} labels")
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "labels", tuple(self.labels) or tuple(str(v) for v in values))
        if self.default is None:
            object.__setattr__(self, "default", values[0])
        self.check(self.default)

    def check(self, value: Scalar) -> Scalar:
        """Return `value` if the control has it, else raise with the values it has."""
        for allowed in self.values:  # 1 == True in Python, but a toggle is not a number
            if allowed == value and isinstance(allowed, bool) == isinstance(value, bool):
                return allowed
        allowed = ", ".join(repr(v) for v in self.values)
        raise ValueError(f"{self.name}={value!r} is not one of its values; try {allowed}")

    def shown(self, state: Mapping[str, Scalar]) -> bool:
        return all(state[name] in allowed for name, allowed in self.when.items())

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "label": self.label,
            "values": list(self.values),
            "labels": list(self.labels),
            "default": self.default,
            "when": {name: list(allowed) for name, allowed in self.when.items()},
        }


class Choice(Control):
    """One of a few named values: segmented buttons, or a menu when there are more than five."""


class Slider(Control):
    """One of an ordered list of values."""

    kind = "slider"


class Steps(Control):
    """The named beats of an explorer, with Back, Next and Play; an explorer has at most one."""

    kind = "steps"


@dataclass(frozen=True)
class Toggle(Control):
    """On or off."""

    kind: ClassVar[str] = "toggle"
    values: Sequence[Scalar] = (False, True)


def check_names(given: Iterable[str], controls: Sequence[Control]) -> None:
    """Raise TypeError, with the names there are, if one that is given names no control."""
    names = [control.name for control in controls]
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            meant = f"did you mean {near[0]!r}? " if near else ""
            raise TypeError(f"no control is called {name!r}; {meant}there are {', '.join(names)}")


def check_start(start: Mapping[str, Scalar], controls: Sequence[Control]) -> State:
    """Return `start` if it gives controls values that they have, else raise."""
    check_names(start, controls)
    return {control.name: control.check(start[control.name]) for control in controls if control.name in start}


def check_controls(controls: Sequence[Control]) -> None:
    """Raise if two controls share a name, two are Steps, or one depends on a later one."""
    seen: dict[str, Control] = {}
    for control in controls:
        if control.name in seen:
            raise ValueError(f"two controls are called {control.name!r}; names must differ")
        for name, allowed in control.when.items():
            if name not in seen:
                raise ValueError(f"{control.name!r} depends on {name!r}, which does not come before it")
            for value in allowed:
                seen[name].check(value)
        seen[control.name] = control
    if sum(isinstance(c, Steps) for c in controls) > 1:
        raise ValueError("an explorer has at most one Steps control; make the other a Choice")


def canonical(controls: Sequence[Control], state: Mapping[str, Scalar]) -> State:
    """The state with every hidden control at its default, and every value checked."""
    known = {control.name for control in controls}
    for name in state:
        if name not in known:
            raise ValueError(f"{name!r} is no control; try {', '.join(sorted(known))}")
    result: State = {}
    for control in controls:
        value = control.check(state.get(control.name, control.default))
        result[control.name] = value if control.shown(result) else control.default
    return result


def states(controls: Sequence[Control]) -> Iterator[State]:
    """Every canonical state, in the order of the controls' values."""
    seen = set()
    for values in itertools.product(*(control.values for control in controls)):
        state = canonical(controls, dict(zip((c.name for c in controls), values, strict=True)))
        key = state_key(controls, state)
        if key not in seen:
            seen.add(key)
            yield state


def state_key(controls: Sequence[Control], state: Mapping[str, Scalar]) -> str:
    """The positions of a state's values, joined by dots: the name of its frame in the bank."""
    return ".".join(str(control.values.index(state[control.name])) for control in controls)
