"""Where a run computes: alone in this process, or on what Accelerate found."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
from torch import Tensor, nn


class Engine(Protocol):
    """What the loop asks of the machinery below it; an `accelerate.Accelerator` has all of it."""

    device: torch.device
    num_processes: int
    process_index: int
    is_main_process: bool

    def prepare(self, *objects: Any) -> Any: ...
    def no_sync(self, module: nn.Module) -> AbstractContextManager[Any]: ...
    def backward(self, loss: Tensor) -> None: ...
    def gather(self, tensor: Tensor) -> Tensor: ...
    def reduce(self, tensor: Tensor, reduction: str) -> Tensor: ...
    def wait_for_everyone(self) -> None: ...


class Alone:
    """One process on the CPU.

    Accelerate keeps its state once for a whole process. A run within another one, such as a classifier that a
    metric trains, or a run in a notebook, must not touch that.
    """

    device = torch.device("cpu")
    num_processes = 1
    process_index = 0
    is_main_process = True

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

    def wait_for_everyone(self) -> None:
        pass
