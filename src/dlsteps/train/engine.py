"""Where a run computes: alone in this process, or on what Accelerate finds."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, runtime_checkable

import torch
from accelerate import Accelerator
from torch import Tensor, nn

DEVICES = ("auto", "cpu", "cuda", "mps")


@runtime_checkable
class Engine(Protocol):
    """What the loop asks of the machinery below it; an `accelerate.Accelerator` has all of it."""

    device: torch.device
    num_processes: int
    process_index: int
    is_main_process: bool
    mixed_precision: str

    def prepare(self, *objects: Any) -> Any: ...
    def no_sync(self, module: nn.Module) -> AbstractContextManager[Any]: ...
    def backward(self, loss: Tensor) -> None: ...
    def gather(self, tensor: Tensor) -> Tensor: ...
    def reduce(self, tensor: Tensor, reduction: str) -> Tensor: ...
    def free_memory(self) -> Any: ...


class Alone:
    """One process on the CPU.

    Accelerate keeps one state for a whole process. A run inside another, such as a classifier that a metric
    trains, or a run in a notebook, must not touch that.
    """

    device = torch.device("cpu")
    num_processes = 1
    process_index = 0
    is_main_process = True
    mixed_precision = "no"

    def prepare(self, *objects: Any) -> Any:
        return objects

    def no_sync(self, module: nn.Module) -> AbstractContextManager[None]:
        return nullcontext()

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    def gather(self, tensor: Tensor) -> Tensor:
        return tensor

    def reduce(self, tensor: Tensor, reduction: str) -> Tensor:
        return tensor

    def free_memory(self) -> None:
        pass


def accelerated(device: str = "auto", bf16: bool | None = None, dtype: str = "float32") -> Accelerator:
    """Set up Accelerate for the processes that `torchrun` or `accelerate launch` started, or for this one.

    Args:
        device: one of `DEVICES`; "auto" takes CUDA or Apple's GPU where there is one.
        bf16: compute in bfloat16, keep weights in float32. None: on CUDA devices that have it.
        dtype: of the weights.

    Raises:
        ValueError: if the device is unknown or not here, or cannot compute in this dtype.
    """
    if device not in DEVICES:
        raise ValueError(f"device={device!r} is unknown; try {', '.join(DEVICES)}")
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not here.get(device, True):
        raise ValueError(f"there is no {device} device here; try --device cpu")
    if device == "auto":
        device = next((name for name, is_here in here.items() if is_here), "cpu")
    if device == "mps" and dtype == "float64":
        raise ValueError("Apple's GPU has no float64; try --device cpu, or --set dtype=float32")
    if bf16 and dtype != "float32":
        raise ValueError(f"bfloat16 takes part in float32 runs only, and dtype={dtype}; leave --bf16 out")
    if bf16 is None:
        bf16 = dtype == "float32" and device == "cuda" and torch.cuda.is_bf16_supported(False)
    return Accelerator(cpu=device == "cpu", mixed_precision="bf16" if bf16 else "no")


def machine(engine: Engine) -> dict[str, Any]:
    """Return what else than settings and versions decides the last bits of a run."""
    return {
        "device": engine.device.type,
        "precision": engine.mixed_precision,
        "processes": engine.num_processes,
        "threads": torch.get_num_threads(),
    }
