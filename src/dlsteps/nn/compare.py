"""Ours against PyTorch's: the largest difference in output, in every gradient, and in the state."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Difference:
    """How far one tensor of ours is from PyTorch's.

    Attributes:
        name: What was compared: "output", "gradient of input 0", "gradient of weight", ...
        largest: The largest absolute value of ours - theirs; infinite if the shapes, the dtypes or the
            NaNs are not the same.
        scale: The largest absolute value of theirs, to judge `largest` by.
    """

    name: str
    largest: float
    scale: float


def compare(
    ours: Callable, theirs: Callable, *inputs: Tensor, seed: int = 0, share_state: bool = True
) -> list[Difference]:
    """Run both on the same inputs and the same upstream gradient, and compare all that comes out.

    Modules are first given the same random parameters, so that a scale of 1 and a shift of 0 hide
    nothing. The gradient sent back is random too: the sum of a normalized tensor has none.

    Args:
        ours: Module or function.
        theirs: Module or function, called in the same way.
        *inputs: Tensors; gradients are compared for the floating-point ones.
        seed: Seed of the parameters and of the upstream gradient.
        share_state: False leaves the parameters and buffers of modules as they are.

    Returns:
        One `Difference` each for outputs, gradients, and buffers after the call.
    """
    generator = torch.Generator().manual_seed(seed)
    if share_state and isinstance(theirs, nn.Module):
        _randomize(theirs, generator)
        ours.load_state_dict(theirs.state_dict())
    our_results = dict(_results(ours, inputs, seed))
    their_results = dict(_results(theirs, inputs, seed))
    if our_results.keys() != their_results.keys():
        raise ValueError(f"ours gives {sorted(our_results)}, but theirs gives {sorted(their_results)}")
    return [_difference(name, our_results[name], their_results[name]) for name in their_results]


@torch.no_grad()
def _randomize(module: nn.Module, generator: torch.Generator) -> None:
    for parameter in module.parameters():
        parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))


def _results(call: Callable, inputs: tuple[Tensor, ...], seed: int) -> Iterator[tuple[str, Tensor | None]]:
    inputs = [x.detach().clone().requires_grad_(x.is_floating_point()) for x in inputs]
    outputs = call(*inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    module = call if isinstance(call, nn.Module) else nn.Module()
    module.zero_grad()
    generator = torch.Generator().manual_seed(seed + 1)
    upstream = [torch.randn(y.shape, generator=generator, dtype=torch.float64).to(y.dtype) for y in outputs]
    tracked = [(y, gradient) for y, gradient in zip(outputs, upstream, strict=True) if y.requires_grad]
    if tracked:
        torch.autograd.backward(*zip(*tracked, strict=True))
    for i, y in enumerate(outputs):
        yield (f"output {i}" if len(outputs) > 1 else "output"), y.detach()
    for i, x in enumerate(inputs):
        yield f"gradient of input {i}", x.grad
    for name, parameter in module.named_parameters():
        yield f"gradient of {name}", parameter.grad
    for name, buffer in module.named_buffers():
        yield f"buffer {name}", buffer.detach().clone()


def _difference(name: str, ours: Tensor | None, theirs: Tensor | None) -> Difference:
    if ours is None and theirs is None:
        return Difference(name, 0.0, 0.0)
    if ours is None or theirs is None or ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return Difference(name, torch.inf, torch.nan)
    if theirs.numel() == 0:
        return Difference(name, 0.0, 0.0)
    ours, theirs = ours.double(), theirs.double()
    same = (ours == theirs) | (ours.isnan() & theirs.isnan())  # also where both are infinite
    gap = torch.where(same, 0.0, (ours - theirs).abs()).nan_to_num(nan=torch.inf, posinf=torch.inf)
    return Difference(name, gap.max().item(), theirs.abs().max().item())
