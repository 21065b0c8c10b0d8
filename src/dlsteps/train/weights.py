"""What a run ends in: the weights as they are used, and a file that says where they came from."""

import hashlib
import json
import math
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import safetensors.torch
import torch
from torch import nn

from dlsteps.train import randomness
from dlsteps.train.files import write_whole
from dlsteps.train.recipe import Common, as_json, configure, find, name_of
from dlsteps.train.run import build

CHECKPOINTS = Path(__file__).parent / "checkpoints"
PACKAGES = ("torch", "numpy", "scikit-learn", "accelerate", "safetensors")


@dataclass(frozen=True)
class Result:
    """Where weights came from and how good they are.

    Attributes:
        recipe: its name.
        settings: every setting.
        parameters: how many numbers were learned.
        headline: the entry of `metric` that counts.
        metric: what the recipe measured on held-out data with the weights of the file.
        seconds: wall time of the training.
        machine: device, precision, processes and threads.
        versions: of Python and the packages.
        sha256: of the file of weights.
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


def save(
    recipe: ModuleType,
    settings: Common,
    model: nn.Module,
    folder: Path,
    *,
    seconds: float,
    machine: dict[str, Any],
    progress: bool = False,
) -> Result:
    """Write NAME.safetensors (weights in float32) and NAME.json, with the metric of the weights as written.

    Raises:
        OSError: if a file cannot be written.
    """
    name = name_of(recipe)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: _stored(value) for key, value in model.state_dict().items()}
    data = safetensors.torch.save(tensors)
    write_whole(folder / f"{name}.safetensors", data)
    again = _filled(recipe, settings, data)
    result = Result(
        recipe=name,
        settings=as_json(settings),
        parameters=count(again),
        headline=recipe.METRIC,
        metric=measure(recipe, again, settings, progress),
        seconds=round(seconds, 1),
        machine=machine,
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        sha256=hashlib.sha256(data).hexdigest(),
    )
    text = json.dumps(asdict(result), indent=2, allow_nan=False)
    write_whole(folder / f"{name}.json", f"{text}\n".encode())
    return result


def load(name: str, folder: Path = CHECKPOINTS) -> tuple[nn.Module, Common]:
    """Load a trained model.

    Args:
        name: of a recipe.
        folder: where its two files are; by default, those that come with the package.

    Returns:
        The model in evaluation mode, and the settings that it was trained with.

    Raises:
        ValueError: if there is no such recipe, or the two files do not belong together.
        FileNotFoundError: if it was not trained.
    """
    recipe, found = find(name), result(name, folder)
    data = (folder / f"{name}.safetensors").read_bytes()
    if hashlib.sha256(data).hexdigest() != found.sha256:
        raise ValueError(
            f"{folder / name}.safetensors is not the file that {name}.json describes; train it again with "
            f"`python -m dlsteps.train {name}`"
        )
    settings = configure(recipe, found.settings)
    return _filled(recipe, settings, data), settings


def result(name: str, folder: Path = CHECKPOINTS) -> Result:
    """Read what is known of a trained model.

    Raises:
        FileNotFoundError: if it was not trained.
    """
    path = folder / f"{name}.json"
    if not path.exists():
        known = ", ".join(trained(folder)) or "none"
        raise FileNotFoundError(
            f"{name} has no weights in {folder} (it holds: {known}); "
            f"train them with `python -m dlsteps.train {name}`"
        )
    return Result(**json.loads(path.read_text(encoding="utf-8")))


def trained(folder: Path = CHECKPOINTS) -> tuple[str, ...]:
    """Return the names of the recipes whose weights are in a folder."""
    return tuple(sorted(path.stem for path in folder.glob("*.json")))


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
    model.load_state_dict(safetensors.torch.load(data))  # copies into the model's dtype
    return model.eval()


def _stored(value: torch.Tensor) -> torch.Tensor:
    value = (
        value.detach().cpu().clone().contiguous()
    )  # tied weights share memory, which the format does not know
    return value.float() if value.is_floating_point() else value
