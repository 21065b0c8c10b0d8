"""What a reader has written, in whatever style: how a case is handed to it."""

import copy
import functools
import inspect
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from dlsteps.practice.exercise import Arguments, Case, Exercise, Layer


class NotTakenError(Exception):
    """The reader's layer keeps no parameters, and the case is one with parameters."""


class MisfitError(Exception):
    """The reader's code cannot answer this exercise as it is; the message says why."""


class Function:
    """A function of all the arguments."""

    def __init__(self, exercise: Exercise, code: Callable):
        self.exercise, self.code = exercise, code

    def takes(self, case: Case) -> bool:
        return bound(self.code, case.arguments) is not None

    def __call__(self, arguments: Arguments) -> tuple[Any, Arguments]:
        """Return the result, and the arguments that the exercise lets it change."""
        args, kwargs = bound(self.code, arguments)
        result = self.code(*args, **kwargs)
        return result, {name: arguments[name] for name in self.exercise.changes if name in arguments}


class LayerClass:
    """A class that is made with the settings, keeps the parameters, and is called with the inputs."""

    def __init__(self, exercise: Exercise, code: type):
        self.exercise, self.code = exercise, code

    def takes(self, case: Case) -> bool:
        return bound(self.code, self.exercise.layer.settings(case.arguments)) is not None

    def make(self, arguments: Arguments) -> Any:
        args, kwargs = bound(self.code, self.exercise.layer.settings(arguments))
        return self.code(*args, **kwargs)

    def __call__(self, arguments: Arguments) -> tuple[Any, Arguments]:
        layer = self.exercise.layer
        made = self.make(arguments)
        inputs = {name: arguments[name] for name in layer.inputs}
        if isinstance(made, nn.Module):
            made.to(next(iter(inputs.values())).dtype)
            made.train(arguments.get("training", True))
        where = _places(made, layer, arguments)
        for name, (owner, attribute) in where.items():
            _put(owner, attribute, arguments[name])
        args, kwargs = bound(_entry(made), inputs) or (tuple(inputs.values()), {})
        result = made(*args, **kwargs)
        after = {name: getattr(*where[name]).detach() for name in self.exercise.changes if name in arguments}
        return result, after


class LayerInstance(LayerClass):
    """A layer that is made already: it is compared on the cases with the settings of the first one."""

    def takes(self, case: Case) -> bool:
        settings = self.exercise.layer.settings
        return settings(case.arguments) == settings(self.exercise.cases()[0].arguments)

    def make(self, arguments: Arguments) -> Any:
        return copy.deepcopy(self.code)


def adapt(exercise: Exercise, code: Any) -> Function | LayerClass:
    """Look at what the reader hands over.

    Raises:
        MisfitError: If it is nothing that can be called, or a class where only a function answers.
    """
    if not callable(code):
        raise MisfitError(
            f"check wants what you wrote, not its result, and was given a {type(code).__name__}. "
            f'Write check("{exercise.name}", my_{exercise.name}), without calling it.'
        )
    if inspect.isclass(code) and exercise.layer is None:
        raise MisfitError(f"This exercise is a function: {exercise.call}. You handed over a class.")
    if inspect.isclass(code):
        return LayerClass(exercise, code)
    if exercise.layer is None or inspect.isroutine(code) or isinstance(code, functools.partial):
        return Function(exercise, code)
    return LayerInstance(exercise, code)


def bound(code: Callable, arguments: Arguments) -> tuple[tuple, dict] | None:
    """Lay the arguments out as the code takes them: by their names, else in their order; None if neither."""
    try:
        signature = inspect.signature(_entry(code))
    except ValueError:  # written in C, and tells nothing
        return tuple(arguments.values()), {}
    kinds = {name: parameter.kind for name, parameter in signature.parameters.items()}
    by_name = {name for name in arguments if kinds.get(name) is inspect.Parameter.KEYWORD_ONLY}
    in_order = tuple(value for name, value in arguments.items() if name not in by_name)
    for args, kwargs in (((), arguments), (in_order, {name: arguments[name] for name in by_name})):
        try:
            signature.bind(*args, **kwargs)
        except TypeError:
            continue
        return args, kwargs
    return None


def _entry(code: Any) -> Callable:
    """What a call reaches: torch's modules hide it behind `*args, **kwargs`."""
    return code.forward if isinstance(code, nn.Module) else code


def _places(made: Any, layer: Layer, arguments: Arguments) -> dict[str, tuple[Any, str]]:
    """Find where a layer keeps each argument: by name, else in the order in which it was written."""
    wanted = [name for name in layer.keeps if name in arguments]
    kept = _kept(made)
    if wanted and not kept:
        raise NotTakenError
    by_name = {
        name: next((k for k in kept if k.split(".")[-1] in (name, *layer.keeps[name])), None)
        for name in wanted
    }
    if None in by_name.values():
        by_name = dict(zip(wanted, kept, strict=False))
    for name in wanted:
        if name not in by_name or kept[by_name[name]].shape != arguments[name].shape:
            listed = ", ".join(f"{n} {tuple(arguments[n].shape)}" for n in wanted)
            made_with = ", ".join(f"{k}={v}" for k, v in layer.settings(arguments).items())
            raise MisfitError(
                f"A layer made with {made_with} should keep {listed}. Yours keeps "
                f"{', '.join(f'{k} {tuple(v.shape)}' for k, v in kept.items())}."
            )
    return {name: _owner(made, key) for name, key in by_name.items()}


def _kept(made: Any) -> dict[str, Tensor]:
    """The floating-point tensors that a layer keeps, by name."""
    if isinstance(made, nn.Module):
        held = {**dict(made.named_parameters()), **dict(made.named_buffers())}
    else:
        held = vars(made)
    return {name: v for name, v in held.items() if isinstance(v, Tensor) and v.is_floating_point()}


def _owner(made: Any, key: str) -> tuple[Any, str]:
    path, _, attribute = key.rpartition(".")
    return (made.get_submodule(path) if path else made), attribute


def _put(owner: Any, attribute: str, value: Tensor) -> None:
    # Not a parameter any more, but a tensor that remembers where it came from: its gradient is asked for.
    if isinstance(owner, nn.Module) and attribute in owner._parameters:
        delattr(owner, attribute)
    setattr(owner, attribute, value)
