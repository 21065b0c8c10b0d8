"""What is trained and how: the settings that all recipes share, and recipes found by name."""

import importlib
import math
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real
from types import ModuleType
from typing import Any, get_type_hints

import torch

from dlsteps.train import recipes

MOST_BITS = 63  # of a seed: what every generator takes
DTYPES = {"float32": torch.float32, "float64": torch.float64}
RULES = {int: "a whole number", float: "a finite number", str: "a text", bool: "True or False"}
PARTS = ("Settings", "METRIC", "build", "data", "loss", "metric")


@dataclass(frozen=True)
class Common:
    """The settings of every recipe; a recipe's `Settings` adds its own and may change these defaults.

    Attributes:
        steps: how often the weights change.
        batch_size: samples for one step, over all processes and all accumulated parts.
        learning_rate: the highest rate of AdamW, reached after the warm-up.
        warmup: steps in which the rate grows from 0.
        weight_decay: AdamW's decay, decoupled from the gradient.
        clip_norm: largest norm of the whole gradient; 0 clips nothing.
        ema_decay: share of the old average in an exponential moving average of the weights; 0 keeps none.
        accumulate: parts into which a batch is cut, to save memory.
        dtype: of the weights and the data, "float32" or "float64".
        seed: of the weights, the data and all else that is random.
        save_every: steps between two checkpoints.
    """

    steps: int = 1000
    batch_size: int = 64
    learning_rate: float = 1e-3
    warmup: int = 100
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    ema_decay: float = 0.0
    accumulate: int = 1
    dtype: str = "float32"
    seed: int = 0
    save_every: int = 200

    def __post_init__(self) -> None:
        self._check_types()
        self.check_counts("steps", "batch_size", "accumulate", "save_every")
        self.check_not_negative("warmup", "weight_decay", "clip_norm", "seed")
        if self.seed >= 2**MOST_BITS:
            raise ValueError(f"seed={self.seed} has more than {MOST_BITS} bits; try {self.seed % 2**32}")
        if self.steps * self.batch_size >= 2**MOST_BITS:
            raise ValueError(
                f"steps={self.steps} of batch_size={self.batch_size} are more samples than {MOST_BITS} bits "
                "can count; try fewer steps"
            )
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate={self.learning_rate} is not above 0; try 1e-3")
        if not 0 <= self.ema_decay < 1:
            raise ValueError(f"ema_decay={self.ema_decay} is not in [0, 1); try 0.999, or 0 for no average")
        if self.dtype not in DTYPES:
            raise ValueError(f"dtype={self.dtype!r} is unknown; try {' or '.join(map(repr, DTYPES))}")
        self._check_reach()
        if self.batch_size % self.accumulate:
            raise ValueError(
                f"accumulate={self.accumulate} does not divide batch_size={self.batch_size}; "
                f"try {divisors(self.batch_size)}"
            )

    def check_not_negative(self, *names: str) -> None:
        """Refuse settings below 0."""
        for name in names:
            if getattr(self, name) < 0:
                raise ValueError(f"{name}={getattr(self, name)} is negative; give 0 or more")

    def _check_reach(self) -> None:
        """Refuse numbers that are infinite in the dtype of the weights."""
        most = torch.finfo(DTYPES[self.dtype]).max
        for name, kind in get_type_hints(type(self)).items():
            if kind is float and abs(getattr(self, name)) > most:
                raise ValueError(
                    f"{name}={getattr(self, name)} is beyond the largest {self.dtype}, {most:.2g}; give less"
                )

    def _check_types(self) -> None:
        """Refuse what a setting's type does not have: the text "False" would be taken as true."""
        for name, kind in get_type_hints(type(self)).items():
            value = getattr(self, name)
            is_number = isinstance(value, Integral if kind is int else Real) and not isinstance(value, bool)
            right = is_number and math.isfinite(value) if kind in (int, float) else isinstance(value, kind)
            if not right:
                raise ValueError(f"{name}={value!r} is not {RULES[kind]}; give one")

    def check_counts(self, *names: str) -> None:
        """Refuse settings below 1, by their own names and not by those of what they are used for."""
        for name in names:
            if getattr(self, name) < 1:
                raise ValueError(f"{name}={getattr(self, name)} is below 1; give a whole number from 1 up")


