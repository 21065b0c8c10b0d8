"""What a layer asks of its arguments at the door, before it computes anything.

Each check names the rule, the value that broke it, and a remedy.
"""

import inspect
from collections.abc import Callable
from functools import wraps
from numbers import Integral

import torch
from torch import Tensor


def check_floating(x: Tensor, name: str = "x") -> None:
    """Refuse integers and booleans: their mean is seldom one of them."""
    if not x.is_floating_point():
        raise TypeError(f"{name} must be floating point, but has dtype {x.dtype}; try {name}.float()")


def typed(init: Callable) -> Callable:
    """Make a constructor refuse, by name, what its annotation says is no whole number or no truth value.

    A text would count as true, and `True` as 1; torch's own words come later, and name another argument.
    """
    names = list(inspect.signature(init).parameters)
    kinds = {int: check_whole, int | None: check_whole, bool: check_switch}
    checks = {name: kinds[kind] for name, kind in init.__annotations__.items() if kind in kinds}
    may_be_none = {name for name, kind in init.__annotations__.items() if kind == int | None}

    @wraps(init)
    def checked(self, *args, **options):
        for name, value in (dict(zip(names[1:], args, strict=False)) | options).items():
            if name in checks and not (value is None and name in may_be_none):
                checks[name](name, value)
        init(self, *args, **options)

    return checked


def check_whole(name: str, value: int) -> None:
    """Require a whole number: neither a text nor a fraction nor a truth value."""
    if not isinstance(value, Integral) or isinstance(value, bool):
        meant = str(value).removesuffix(".0")
        remedy = meant if meant.isdigit() else "8, or another number without a fraction"
        raise TypeError(f"{name}={value!r} is not a whole number; try {name}={remedy}")


def check_switch(name: str, value: bool) -> None:
    """Require True or False: a text that says False would count as true."""
    if not isinstance(value, bool):
        meant = str(value).lower() == "true"
        raise TypeError(f"{name}={value!r} is not True or False; try {name}={meant}")


def check_axes(x: Tensor, axes: str, name: str = "x") -> None:
    """Require as many axes as are named, such as "N, C, H, W"."""
    if x.ndim != len(axes.split(", ")):
        raise ValueError(
            f"{name} of shape {tuple(x.shape)} does not have the axes ({axes}); "
            f"try {name}.unsqueeze(0) for one sample, or {name}.view with one length for each axis"
        )


def check_sizes(**sizes: int) -> None:
    """Require whole numbers of 1 or more."""
    for name, size in sizes.items():
        check_whole(name, size)
        if size < 1:
            raise ValueError(f"{name}={size} is below 1; try {name}=1 or more")


def mixed(x: Tensor, other: Tensor) -> bool:
    """Whether two tensors differ in precision where no autocast chooses it for each operation."""
    return x.dtype != other.dtype and not torch.is_autocast_enabled(x.device.type)


def check_same_dtype(x: Tensor, **others: Tensor | None) -> None:
    """Refuse to mix precisions silently: every other tensor has the dtype of `x`."""
    for name, other in others.items():
        if other is not None and mixed(x, other):
            raise TypeError(
                f"x has dtype {x.dtype}, but {name} has {other.dtype}; "
                f"try x.to({other.dtype}) or layer.to({x.dtype})"
            )


def check_channels(x: Tensor, *, channel_axis: int = 1, **vectors: Tensor | None) -> None:
    """Require `x` to have samples and channels, and each vector one number for each channel.

    Args:
        x: Floating-point tensor of two axes or more.
        channel_axis: Where the channels are.
        **vectors: Tensors of shape (C,) in the dtype of `x`, by name; None is let through.
    """
    check_floating(x)
    if x.ndim < 2:
        raise ValueError(
            f"x of shape {tuple(x.shape)} has fewer than the two axes (N, C); "
            "try x.unsqueeze(0) for one sample"
        )
    if not -x.ndim <= channel_axis < x.ndim:
        raise ValueError(
            f"channel_axis={channel_axis} is not an axis of x with shape {tuple(x.shape)}; try 1 or -1"
        )
    C = x.shape[channel_axis]
    for name, vector in vectors.items():
        if vector is not None and tuple(vector.shape) != (C,):
            raise ValueError(
                f"x of shape {tuple(x.shape)} has C={C} channels on axis {channel_axis}, but {name} has "
                f"shape {tuple(vector.shape)}; try num_features={C}, or look for a transposed x"
            )
    check_same_dtype(x, **vectors)


