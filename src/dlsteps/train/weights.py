"""What a run ends in: the weights as they are used, and a file that says where they came from."""

import dataclasses
import hashlib
import json
import math
import os
import platform
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import safetensors.torch
import torch
from torch import nn

from dlsteps.train import randomness
from dlsteps.train.checkpoint import CheckpointError
from dlsteps.train.files import reason, write_whole
from dlsteps.train.recipe import Common, as_json, configure, differences, find, name_of, prepared
from dlsteps.train.run import build

CHECKPOINTS = Path(__file__).parent / "checkpoints"
PACKAGES = ("torch", "numpy", "scikit-learn", "accelerate", "safetensors")


class MetricError(RuntimeError):
    """The metric could not be measured; the weights are kept."""


@dataclass(frozen=True)
class Result:
    """Where weights came from and how good they are.

    Attributes:
        recipe: its name.
        settings: every setting.
        parameters: how many numbers were learned.
        headline: the entry of `metric` that counts.
        metric: what the recipe measured on held-out data with the weights of the file; empty if it failed.
        seconds: wall time of the training.
        machine: device, precision, processes and threads.
        versions: of Python and the packages.
        sha256: of the file of weights.
        about: what the model takes and finds, as the recipe describes it: sizes, range of values, classes.
        data: what data of the reader's own are known by.
    """

    recipe: str
    settings: dict[str, Any]
    parameters: int
    headline: str
    metric: dict[str, float | None]
    seconds: float
    machine: dict[str, Any]
    versions: dict[str, str]
    sha256: str
    about: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


def save(
    recipe: ModuleType,
    settings: Common,
    model: nn.Module,
    folder: Path,
    *,
    seconds: float,
    machine: dict[str, Any],
    data: Mapping[str, Any] | None = None,
    progress: bool = False,
) -> Result:
    """Write NAME.safetensors (weights in float32) and NAME.json, with the metric of the weights as written.

    Both files are there before the metric is measured, so that weights are kept whatever it does.

    Raises:
        CheckpointError: if a file cannot be written.
        MetricError: if the metric fails.
    """
    name, folder = name_of(recipe), Path(folder)
    tensors = {key: _stored(value) for key, value in model.state_dict().items()}
    stored = safetensors.torch.save(tensors)
    write(folder / f"{name}.safetensors", stored)
    again = _filled(recipe, settings, stored)
    unjudged = Result(
        recipe=name,
        settings=as_json(settings),
        parameters=count(again),
        headline=recipe.METRIC,
        metric={},
        seconds=round(seconds, 1),
        machine=machine,
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        sha256=hashlib.sha256(stored).hexdigest(),
        about=described(recipe, settings),
        data=dict(data or {}),
    )
    _write_result(unjudged, folder)
    return _judged(recipe, again, settings, unjudged, folder, progress)


def judge(recipe: ModuleType, folder: Path, changed: Mapping[str, Any], *, progress: bool = False) -> Result:
    """Measure the metric of weights anew, and write it into their NAME.json.

    Args:
        recipe: a recipe module.
        folder: where the two files are.
        changed: settings that only the metric reads, see `JUDGED` in `dlsteps.train.recipes`, to judge with
            in place of those that the weights were trained with.
        progress: show a progress bar.

    Raises:
        FileNotFoundError: if there are no weights.
        ValueError: if the weights are not those of the file, another setting is changed, or the metric cannot
            be measured with these.
        CheckpointError: if the file cannot be written.
        MetricError: if the metric fails.
    """
    name, folder = name_of(recipe), Path(folder)
    found = result(name, folder)
    may = getattr(recipe, "JUDGED", ())
    for key, value in changed.items():
        if key not in may and value != found.settings.get(key):
            raise ValueError(
                f"{key}={value} is not the {key}={found.settings.get(key)} of the training; "
                + (f"a metric may be measured with another {' or '.join(may)}" if may else "leave it out")
            )
    settings, data = prepared(recipe, configure(recipe, found.settings | changed))
    if others := differences(found.data, data):
        warnings.warn(f"the data have changed since the training: {', '.join(others)}", stacklevel=2)
    model = _filled(recipe, settings, _checked(name, folder, found))
    return _judged(recipe, model, settings, found, folder, progress)


