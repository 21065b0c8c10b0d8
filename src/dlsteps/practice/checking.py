"""`check`: a reader's answer against the book's, and against the known mistakes."""

from collections.abc import Callable
from typing import Any

from dlsteps.practice.exercise import Case, Exercise, Mistake, find
from dlsteps.practice.limit import OutOfTime
from dlsteps.practice.outcome import Outcome, Trouble, agrees, attempt, misshapen
from dlsteps.practice.report import Report, met, rows
from dlsteps.practice.written import Function, LayerClass, MisfitError, NotTakenError, adapt

# Longer than anything here takes on the slowest machine.
_PATIENCE = 600.0


def check(name: str, code: Any, *, seconds: float = 10.0) -> Report:
    """Compare what a reader wrote with the book's own answer, in output and gradient, on drawn inputs.

    Where the numbers are those of a known mistake on every input, the mistake is named. Otherwise the
    smallest input on which they differ is shown with both results.

    Args:
        name: The exercise, such as "group_norm".
        code: A function of all arguments; or, for a layer, a class, or an instance of one.
        seconds: How long one call may take.

    Returns:
        A record of what was found, which a notebook shows as a card.

    Raises:
        ValueError: If there is no such exercise; the message lists them.
    """
    return compared(find(name), code, seconds)


def compared(exercise: Exercise, code: Any, seconds: float) -> Report:
    """`check` for an exercise that is at hand."""
    try:
        written = adapt(exercise, code)
    except MisfitError as misfit:
        return Report(exercise.name, "trouble", "nothing to call", str(misfit))
    tried = _tried(exercise, written, seconds)
    if not tried:
        return Report(exercise.name, "trouble", "other arguments", _other_arguments(exercise, written))
    last, found = tried[-1]
    if isinstance(found, OutOfTime):
        return _still_running(exercise, last, seconds)
    pairs = [(case, found, _books(exercise, exercise.right, case)) for case, found in tried]
    wrong = [pair for pair in pairs if not agrees(pair[1], pair[2])]
    if not wrong:
        met_on = met(case for case, _ in tried)
        return Report(exercise.name, "right", "right", f"Equal to the book's on {met_on}.")
    for mistake in exercise.mistakes:
        if _recognized(exercise, mistake, tried, [case for case, _, _ in wrong]):
            return _named(exercise, mistake, wrong)
    return _told(exercise, wrong)


Tried = list[tuple[Case, Outcome | OutOfTime]]
Wrong = list[tuple[Case, Outcome, Outcome]]


def _tried(exercise: Exercise, written: Function | LayerClass, seconds: float) -> Tried:
    """Call the reader's code on each case that it takes, up to one that does not end."""
    tried: Tried = []
    for case in exercise.cases():
        if not written.takes(case):
            continue
        try:
            tried.append((case, attempt(exercise, written, case, seconds)))
        except NotTakenError:
            continue
        except OutOfTime as hung:
            return [*tried, (case, hung)]
    return tried


def _books(exercise: Exercise, answer: Callable, case: Case) -> Outcome:
    return attempt(exercise, Function(exercise, answer), case, _PATIENCE)


def _recognized(exercise: Exercise, mistake: Mistake, tried: Tried, wrong: list[Case]) -> bool:
    """Whether the reader's results are those of a mistake on every input."""
    if mistake.shows_on:
        return all(case.note == mistake.shows_on for case in wrong)
    return all(agrees(found, _books(exercise, mistake.wrong, case)) for case, found in tried)


def _named(exercise: Exercise, mistake: Mistake, wrong: Wrong) -> Report:
    case, found, right = min(wrong, key=lambda triple: triple[0].size)
    return Report(
        exercise.name,
        "known mistake",
        mistake.name,
        mistake.why,
        section=mistake.section,
        input=case.arguments,
        note=case.note,
        rows=rows(found, right),
    )


def _told(exercise: Exercise, wrong: Wrong) -> Report:
    """What went wrong, on the smallest input; else the smallest input on which the numbers differ."""
    in_order = sorted(wrong, key=lambda triple: triple[0].size)
    for case, found, right in in_order:
        trouble = found if isinstance(found, Trouble) else misshapen(found, right)
        if trouble:
            return _troubled(exercise, case, trouble)
    case, found, right = in_order[0]
    return Report(
        exercise.name,
        "different",
        "not the book's numbers",
        "The numbers are those of no mistake that is known here. Follow this one input by hand.",
        input=case.arguments,
        note=case.note,
        rows=rows(found, right),
    )


def _troubled(exercise: Exercise, case: Case, trouble: Trouble) -> Report:
    return Report(
        exercise.name,
        "trouble",
        trouble.title,
        trouble.text,
        line=trouble.line,
        input=case.arguments,
        note=case.note,
    )


def _still_running(exercise: Exercise, case: Case, seconds: float) -> Report:
    text = f"Your code was still running after {seconds:g} s and was stopped. Is there a loop without end?"
    return _troubled(exercise, case, Trouble("still running", text))


def _other_arguments(exercise: Exercise, written: Function | LayerClass) -> str:
    if isinstance(written, Function):
        return f"The exercise is called as {exercise.call}. Your code does not take these arguments."
    settings = exercise.layer.settings(exercise.cases()[0].arguments)
    called_with = ", ".join(exercise.layer.inputs)
    return f"A class is made with ({', '.join(settings)}) and called with ({called_with}). Yours is not."
