"""What came out of a call: results with their gradients, or what went wrong."""

import re
import sysconfig
import traceback
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dlsteps.practice.exercise import Arguments, Case, Exercise, on_tensors
from dlsteps.practice.limit import limited
from dlsteps.practice.written import MisfitError, NotTakenError

# Far above rounding, far below any mistake. A share of the largest number.
TOLERANCE = {torch.float64: 1e-6, torch.float32: 1e-3, torch.float16: 2e-2, torch.bfloat16: 5e-2}

# Code of Python, of installed packages and of this one: no reader wrote that.
_INSTALLED = {sysconfig.get_path(key) for key in ("stdlib", "purelib", "platlib")}
_NOT_THEIRS = (*_INSTALLED, str(Path(__file__).parents[1]))


@dataclass(frozen=True)
class Line:
    """A line of the reader's code."""

    number: int
    text: str


@dataclass(frozen=True)
class Trouble:
    """Why there is nothing to compare.

    Attributes:
        title: In a few words.
        text: In a sentence or two, with the remedy.
        line: The line of the reader's code that raised.
        raised: Whether the code raised an exception of its own accord.
    """

    title: str
    text: str
    line: Line | None = None
    raised: bool = False


Results = dict[str, Any]
Outcome = Results | Trouble


def attempt(exercise: Exercise, written: Callable, case: Case, seconds: float) -> Outcome:
    """Call what was written on one case, and go back through it.

    Returns:
        The results by name: outputs, arguments that it may change, and gradients; or what went wrong.

    Raises:
        NotTakenError: If the case is none for this layer.
        OutOfTime: If it was still running after that many seconds.
    """
    try:
        return limited(lambda: _run(exercise, written, case), seconds)
    except NotTakenError:
        raise
    except MisfitError as misfit:
        return Trouble("does not fit", str(misfit))
    except Exception as error:
        return _raised(error)


def _run(exercise: Exercise, written: Callable, case: Case) -> Outcome:
    leaves = {
        name: _leaf(value, case.grad and name not in exercise.changes)
        for name, value in case.arguments.items()
    }
    handed = {name: on_tensors(Tensor.clone, value) for name, value in leaves.items()}
    with torch.random.fork_rng(devices=[]), nullcontext() if case.grad else torch.no_grad():
        torch.manual_seed(0)
        result, after = written(handed)
    for name, value in handed.items():
        if name not in exercise.changes and _changed(value, leaves[name]):
            return Trouble(
                "changes its input",
                f"Your code changed {name}, which belongs to the caller. "
                f"Write {name} = {name} - …, which makes a new tensor, and not {name} -= … or {name}[…] = ….",
            )
    results = _named(exercise, result, case.arguments)
    if isinstance(results, Trouble):
        return results
    results |= {f"{name} after the call": value for name, value in after.items()}
    return results | _gradients(results, leaves)


def _changed(value: Any, before: Any) -> bool:
    if isinstance(value, tuple):
        return any(map(_changed, value, before))
    return isinstance(value, Tensor) and not torch.equal(value.detach(), before.detach())


def _leaf(value: Any, grad: bool) -> Any:
    """A copy, of which a gradient can be asked; none is asked of tensors in tuples."""
    grad = grad and isinstance(value, Tensor) and value.is_floating_point()
    return on_tensors(lambda x: x.detach().clone().requires_grad_(grad), value)


def _named(exercise: Exercise, result: Any, arguments: Arguments) -> Results | Trouble:
    if len(exercise.outputs) == 1:
        result = exercise.reads(_plain(result), arguments)
        if isinstance(result, tuple) and any(isinstance(v, Tensor) for v in result):
            return {f"{exercise.outputs[0]}[{k}]": v for k, v in enumerate(result)}
        return {exercise.outputs[0]: result}
    if not isinstance(result, tuple | list) or len(result) != len(exercise.outputs):
        return Trouble(
            "the wrong number of results",
            f"Your code should return {', '.join(exercise.outputs)}, in this order.",
        )
    return dict(zip(exercise.outputs, result, strict=True))


def _plain(value: Any) -> Any:
    """Lists and sizes are as good as tuples."""
    return tuple(_plain(v) for v in value) if isinstance(value, tuple | list) else value


