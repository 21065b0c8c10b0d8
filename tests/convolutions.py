"""Settings of a convolution to test at, drawn by hypothesis, and numbers to test with."""

from dataclasses import dataclass

import torch
from hypothesis import strategies as st
from torch import Tensor


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) + 0.5


@dataclass(frozen=True)
class Setting:
    """Shapes of a convolution, and its keyword arguments."""

    x: tuple[int, ...]
    weight: tuple[int, ...]
    options: dict

    @property
    def bias(self) -> int:
        return self.weight[0]

    def tensors(self, seed: int = 0) -> list[Tensor]:
        shapes = (self.x, self.weight, (self.bias,))
        return [drawn(*shape, seed=seed + i) for i, shape in enumerate(shapes)]


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def settings_of(draw, min_samples=1):
    """Draw a convolution whose two directions differ in all that they can."""
    kernel, stride, dilation = draw(pairs), draw(pairs), draw(pairs)
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    size = [max(e - 2 * p, 1) + draw(st.integers(0, 3)) for e, p in zip(extent, padding, strict=True)]
    groups, per_group, made = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    return Setting(
        x=(draw(st.integers(min_samples, 3)), groups * per_group, *size),
        weight=(groups * made, per_group, *kernel),
        options={"stride": stride, "padding": padding, "dilation": dilation, "groups": groups},
    )
