"""What a recurrent network asks of its arguments at the door."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from dlsteps.nn.checks import check_floating, check_same_dtype

WHOLE = (torch.int8, torch.int16, torch.int32, torch.int64)


def check_sequence(x: Tensor, C: int) -> None:
    """Require floating-point sequences (B, T, C) with the features that the weights were made for."""
    check_floating(x)
    if x.ndim != 3:
        raise ValueError(
            f"x of shape {tuple(x.shape)} does not have the three axes (B, T, C); "
            "try x.unsqueeze(0) for one sequence"
        )
    _check_features(x, C)


def check_vectors(x: Tensor, C: int) -> None:
    """Require floating-point vectors (B, C), one step of B sequences."""
    check_floating(x)
    if x.ndim != 2:
        raise ValueError(
            f"x of shape {tuple(x.shape)} does not have the two axes (B, C); try x[:, t] for one step"
        )
    _check_features(x, C)


def _check_features(x: Tensor, C: int) -> None:
    if x.shape[-1] != C:
        raise ValueError(
            f"x of shape {tuple(x.shape)} has {x.shape[-1]} features on its last axis, but the weights read "
            f"{C}; try input_size={x.shape[-1]}, or look for a transposed x"
        )


def check_lengths(lengths: Tensor | None, x: Tensor) -> None:
    """Require one whole number from 0 to T for each sequence; None is let through."""
    if lengths is None:
        return
    B, T = x.shape[:2]
    if lengths.dtype not in WHOLE:
        raise TypeError(f"lengths have dtype {lengths.dtype}, but count steps; try lengths.long()")
    if tuple(lengths.shape) != (B,):
        raise ValueError(f"lengths have shape {tuple(lengths.shape)}, but x has B={B} sequences; try ({B},)")
    lengths = lengths.long()  # int8 would be compared with T modulo 256
    wrong = lengths[(lengths < 0) | (lengths > T)]
    if len(wrong):
        raise ValueError(f"length {wrong[0].item()} is not from 0 to T={T}; try lengths.clamp(0, {T})")


def check_state(state: Sequence[Tensor], number: int, shape: tuple[int, ...], x: Tensor) -> None:
    """Require a state of so many tensors, each of this shape and in the dtype of `x`."""
    names = ("h", "c")[:number]
    if len(state) != number:
        raise ValueError(f"the state has {len(state)} parts, but this cell keeps {' and '.join(names)}")
    for name, part in zip(names, state, strict=True):
        if not isinstance(part, Tensor):
            raise TypeError(f"the state {name} is a {type(part).__name__}, not a tensor; try None for zeros")
        if tuple(part.shape) != shape:
            raise ValueError(
                f"the state {name} has shape {tuple(part.shape)}, but the layer keeps {shape}; "
                "try None for zeros"
            )
    check_same_dtype(x, **dict(zip(names, state, strict=True)))


def check_weights(
    x: Tensor,
    H: int,
    rows: int,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None,
    bias_hh: Tensor | None,
) -> None:
    """Require `rows` blocks of H rows in each weight and bias, and H columns in `weight_hh`."""
    given = {"weight_ih": weight_ih, "weight_hh": weight_hh, "bias_ih": bias_ih, "bias_hh": bias_hh}
    expected = {"weight_ih": (rows * H, x.shape[-1]), "weight_hh": (rows * H, H)}
    for name, tensor in given.items():
        shape = expected.get(name, (rows * H,))
        if tensor is not None and tuple(tensor.shape) != shape:
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)}, but a state of H={H} and an x of "
                f"{x.shape[-1]} features need {shape}; try that"
            )
    check_same_dtype(x, **given)


def check_force(force: Mapping[str, float] | None, gates: tuple[str, ...]) -> Mapping[str, float]:
    """Require the names of gates, and numbers from 0 to 1; None is no gate."""
    for name, value in (force or {}).items():
        if name not in gates:
            choices = ", ".join(gates) or "a network with gates"
            raise ValueError(f"gate {name!r} is not one of this cell's; try {choices}")
        if not 0 <= value <= 1:
            raise ValueError(f"gate {name}={value} is not from 0 (shut) to 1 (open); try 0 or 1")
    return force or {}


def held(gate: Tensor, name: str, force: Mapping[str, float]) -> Tensor:
    """Return the gate, or the number at which it is held; then no gradient reaches what would move it."""
    return torch.full_like(gate, force[name]) if name in force else gate
