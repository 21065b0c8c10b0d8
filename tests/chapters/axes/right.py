"""For each exercise: right answers in several styles, none of which leans on the book's."""

import numpy as np
import torch


def broadcast_by_torch(a, b):
    return torch.broadcast_shapes(a, b)


def broadcast_by_numpy(*shapes):
    return np.broadcast_shapes(*shapes)


def broadcast_by_loop(first, second):
    n = max(len(first), len(second))
    first = [1] * (n - len(first)) + list(first)
    second = [1] * (n - len(second)) + list(second)
    result = []
    for p, q in zip(first, second, strict=True):
        assert p == q or 1 in (p, q), f"{p} does not meet {q}"
        result.append(q if p == 1 else p)
    return result


def view_by_torch(shape, strides, new_shape):
    try:
        return torch.empty(1000).as_strided(shape, strides).view(new_shape).stride()
    except RuntimeError:
        return None


def view_by_numpy(shape, strides, new_shape):
    x = np.lib.stride_tricks.as_strided(np.zeros(1000, np.int8), shape, strides)
    y = x.view()
    try:
        y.shape = new_shape
    except AttributeError:
        return None
    return y.strides


def view_by_places(n, s, new):
    """All cells in the order of the axes, and whether the new axes step evenly through them."""
    places = torch.zeros(n, dtype=torch.int64)
    for axis, (length, stride) in enumerate(zip(n, s, strict=True)):
        steps = torch.arange(length) * stride
        places += steps.reshape(-1, *[1] * (len(n) - axis - 1))
    cells = places.reshape(new)
    found = []
    for axis, length in enumerate(new):
        steps = cells.diff(dim=axis).unique() if length > 1 else torch.tensor([0])
        if len(steps) > 1:
            return None
        found.append(steps.item())
    return found


RIGHT = {
    "broadcast_shape": [broadcast_by_torch, broadcast_by_numpy, broadcast_by_loop],
    "view_strides": [view_by_torch, view_by_numpy, view_by_places],
}