def check_num_features(x: Tensor, C: int) -> None:
    """Require `x` to have the C channels that its layer was made for, on axis 1."""
    check_channels(x)
    if x.shape[1] != C:
        raise ValueError(
            f"x of shape {tuple(x.shape)} has {x.shape[1]} channels on axis 1, but the layer was made "
            f"for {C}; try a layer with {x.shape[1]}, or look for a transposed x"
        )


def check_width(x: Tensor, d: int, weight: Tensor, name: str = "x", axes: str = "...") -> None:
    """Require vectors of width d, in the dtype of the weight that they meet.

    Args:
        x: Floating-point tensor with the vectors on its last axis.
        d: Their width.
        weight: A weight of the layer.
        name: What x is called.
        axes: The axes before the last as the layer writes them, such as "B, T"; "..." for any.
    """
    check_floating(x, name)
    expected = f"({axes}, d={d})"
    if x.ndim < 1 or x.shape[-1] != d or (axes != "..." and x.ndim != len(axes.split(", ")) + 1):
        raise ValueError(
            f"{name} has shape {tuple(x.shape)}, but the layer expects {expected}; "
            f"try {name}.unsqueeze(0) for one sequence, or a layer of another width"
        )
    if mixed(x, weight):
        raise TypeError(
            f"{name} has dtype {x.dtype}, but the layer has {weight.dtype}; "
            f"try {name}.to({weight.dtype}) or layer.to({x.dtype})"
        )


def check_divides(divisor_name: str, divisor: int | None, name: str, number: int) -> None:
    """Require a divisor of 1 or more without remainder, and list all that there are otherwise."""
    check_sizes(**{name: number})
    if not isinstance(divisor, Integral) or divisor < 1 or number % divisor:
        divisors = [str(d) for d in range(1, number + 1) if number % d == 0]
        choices = " or ".join(filter(None, [", ".join(divisors[:-1]), *divisors[-1:]]))
        raise ValueError(f"{divisor_name}={divisor} does not divide {name}={number}; try {choices}")


def check_ndim(x: Tensor, allowed: tuple[int, ...], layer: str) -> None:
    """Require `x` to have one of the allowed numbers of axes; none listed allows any."""
    if allowed and x.ndim not in allowed:
        expected = " or ".join(f"{ndim}-D" for ndim in allowed)
        raise ValueError(
            f"{layer} expects {expected} input, but x has shape {tuple(x.shape)}; "
            "try x.unsqueeze(0) for one sample, or the layer's sibling for other shapes"
        )


def check_ends_in(normalized_shape: tuple[int, ...], x: Tensor, **parameters: Tensor | None) -> None:
    """Refuse an `x` whose last axes are not `normalized_shape`, and parameters of another shape."""
    k = len(normalized_shape)
    if k == 0:
        raise ValueError("normalized_shape=() names no axis to average; try (x.shape[-1],)")
    if tuple(x.shape[-k:]) != normalized_shape:
        raise ValueError(
            f"x of shape {tuple(x.shape)} does not end in normalized_shape={normalized_shape}; "
            f"try {tuple(x.shape[-k:])}, or move the channels to the end"
        )
    for name, parameter in parameters.items():
        if parameter is not None and tuple(parameter.shape) != normalized_shape:
            raise ValueError(
                f"{name} has shape {tuple(parameter.shape)}, but normalized_shape is {normalized_shape}; "
                "they must be equal"
            )


def check_eps(eps: float) -> None:
    """Require eps > 0 (NaN is refused too): without it a constant input becomes NaN."""
    if not eps > 0:
        raise ValueError(f"eps={eps} is not positive, and a constant input would give 0/0; try 1e-5")


def check_momentum(momentum: float) -> None:
    """Require a share from 0 to 1: beyond 1, running statistics would overshoot and diverge."""
    if not 0 <= momentum <= 1:
        raise ValueError(
            f"momentum={momentum} is not a share from 0 to 1; try 0.1 (the newest batch's share)"
        )
