"""The graph explorer: what exists when, in a graph that is defined first and in one that is recorded."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from dlsteps.chapters.computation_graphs import words
from dlsteps.chapters.computation_graphs.own import SHOWN, recorded_own
from dlsteps.chapters.computation_graphs.programs import (
    PASSES,
    PROGRAMS,
    Story,
    arrived,
    defined,
    recorded,
)
from dlsteps.stage import Choice, Explorer, Frame, Graph, Node, Scalar, Slider, Steps

BEATS = ("define", *PASSES, "run", "back")
MARKS = {"define": "new", "fold": "folded", "merge": "merged", "drop": "dead"}
WALKED = (1, 2, 3, 4)  # each of the book's programs is walked back in four steps by the dynamic engine
GRADED = [name for name, program in PROGRAMS.items() if program.inputs]


def explorer(f: Callable[..., Any] | None = None, *inputs: Any, **start: Scalar) -> Explorer:
    """Step a program through both engines, and its gradient back.

    Args:
        f: a function of your own, of numbers or arrays, written with the signs of Python and the functions of
            `dlsteps.graphs.functions`. It is run once by the dynamic engine, which records it.
        *inputs: what `f` is called with; without them 2, 3, 4, … are taken.
        **start: values of controls to begin with, such as `program="if", step="run"`.

    Raises:
        TypeError: `f` returns no tensor, or `inputs` do not fit it; or `start` names no control.
        ValueError: `f` returns one of its inputs, or an array with no number in it.
    """
    if f is not None:
        return _own(f, inputs, start)
    names = tuple(PROGRAMS)
    controls = [
        Choice("program", "program", names, labels=[PROGRAMS[name].text for name in names]),
        Choice(
            "mode",
            "graph",
            ("static", "dynamic", "both"),
            default="both",
            labels=("static", "dynamic", "both"),
        ),
        Steps("step", "step", BEATS),
        Slider("walked", "nodes walked back", WALKED, when={"step": ["back"], "program": GRADED}),
    ]
    return Explorer("graph", "What exists when?", frame, controls, start=start)


def _own(f: Callable[..., Any], inputs: Sequence[Any], start: dict[str, Scalar]) -> Explorer:
    story, total = recorded_own(f, inputs)
    controls: list[Any] = [Steps("step", "step", ("run", "back") if story.walk else ("run",))]
    if len(story.walk) > 1:
        far = tuple(range(1, len(story.walk) + 1))
        controls.append(Slider("walked", "nodes walked back", far, when={"step": ["back"]}))
    scene = functools.partial(own_frame, story, total)
    return Explorer("graph", "What was recorded?", scene, controls, baked=False, start=start)


def own_frame(story: Story, total: int, *, step: str, walked: int = 1) -> Frame:
    """What the explorer shows of a reader's function."""
    caption, formula = words.of_own(story, total, step, walked, SHOWN)
    return Frame(
        panels=[dynamic_panel(story, step, walked)],
        lead=f"Step {1 + (step == 'back')}, {step}.",
        caption=caption,
        formula=formula,
        readout=[("records", str(total)), *words.readout(story, step)],
    )


def frame(*, program: str, mode: str, step: str, walked: int) -> Frame:
    """What the explorer shows for these control values."""
    static, dynamic = defined(program), recorded(program)
    panels, readout = [], []
    if mode != "dynamic":
        panels.append(static_panel(static, step, walked))
        readout.append(("static: nodes", str(len(static.stages[_stage(step)]))))
    if mode != "static":
        panels.append(dynamic_panel(dynamic, step, walked))
        records = len(dynamic.operations) if step in ("run", "back") else 0
        readout.append(("dynamic: records", str(records)))
    caption, formula = words.of(program, mode, step, walked)
    return Frame(
        panels=panels,
        lead=f"Step {BEATS.index(step) + 1}, {step}.",
        caption=caption,
        formula=formula,
        readout=[*readout, *words.readout(dynamic, step)],
    )


def _stage(step: str) -> str:
    """The last pass that was made by this beat."""
    return step if step in MARKS else "drop"


def static_panel(story: Story, step: str, walked: int) -> Graph:
    """The graph as it is after this beat; what a pass takes away is marked in its beat, and then gone."""
    order = list(story.stages)
    here = order.index(_stage(step))
    now = story.stages[order[here]]
    if step in PASSES:
        now = {k: x for k, x in story.stages[order[here - 1]].items() if k not in now} | now
    done = set(order[: here + 1])
    adjoints = arrived(story, walked) if step == "back" else {}
    nodes = []
    for k, vertex in enumerate(story.vertices):
        folded = "fold" in done and k in story.changes["fold"]
        there = step in ("run", "back") or folded
        value = story.known.get(k, story.values[k] if there else None)
        state = "folded" if folded else ""
        if k not in now:
            state = "hidden"
        elif (step == "define" and vertex.operation) or k in story.changes.get(step, ()):
            state = MARKS[step]
        nodes.append(Node(vertex.label, shown(value), shown(adjoints.get(k)), state))
    room = [(a, b) for each in story.stages.values() for b, inputs in each.items() for a in inputs]
    return Graph(title="static", nodes=nodes, edges=wires(now), room=room)


def dynamic_panel(story: Story, step: str, walked: int) -> Graph:
    """What was recorded by this beat: before the run nothing but the inputs."""
    ran = step in ("run", "back")
    adjoints = arrived(story, walked) if step == "back" else {}
    walkable = {pull.vertex for pull in story.walk}
    nodes = []
    for k, vertex in enumerate(story.vertices):
        computed = bool(vertex.operation) or " = " in vertex.label or " > " in vertex.label
        if computed and not ran:
            state = "next"
        elif step == "run":
            state = "new" if vertex.operation else ""
        else:
            state = "dead" if ran and vertex.operation and k not in walkable else ""
        value = story.values[k] if ran or not computed else None
        nodes.append(Node(vertex.label, shown(value), shown(adjoints.get(k)), state))
    inputs = {k: vertex.inputs for k, vertex in enumerate(story.vertices)}
    return Graph(title="dynamic", nodes=nodes, edges=wires(inputs))


def wires(inputs: dict[int, tuple[int, ...]]) -> list[tuple[int, int]]:
    """An edge from each input, once where it is used twice."""
    return [(a, b) for b, made_from in inputs.items() for a in dict.fromkeys(made_from)]


def shown(value: Any) -> str | None:
    """What a node has room for: a number, a truth value, or the shape of an array."""
    return None if value is None else words.number(value)
