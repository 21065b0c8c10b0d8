"""A run on disk: one file with all that it needs to go on bit for bit, complete or absent."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from dlsteps.train.files import reason, remove_halves, write_whole

# Of the layout of a file. The digest is part of every version's layout, so that damage is told from age.
VERSION = 1
KEPT = 2


class CheckpointError(RuntimeError):
    """A checkpoint cannot be written, found or used."""


class DamagedError(CheckpointError):
    """A checkpoint's file is not what was written."""


@dataclass(frozen=True)
class Checkpoint:
    """A run at one step.

    Attributes:
        recipe: its name.
        settings: every setting, as in JSON.
        step: how many steps were taken; with the settings, it is the position in the data too.
        seconds: wall time so far.
        machine: what else decides the last bits: device, precision, processes, threads.
        tensors: model, average, optimizer, random states and loss since the last line of the log, by name.
        data: what the reader's own data are known by.
    """

    recipe: str
    settings: dict[str, Any]
    step: int
    seconds: float
    machine: dict[str, Any]
    tensors: dict[str, Tensor]
    data: dict[str, Any] = field(default_factory=dict)


def write(checkpoint: Checkpoint, folder: Path) -> Path:
    """Write a checkpoint, then remove all but it and the one before.

    Raises:
        CheckpointError: if it cannot be written; those that were there are untouched.
    """
    path = folder / f"step-{checkpoint.step:09d}.safetensors"
    header = {key: value for key, value in vars(checkpoint).items() if key != "tensors"}
    text = json.dumps({"version": VERSION, **header}, sort_keys=True)
    # Tied weights share memory, which the format does not know.
    tensors = {name: value.detach().cpu().clone().contiguous() for name, value in checkpoint.tensors.items()}
    data = safetensors.torch.save(tensors, {"header": text, "sha256": digest(text, tensors)})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remove_halves(folder)
        write_whole(path, data)
        _remove_others(path)
    except OSError as error:
        raise CheckpointError(
            f"the checkpoint of step {checkpoint.step} ({len(data) / 1e6:.1f} MB) cannot be written to "
            f"{folder}: {reason(error)}. {_last_good(folder)}"
        ) from error
    return path


def read(path: Path) -> Checkpoint:
    """Read a checkpoint and hold it against its digest.

    Raises:
        DamagedError: if the file is cut short or changed.
        CheckpointError: if another version of this package wrote it, or the system refuses it.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no dict
        text = metadata["header"]
        whole = metadata["sha256"] == digest(text, tensors)
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error
    except (SafetensorError, KeyError, UnicodeDecodeError) as error:
        raise DamagedError(f"{path} is damaged ({error})") from error
    if not whole:
        raise DamagedError(f"{path} is damaged (its sha256 is not the one that was written)")
    header = json.loads(text)
    version = header.pop("version")
    if version != VERSION:
        raise CheckpointError(
            f"{path} has layout {version}, and this package reads layout {VERSION}; "
            "resume with the version that wrote it, or begin anew in another --out"
        )
    return Checkpoint(**header, tensors=tensors)


def newest(folder: Path, recipe: str) -> tuple[Checkpoint, list[str]]:
    """Find the newest good checkpoint of a recipe.

    Returns:
        The checkpoint, and what is wrong with each newer one.

    Raises:
        CheckpointError: if there is none, or it belongs to another recipe or version.
    """
    problems = []
    for path in reversed(paths(folder)):
        try:
            found = read(path)
        except DamagedError as error:
            problems.append(str(error))
            continue
        if found.recipe != recipe:
            raise CheckpointError(
                f"{folder} holds a run of {found.recipe}, not of {recipe}; choose another --out, "
                f"or resume with `python -m dlsteps.train {found.recipe} --out {folder} --resume`"
            )
        return found, problems
    if problems:
        raise CheckpointError(f"{'; '.join(problems)}; no other is there: begin anew in another --out")
    raise CheckpointError(f"{folder} holds no checkpoint; leave --resume out to begin")


def paths(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, oldest first.

    Raises:
        CheckpointError: if the system refuses the name.
    """
    try:
        return sorted(Path(folder).glob("step-*.safetensors"))
    except OSError as error:
        raise CheckpointError(f"{folder} cannot be read: {reason(error)}") from error


def digest(text: str, tensors: dict[str, Tensor]) -> str:
    """Return one sha256 over a text and over the names, types, shapes and bytes of tensors."""
    total = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(tensor.reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()


def _remove_others(path: Path) -> None:
    # A checkpoint of a later step is left from a run that was resumed from an earlier one.
    everything = paths(path.parent)
    kept = everything[: everything.index(path) + 1][-KEPT:]
    for other in everything:
        if other not in kept:
            other.unlink()


def _last_good(folder: Path) -> str:
    found = paths(folder)
    if not found:
        return "Nothing was lost: there is no earlier one."
    return f"The last good one is kept, {found[-1].name}: add --resume to go on from there."