def _judged(
    recipe: ModuleType, model: nn.Module, settings: Common, found: Result, folder: Path, progress: bool
) -> Result:
    try:
        metric = measure(recipe, model, settings, progress)
    except Exception as error:  # a recipe may be the reader's own, and its metric raise anything
        raise MetricError(f"the metric failed ({type(error).__name__}: {error})") from error
    found = dataclasses.replace(found, metric=metric, settings=as_json(settings))
    _write_result(found, folder)
    return found


def _write_result(found: Result, folder: Path) -> None:
    text = json.dumps(asdict(found), indent=2, allow_nan=False)
    write(folder / f"{found.recipe}.json", f"{text}\n".encode())


def write(path: Path, data: bytes) -> None:
    """Write a file whole, in a folder that is made if it is missing.

    Raises:
        CheckpointError: if the system refuses.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be written: {reason(error)}") from error


def load(name: str, folder: str | Path = CHECKPOINTS) -> tuple[nn.Module, Common]:
    """Load a trained model.

    Args:
        name: of a recipe.
        folder: where its two files are; by default, those that come with the package.

    Returns:
        The model in evaluation mode, and the settings that it was trained with.

    Raises:
        ValueError: if there is no such recipe, the two files do not belong together, or not to the recipe.
        FileNotFoundError: if it was not trained.
    """
    folder = Path(folder)
    recipe, found = find(name), result(name, folder)
    settings = configure(recipe, found.settings)
    return _filled(recipe, settings, _checked(name, folder, found)), settings


def _checked(name: str, folder: Path, found: Result) -> bytes:
    """Read the file of weights, and hold it against what is known of it."""
    data = (folder / f"{name}.safetensors").read_bytes()
    if hashlib.sha256(data).hexdigest() != found.sha256:
        raise ValueError(
            f"{folder / name}.safetensors is not the file that {name}.json describes; train it again with "
            f"`python -m dlsteps.train {name}`"
        )
    return data


def result(name: str, folder: str | Path = CHECKPOINTS) -> Result:
    """Read what is known of a trained model.

    Raises:
        FileNotFoundError: if it was not trained.
        ValueError: if the file is damaged, or another one of the same name.
    """
    path = Path(folder) / f"{name}.json"
    if not os.path.exists(path):  # which takes a name of any length
        known = ", ".join(trained(folder)) or "none"
        raise FileNotFoundError(
            f"{name} has no weights in {folder} (it holds: {known}); "
            f"train them with `python -m dlsteps.train {name}`"
        )
    try:
        return Result(**json.loads(path.read_text(encoding="utf-8")))
    except (TypeError, ValueError, OSError) as error:
        raise ValueError(
            f"{path} does not say what {name} is ({error}); train it again with "
            f"`python -m dlsteps.train {name}`"
        ) from error


def trained(folder: str | Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the names of the recipes whose weights are in a folder."""
    try:
        return tuple(sorted(path.stem for path in Path(folder).glob("*.json")))
    except OSError:  # a name that is too long
        return ()


def described(recipe: ModuleType, settings: Common) -> dict[str, Any]:
    """Return what a recipe says of its model, for people who have only the weights."""
    return recipe.describe(settings) if hasattr(recipe, "describe") else {}


def measure(recipe: ModuleType, model: nn.Module, settings: Common, progress: bool = False) -> dict[str, Any]:
    """Return a recipe's metric to six digits; what is not a number is None, as JSON has no NaN.

    The generators are seeded before, so that a metric that draws repeats.
    """
    with randomness.kept():
        randomness.seed_all(settings.seed)
        figures = recipe.metric(model.eval(), settings, progress)
    if recipe.METRIC not in figures:
        raise ValueError(f"METRIC={recipe.METRIC!r} is not among the figures: {', '.join(figures)}")
    return {key: float(f"{value:.6g}") if math.isfinite(value) else None for key, value in figures.items()}


def count(model: nn.Module) -> int:
    """Return how many numbers a model learns."""
    return sum(parameter.numel() for parameter in model.parameters())


def _filled(recipe: ModuleType, settings: Common, data: bytes) -> nn.Module:
    with randomness.kept():
        model = build(recipe, settings)
    try:
        model.load_state_dict(safetensors.torch.load(data))  # copies into the model's dtype
    except RuntimeError as error:
        raise ValueError(
            f"{name_of(recipe)} has changed since it was trained; train it again ({error})"
        ) from error
    return model.eval()


def _stored(value: torch.Tensor) -> torch.Tensor:
    value = (
        value.detach().cpu().clone().contiguous()
    )  # tied weights share memory, which the format does not know
    return value.float() if value.is_floating_point() else value
