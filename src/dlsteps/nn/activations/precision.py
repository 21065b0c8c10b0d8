"""The door of the smooth activations: floating point, and float32 at least while computing."""

from collections.abc import Callable
from functools import wraps

import torch
from torch import Tensor

from dlsteps.nn.checks import check_floating


def in_float32_at_least(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Make a function of one tensor compute half precision in float32, and give back the input's dtype.

    In float16 the square of 256 is infinite already, and a slope of 0 times infinity is NaN.
    """

    @wraps(f)
    def wide(x: Tensor) -> Tensor:
        check_floating(x)
        return f(x.to(torch.promote_types(x.dtype, torch.float32))).to(x.dtype)

    return wide
