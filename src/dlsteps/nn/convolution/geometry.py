"""Where a window stands: which inputs each output cell of a convolution or a pooling reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import torch.nn.functional as F
from jaxtyping import Shaped
from torch import Tensor

from dlsteps.nn.checks import check_axes

Pair = tuple[int, int]
Size = int | Sequence[int]


def output_size(n: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    r"""How many windows fit along one axis: $\lfloor (n + 2p - d(k - 1) - 1) / s \rfloor + 1$.

    Args:
        n: Length of the axis.
        kernel: k, the cells of a window.
        stride: s, from the start of one window to the start of the next.
        padding: p, cells added at each end.
        dilation: d, from one cell of a window to the next.

    Returns:
        The number of windows, which is the length of the output.

    Raises:
        ValueError: If a number is out of range, or the window is longer than the padded axis.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), relationship 15.
    """
    return window(kernel, stride, padding, dilation).output_size((n, n))[0]


@dataclass(frozen=True)
class Window:
    """The cells that a kernel covers, and how it moves; each attribute is (along H, along W).

    Attributes:
        kernel: k, how many cells it has.
        stride: s, how far it moves from one output cell to the next.
        padding: p, how many cells are added at each border.
        dilation: d, how far its cells are apart.
    """

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    @property
    def extent(self) -> Pair:
        """The cells from the first to the last that the kernel covers, gaps included: d(k - 1) + 1."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True))

    def output_size(self, size: Sequence[int]) -> Pair:
        """How many windows fit along H and W."""
        padded = [n + 2 * p for n, p in zip(size, self.padding, strict=True)]
        for axis, n, extent in zip("HW", padded, self.extent, strict=True):
            if extent > n:
                raise ValueError(
                    f"the kernel covers {extent} cells, but the padded input has {n} along {axis}; "
                    "try a smaller kernel or dilation, or more padding"
                )
        return tuple((n - e) // s + 1 for n, e, s in zip(padded, self.extent, self.stride, strict=True))

    def reads(self, i: int, j: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Return the rows and the columns of the input that output cell (i, j) reads.

        Numbers below 0, or at H (or W) and above, are padding.
        """
        axes = zip((i, j), self.kernel, self.stride, self.padding, self.dilation, strict=True)
        rows, columns = (tuple(index * s - p + d * u for u in range(k)) for index, k, s, p, d in axes)
        return rows, columns


def window(kernel: Size, stride: Size = 1, padding: Size = 0, dilation: Size = 1) -> Window:
    """Describe a window by numbers, or by pairs (along H, along W).

    Args:
        kernel: k, how many cells it has.
        stride: s, how far it moves from one output cell to the next.
        padding: p, how many cells are added at each border.
        dilation: d, how far its cells are apart.

    Returns:
        The window, with a pair for each.

    Raises:
        TypeError: If something is not a whole number, or a pair of them.
        ValueError: If the kernel, the stride or the dilation is below 1, or the padding below 0.
    """
    return Window(
        kernel=_pair("kernel", kernel, least=1),
        stride=_pair("stride", stride, least=1),
        padding=_pair("padding", padding, least=0),
        dilation=_pair("dilation", dilation, least=1),
    )


def _pair(name: str, value: Size, least: int) -> Pair:
    pair = (value, value) if isinstance(value, Integral) else tuple(value) if _is_list(value) else ()
    if len(pair) != 2 or not all(isinstance(n, Integral) and not isinstance(n, bool) for n in pair):
        raise TypeError(f"{name}={value!r} is not a whole number or a pair of them; try {name}={least + 1}")
    if min(pair) < least:
        raise ValueError(f"{name}={value} is below {least}; try {name}={least} or more")
    return int(pair[0]), int(pair[1])


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def pad(x: Shaped[Tensor, "N C H W"], w: Window, value: float = 0.0) -> Shaped[Tensor, "N C Hp Wp"]:
    """Surround every map by the window's padding."""
    pH, pW = w.padding
    return F.pad(x, (pW, pW, pH, pH), value=value) if pH or pW else x


def windows(padded: Shaped[Tensor, "N C Hp Wp"], w: Window) -> Shaped[Tensor, "N C Ho Wo kH kW"]:
    """Show a padded tensor as its windows: `windows(x, w)[n, c, i, j]` is what cell (i, j) reads.

    It is a view. Windows that overlap share memory, and no number is copied.

    Args:
        padded: Tensor with the padding already around it.
        w: The window.

    Returns:
        A view with two axes more.

    Raises:
        ValueError: If it does not have four axes, or is smaller than a window.
    """
    check_axes(padded, "N, C, H, W", "padded")
    Window(w.kernel, w.stride, (0, 0), w.dilation).output_size(padded.shape[2:])
    for axis, extent, s, d in zip((2, 3), w.extent, w.stride, w.dilation, strict=True):
        padded = padded.unfold(axis, extent, s)[..., ::d]
    return padded