def names() -> tuple[str, ...]:
    """Return the names of the recipes of the book, in alphabetical order."""
    found = (module.name for module in pkgutil.iter_modules(recipes.__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def find(name: str) -> ModuleType:
    """Import a recipe.

    Args:
        name: one of `names()`; or, with a dot in it, the full name of a module of your own.

    Raises:
        ValueError: if there is no such recipe, or the module lacks a part of one.
    """
    own = "." in name
    if not own and name not in names():
        known = ", ".join(names()) or "(none)"
        raise ValueError(f"no recipe is called {name!r}; try one of {known}, or package.module of your own")
    full = name if own else f"{recipes.__name__}.{name}"
    try:
        module = importlib.import_module(full)
    except ModuleNotFoundError as error:
        if error.name is None or not (full + ".").startswith(error.name + "."):
            raise  # the recipe is there; something that it imports is not
        raise ValueError(f"no module is called {name!r}; set PYTHONPATH to the folder it is in") from None
    missing = [part for part in PARTS if not hasattr(module, part)]
    if missing:
        raise ValueError(f"{name} is no recipe: it lacks {', '.join(missing)}; see dlsteps.train.recipes")
    return module


def name_of(recipe: ModuleType) -> str:
    """Return the name by which `find` finds a recipe."""
    package, _, last = recipe.__name__.rpartition(".")
    return last if package == recipes.__name__ else recipe.__name__


def parse(recipe: ModuleType, assignments: Iterable[str]) -> dict[str, Any]:
    """Read texts like "width=64", each by the type of its setting.

    Raises:
        ValueError: if a text is no assignment, a key unknown, or a value not of its setting's type.
    """
    types = setting_types(recipe)
    given: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise ValueError(f"--set {assignment} is no assignment; write key=value, e.g. steps=500")
        _check_key(recipe, key, types)
        given[key] = _read(key, text, types[key])
    return given


def configure(recipe: ModuleType, values: Mapping[str, Any]) -> Common:
    """Return a recipe's settings: its defaults, except for these values.

    Raises:
        ValueError: if the recipe has no such setting, or does not take the value.
    """
    types = setting_types(recipe)
    for key in values:
        _check_key(recipe, key, types)
    return recipe.Settings(**values)


def prepared(recipe: ModuleType, settings: Common) -> tuple[Common, dict[str, Any]]:
    """Let a recipe look at all of its data before the first step, if it has any of the reader's own.

    Returns:
        The settings, with what only the data know; and facts by which the same data are known again.

    Raises:
        ValueError: if the data do not allow all that the run is to do, its metric included.
    """
    return recipe.prepare(settings) if hasattr(recipe, "prepare") else (settings, {})


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say which facts about data are not what they were; a text is a fingerprint, and is only another."""
    if not before:  # nothing was kept of them
        return []
    changed = [key for key in {**now, **before} if now.get(key, 0) != before.get(key, 0)]
    return [
        f"other {key}"
        if isinstance(now.get(key), str)
        else f"{now.get(key, 0)} {key} for {before.get(key, 0)}"
        for key in changed
    ]


def as_json(settings: Common) -> dict[str, Any]:
    """Return settings as they are stored: int, float, bool and str by name."""
    return asdict(settings)


def setting_types(recipe: ModuleType) -> dict[str, type]:
    """Return the type of each setting: int, float, bool or str."""
    hints = get_type_hints(recipe.Settings)
    return {field.name: hints[field.name] for field in fields(recipe.Settings)}


def _check_key(recipe: ModuleType, key: str, types: Mapping[str, type]) -> None:
    if key not in types:
        raise ValueError(f"{name_of(recipe)} has no setting {key!r}; try one of {', '.join(types)}")


def _read(key: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError(f"{key} is true or false, and {text!r} is neither; try {key}=true")
        return text == "true"
    try:
        value = kind(text)
        if kind is float and not math.isfinite(value):
            raise ValueError
    except ValueError:
        example = {int: "64", float: "1e-3"}[kind]
        raise ValueError(f"{key} is {RULES[kind]}, and {text!r} is not; try {key}={example}") from None
    return value


def divisors(n: int) -> str:
    """List what divides a number, for a remedy."""
    found = [str(d) for d in range(1, n + 1) if n % d == 0]
    return ", ".join([*found[:8], "…"] if len(found) > 8 else found)
