"""The check of the one claim about memory layout: flattening with view() (C06)."""

from collections.abc import Callable

import torch
from torch import Tensor

from dlsteps.claims.evidence import Evidence
from dlsteps.tensors import broadcast_shape, contiguous_strides, offset, view_strides


def c06(flatten: Callable[[Tensor], Tensor] = lambda x: x.view(x.shape[0], -1)) -> Evidence:
    """On (N, C, H, W) as it was made, view() flattens; on channels-last memory there is no such view."""
    x = torch.arange(120).reshape(2, 3, 4, 5)
    flat = flatten(x)
    in_order = flat.shape == (2, 60) and bool((flat == torch.arange(120).reshape(2, 60)).all())
    shared = flat.data_ptr() == x.data_ptr()
    channels_last = x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)  # same values, other strides
    try:
        flatten(channels_last)
        refused = False
    except RuntimeError:
        refused = view_strides(channels_last.shape, channels_last.stride(), (2, 60)) is None
    return Evidence(
        in_order and shared and refused,
        f"(2, 3, 4, 5) becomes {tuple(flat.shape)} without a copy; with strides {channels_last.stride()} "
        f"{'view() raises' if refused else 'view() does not raise'}, and reshape() copies",
    )


def against_torch(trials: int = 300, seed: int = 0) -> list[tuple[str, int, int]]:
    """Ask our rules and PyTorch the same random questions: (question, asked, answers that differ)."""
    generator = torch.Generator().manual_seed(seed)
    differ = dict.fromkeys(("strides", "position of a cell", "shape when broadcast", "view or copy"), 0)
    for _ in range(trials):
        shape = torch.randint(1, 5, (4,), generator=generator).tolist()
        x = torch.arange(torch.Size(shape).numel()).reshape(shape)
        index = [int(torch.randint(n, (1,), generator=generator)) for n in shape]
        differ["strides"] += contiguous_strides(shape) != x.stride()
        differ["position of a cell"] += offset(index, x.stride()) != int(x[tuple(index)])
        thin = [n if torch.rand(1, generator=generator) < 0.5 else 1 for n in shape[1:]]
        differ["shape when broadcast"] += broadcast_shape(shape, thin) != (x + torch.zeros(thin)).shape
        turned = x.permute(torch.randperm(4, generator=generator).tolist())
        merged = [turned.shape[0] * turned.shape[1], turned.shape[2] * turned.shape[3]]
        ours = view_strides(turned.shape, turned.stride(), merged)
        differ["view or copy"] += (ours is not None) != _has_view(turned, merged)
    return [(question, trials, count) for question, count in differ.items()]


def _has_view(x: Tensor, shape: list[int]) -> bool:
    try:
        x.view(shape)
    except RuntimeError:
        return False
    return True
