"""What an encoding asks of its arguments at the door."""

from torch import Tensor

from dlsteps.nn.checks import check_floating


def check_even(d_model: int) -> None:
    """Require pairs: each clock has a sine and a cosine."""
    if d_model < 2 or d_model % 2:
        near = f"{d_model - 1} or {d_model + 1}" if d_model > 2 else "2"
        raise ValueError(f"d_model={d_model} cannot be split into pairs of sine and cosine; try {near}")


def check_tokens(x: Tensor, d_model: int) -> None:
    """Require vectors of width d_model, one for each token."""
    check_floating(x)
    if x.ndim < 2 or x.shape[-1] != d_model:
        raise ValueError(
            f"x has shape {tuple(x.shape)}, but the encoding expects (..., T, d={d_model}); "
            f"try an encoding of width {x.shape[-1] if x.ndim else 1}, or look for a transposed x"
        )


def check_offset(offset: int) -> None:
    """Require a position from 0: a negative one would be counted from the end, or from nowhere."""
    if offset < 0:
        raise ValueError(f"offset={offset} is negative; try the number of tokens before x, or 0")
