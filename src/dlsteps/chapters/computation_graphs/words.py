"""What the graph explorer says: captions, formulas and readouts, from what the engines did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dlsteps.chapters.computation_graphs.programs import PASSES, PROGRAMS, Story, arrived, defined, recorded
from dlsteps.numbers import brief
from dlsteps.show.words import plural


def of(program: str, mode: str, step: str, walked: int) -> tuple[str, str]:
    """Caption and formula of one beat of one of the book's programs."""
    static, dynamic = defined(program), recorded(program)
    said = []
    if mode != "dynamic":
        said.append(_static(program, static, step, walked))
    if mode != "static":
        said.append(_dynamic(program, dynamic, step, walked))
    if step in PASSES and mode != "dynamic":
        return " ".join(said), _counted(static, step)
    if step != "back":
        return " ".join(said), PROGRAMS[program].tex
    story = static if mode == "static" else dynamic
    return " ".join(said), pulled(story, walked) or PROGRAMS[program].tex


def _counted(story: Story, step: str) -> str:
    """How many nodes there are before a pass, and after it."""
    order = list(story.stages)
    before, after = (len(story.stages[order[order.index(step) - k]]) for k in (1, 0))
    return rf"{before} \to {after} \text{{ nodes}}"


def _static(program: str, story: Story, step: str, walked: int) -> str:
    left = len(story.stages["drop"])
    if step == "define":
        node = {"if": " The choice is a node, cond.", "while": " The loop is one node."}.get(program, "")
        return (
            f"Static: the program was read once. There are {len(story.vertices)} nodes, and no number but "
            f"the constants'.{node}"
        )
    if step in PASSES:
        return _passed(story, step)
    if step == "run":
        return f"Static: what is left runs, {plural(left, 'node')}; {_equation(story)}."
    return f"Static: {_walked(story, walked)}"


def _passed(story: Story, step: str) -> str:
    changes = story.changes[step]
    names = _listed([short(story, k) for k in changes])
    if step == "fold":
        if not changes:
            return "Static: nothing depends on constants alone, so nothing is folded."
        values = _listed([f"{short(story, k)} = {number(story.values[k])}" for k in changes])
        return f"Static: {names} depends on constants alone and is computed now, once for all runs: {values}."
    if step == "merge":
        if not changes:
            return "Static: no two nodes compute the same."
        others = _listed([short(story, other) for other in changes.values()])
        return f"Static: {names} is the same as {others}; one of them is enough."
    return f"Static: nobody uses {names} any more." if changes else "Static: every node is used."


def _dynamic(program: str, story: Story, step: str, walked: int) -> str:
    count = len(story.operations)
    if step == "define":
        return "Dynamic: there is no graph yet, only the inputs."
    if step in PASSES:
        return "Dynamic: there is nothing to improve before the program runs."
    if step == "run":
        if not count:
            return (
                f"Dynamic: {_equation(story)}, at once. Nothing is recorded, for no input wants a gradient."
            )
        return (
            f"Dynamic: each line computes at once and leaves a record, {plural(count, 'record')} in all; "
            f"{_equation(story)}."
        )
    return f"Dynamic: {_walked(story, walked)}"


def _walked(story: Story, walked: int) -> str:
    """What the walk back has just done."""
    if not story.walk:
        return "there is no way back, for whole numbers have no gradient."
    if walked > len(story.walk):
        return f"the walk was over after {plural(len(story.walk), 'node')}."
    pull = story.walk[walked - 1]
    before, after = arrived(story, walked - 1), arrived(story, walked)
    told = [
        f"{short(story, k)} {'now has' if k in before else 'gets'} {number(after[k])}"
        for k in dict.fromkeys(k for k, _ in pull.passed)
    ]
    if not told:
        return f"{short(story, pull.vertex)} passes nothing on yet."
    return f"back through {story.vertices[pull.vertex].label}: {_listed(told)}."


def pulled(story: Story, walked: int) -> str:
    """The chain rule of the last step, with its numbers."""
    if not 0 < walked <= len(story.walk):
        return ""
    pull = story.walk[walked - 1]
    before, after = arrived(story, walked - 1), arrived(story, walked)
    parts = []
    for k in dict.fromkeys(k for k, _ in pull.passed):
        terms = _terms(story, pull.vertex, before, [g for j, g in pull.passed if j == k], k)
        total = number(after[k]) if np.size(after[k]) != 1 else plain(after[k])
        how = [" + ".join(map(_bracketed, terms))] if terms and terms != [total] else []
        parts.append(rf"{bar(short(story, k))} = {' = '.join([*how, total])}")
    return r", \quad ".join(parts)


def _terms(story: Story, above: int, before: Mapping[int, Any], passed: Sequence[Any], k: int) -> list[str]:
    """What a gradient is summed from: what was there, and the gradient above times the slope of each edge."""
    numbers = [before[above], *passed, before.get(k, 0)]
    if story.stages or any(np.size(g) != 1 for g in numbers):
        return []  # a static graph sums before anyone looks
    slopes = [rf"{_bracketed(plain(before[above]))} \cdot {_bracketed(plain(g / before[above]))}"
              if before[above] else plain(g) for g in passed]  # fmt: skip
    return [*([plain(before[k])] if k in before else []), *slopes]


def _bracketed(text: str) -> str:
    return f"({text})" if text.startswith("-") and "cdot" not in text else text


def plain(value: Any) -> str:
    """A number for a formula, without zeros at its end."""
    return brief(float(value)).replace("−", "-")


def of_own(story: Story, total: int, step: str, walked: int, room: int) -> tuple[str, str]:
    """Caption and formula of a reader's function."""
    part = (
        f" The first {room} nodes are shown."
        if total and len(story.vertices) == room < len(story.values)
        else ""
    )
    if step == "back":
        begun = (
            f"{plural(len(story.begun), 'gradient')} came in from the part that is not shown; "
            if part
            else ""
        )
        said = _walked(story, walked)
        return (begun + said)[0].upper() + (begun + said)[1:], pulled(story, walked)
    if not total:
        return f"Nothing was recorded: no way leads back from the result to an input.{part}", ""
    result = story.values[story.result]
    outcome = number(result) if result.size == 1 else f"an array of shape {list(result.shape)}"
    sums = "" if result.size == 1 else " The gradient is that of its sum."
    return f"The function ran once and left {plural(total, 'record')}. It returns {outcome}.{sums}{part}", ""


def readout(story: Story, step: str) -> list[tuple[str, str]]:
    """The result, when it is there."""
    return [("result", number(story.values[story.result]))] if step in ("run", "back") else []


def number(value: Any) -> str:
    """A number, a truth value, or the shape of an array."""
    array = np.asarray(value)
    if array.size != 1:
        return shape(array)
    return str(bool(array)) if array.dtype == bool else brief(array.item())


def shape(value: Any) -> str:
    return str(list(np.shape(value)))


def short(story: Story, k: int) -> str:
    """The name of a vertex: what stands before the equals sign."""
    return story.vertices[k].label.partition(" = ")[0]


def bar(name: str) -> str:
    """A name with a bar, the sign of a gradient, and its number as an index."""
    letters = name.rstrip("0123456789")
    index = f"_{{{name[len(letters) :]}}}" if letters != name else ""
    over = rf"\bar{{{letters}}}" if len(letters) == 1 else rf"\overline{{\text{{{letters}}}}}"
    return over + index


def _equation(story: Story) -> str:
    return f"{short(story, story.result)} = {number(story.values[story.result])}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words) if len(words) < 3 else f"{', '.join(words[:-1])} and {words[-1]}"
