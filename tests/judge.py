"""The judge that every layer stands before: PyTorch's own, and the door."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jaxtyping
import pytest
import torch
from torch import Tensor, nn

from dlsteps.nn.compare import compare

TOLERANCE = {torch.float64: 1e-11, torch.float32: 2e-5}


def assert_matches_torch(
    ours: Callable,
    theirs: Callable,
    *inputs: Tensor,
    dtype: torch.dtype = torch.float64,
    tolerance: float | None = None,
    seed: int = 0,
    share_state: bool = True,
) -> None:
    """Assert that output, every gradient and every buffer equal PyTorch's.

    Args:
        ours: Module or function.
        theirs: PyTorch's.
        *inputs: Tensors; the floating-point ones are cast to `dtype`, as are the modules.
        dtype: Precision of the comparison.
        tolerance: Largest difference allowed, as a share of max(1, largest value of theirs).
        seed: Seed of the parameters that both are given, and of the upstream gradient.
        share_state: False leaves the parameters and buffers of modules as they are.

    Raises:
        AssertionError: Naming each tensor that differs, and by how much.
    """
    tolerance = TOLERANCE[dtype] if tolerance is None else tolerance
    ours, theirs = (f.to(dtype) if isinstance(f, nn.Module) else f for f in (ours, theirs))
    inputs = [x.to(dtype) if x.is_floating_point() else x for x in inputs]
    differences = compare(ours, theirs, *inputs, seed=seed, share_state=share_state)
    wrong = [d for d in differences if not d.largest <= tolerance * max(1.0, d.scale)]
    if wrong:
        shapes = ", ".join(str(tuple(x.shape)) for x in inputs)
        lines = [f"  {d.name}: off by {d.largest:.3g} (theirs up to {d.scale:.3g})" for d in wrong]
        raise AssertionError("\n".join([f"not PyTorch's result for {shapes} in {dtype}:", *lines]))


@contextmanager
def refuses(error: type[Exception], match: str) -> Iterator[None]:
    """Assert that our own check refuses, with this message (a regular expression).

    The annotations are not checked meanwhile: a reader's program does not check them either, so the
    door has to hold without them.
    """
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        with pytest.raises(error, match=match):
            yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