def _gradients(results: Results, leaves: Arguments) -> Results:
    """Send one drawn gradient back through all results that have one."""
    generator = torch.Generator().manual_seed(1)
    total = 0.0
    for y in results.values():
        if isinstance(y, Tensor) and y.requires_grad:
            upstream = torch.randn(y.shape, generator=generator, dtype=torch.float64).to(y.dtype)
            total = total + (y * upstream).sum().double()
    wanted = {name: v for name, v in leaves.items() if isinstance(v, Tensor) and v.requires_grad}
    if not isinstance(total, Tensor) or not wanted:
        return {}
    found = torch.autograd.grad(total, list(wanted.values()), allow_unused=True)
    return {
        f"gradient of {name}": torch.zeros_like(leaf) if gradient is None else gradient
        for (name, leaf), gradient in zip(wanted.items(), found, strict=True)
    }


def _raised(error: Exception) -> Trouble:
    text = re.sub(r" at 0x[0-9a-f]+", "", " ".join(str(error).split()))  # addresses change from run to run
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return Trouble("raised an error", f"Your code raised {message}", _line(error), raised=True)


def _line(error: Exception) -> Line | None:
    """The last line on the way to the error that the reader wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not frame.filename.startswith(_NOT_THEIRS)]
    return Line(theirs[-1].lineno, theirs[-1].line) if theirs and theirs[-1].line else None


def agrees(found: Outcome, right: Outcome) -> bool:
    """Whether a call gave all that another gave; that both raised an error is the same too."""
    if isinstance(found, Trouble) or isinstance(right, Trouble):
        return isinstance(found, Trouble) and isinstance(right, Trouble) and found.raised and right.raised
    return all(name in found and same(found[name], wanted) for name, wanted in right.items())


def same(a: Any, b: Any) -> bool:
    """Whether two results are equal but for rounding; NaN is equal to NaN."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.shape == b.shape and a.dtype == b.dtype and not differing(a, b).any()
    return type(a) is type(b) and a == b


def differing(a: Tensor, b: Tensor) -> Tensor:
    """Where two tensors of one shape and dtype differ by more than rounding."""
    if not b.is_floating_point():
        return a != b
    finite = b.detach()[b.isfinite()].abs()
    scale = finite.max().item() if finite.numel() else 0.0
    return ~torch.isclose(
        a.detach(), b.detach(), rtol=0, atol=TOLERANCE[b.dtype] * scale + 1e-300, equal_nan=True
    )


def misshapen(results: Results, right: Outcome) -> Trouble | None:
    """What is wrong with the kind of a result, before any number is looked at."""
    if isinstance(right, Trouble):
        return None
    for name, wanted in right.items():
        if not isinstance(wanted, Tensor):
            if name in results and results[name] is None and wanted is not None:
                return Trouble("returns nothing", "Your code returned None. Is a return missing?")
            continue
        if name not in results and not name.startswith("gradient of"):
            return Trouble("the wrong number of results", f"Your code returned no {name}.")
        if name not in results:
            return Trouble(
                "no gradient",
                "No gradient flows through your result. Look for .detach(), .data, .item(), no_grad or NumPy "
                "between the input and the result.",
            )
        found = results[name]
        if trouble := _wrong_kind(name, found, wanted):
            return trouble
    return None


def _wrong_kind(name: str, found: Any, wanted: Tensor) -> Trouble | None:
    if found is None:
        return Trouble("returns nothing", "Your code returned None. Is a return missing?")
    if isinstance(found, np.ndarray):
        return Trouble(
            "returns a NumPy array",
            "Your code returned a NumPy array, and no gradient flows through that. Compute with torch, and "
            "return a tensor.",
        )
    if not isinstance(found, Tensor):
        return Trouble("returns no tensor", f"Your code returned a {type(found).__name__}; return a tensor.")
    if found.shape != wanted.shape:
        return Trouble(
            "the wrong shape",
            f"Your {name} has shape {tuple(found.shape)}; it should have {tuple(wanted.shape)}.",
        )
    if found.dtype != wanted.dtype:
        return Trouble(
            "the wrong dtype",
            f"Your {name} has dtype {found.dtype}; it should have {wanted.dtype}, as its input has.",
        )
    return None
