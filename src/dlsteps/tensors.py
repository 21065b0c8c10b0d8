"""How a tensor lies in memory: strides, offsets, broadcasting and views, in plain integers.

PyTorch's own rules, written to be read. The tests hold each of them to PyTorch's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from math import prod

Shape = tuple[int, ...]


def contiguous_strides(shape: Sequence[int]) -> Shape:
    """How far apart in memory two neighbors along each axis stand, when the last axis runs fastest.

    $s_k = \\prod_{j>k} n_j$: a step along an axis jumps over everything that the later axes hold.

    Args:
        shape: the lengths $n_0, n_1, …$ of the axes.

    Returns:
        One stride for each axis, in cells.

    Raises:
        ValueError: a length is negative.
    """
    _check_lengths(shape)
    return tuple(prod(max(n, 1) for n in shape[k + 1 :]) for k in range(len(shape)))


def offset(index: Sequence[int], strides: Sequence[int]) -> int:
    """The position in memory of the cell at `index`: $\\sum_k i_k s_k$.

    Args:
        index: the first axes' indices, or all of them; what is left out counts as 0.
        strides: one for each axis.

    Raises:
        ValueError: there are more indices than axes.
    """
    if len(index) > len(strides):
        raise ValueError(
            f"index {tuple(index)} has {len(index)} numbers for {len(strides)} axes; leave some out"
        )
    return sum(i * s for i, s in zip(index, strides, strict=False))


def broadcast_shape(*shapes: Sequence[int]) -> Shape:
    """The shape of the result when tensors of these shapes are added.

    Write the shapes below each other, flush right. In each column all lengths agree, or are 1, or are
    missing.

    Raises:
        ValueError: two lengths in a column differ and neither is 1.
    """
    columns = zip_longest(*(reversed(tuple(shape)) for shape in shapes), fillvalue=1)
    return tuple(reversed([_agreed(column, shapes) for column in columns]))


def _agreed(lengths: Sequence[int], shapes: Sequence[Sequence[int]]) -> int:
    longer = {n for n in lengths if n != 1}
    if len(longer) > 1:
        listed = " and ".join(str(list(shape)) for shape in shapes)
        raise ValueError(
            f"shapes {listed} do not broadcast: lengths {sorted(longer)} meet in one column; "
            "keep the reduced axis with keepdim=True, or insert one with unsqueeze"
        )
    return longer.pop() if longer else 1


def reduced_shape(shape: Sequence[int], dim: Sequence[int], keepdim: bool = False) -> Shape:
    """The shape that is left when the axes in `dim` are averaged away.

    Raises:
        ValueError: an axis does not exist, or is named twice.
    """
    ndim = len(shape)
    axes = [axis % ndim if -ndim <= axis < ndim else None for axis in dim]
    if None in axes or len(set(axes)) != len(axes):
        raise ValueError(
            f"dim={tuple(dim)} does not name different axes of {list(shape)}; try 0 to {ndim - 1}"
        )
    if keepdim:
        return tuple(1 if axis in axes else n for axis, n in enumerate(shape))
    return tuple(n for axis, n in enumerate(shape) if axis not in axes)


def view_strides(shape: Sequence[int], strides: Sequence[int], new_shape: Sequence[int]) -> Shape | None:
    """The strides of `x.view(new_shape)`, or None where no view exists and `reshape` has to copy.

    Neighboring axes can be merged when a step along the left one is as long as the whole right one
    ($s_k = n_{k+1} s_{k+1}$). A view exists if, and only if, each such block of axes can be cut into
    some of the new axes.

    Args:
        shape, strides: of the tensor as it is.
        new_shape: the lengths wanted, with as many cells.

    Raises:
        ValueError: the two shapes hold different numbers of cells.
    """
    if prod(shape) != prod(new_shape):
        raise ValueError(
            f"shape {list(shape)} has {prod(shape)} cells and {list(new_shape)} has {prod(new_shape)}; "
            "a view keeps every cell"
        )
    if prod(shape) == 0:
        return contiguous_strides(new_shape)
    found: list[int] = []  # strides of the new axes, from the last
    wanted = list(new_shape)
    for size, stride in _blocks(shape, strides):
        while wanted and size % wanted[-1] == 0 and (size > 1 or wanted[-1] == 1):
            found.append(stride)
            stride *= wanted[-1]
            size //= wanted.pop()
        if size > 1:
            return None
    return tuple(reversed(found))


def _blocks(shape: Sequence[int], strides: Sequence[int]) -> list[tuple[int, int]]:
    """Runs of axes that lie in memory as one, from the last: (number of cells, smallest stride)."""
    blocks: list[tuple[int, int]] = []
    for n, s in reversed(list(zip(shape, strides, strict=True))):
        if n == 1:
            continue  # an axis of length 1 is never stepped along
        if blocks and s == blocks[-1][0] * blocks[-1][1]:
            blocks[-1] = (blocks[-1][0] * n, blocks[-1][1])
        else:
            blocks.append((n, s))
    return blocks or [(1, 1)]


def _check_lengths(shape: Sequence[int]) -> None:
    if any(n < 0 for n in shape):
        raise ValueError(f"shape {list(shape)} has a negative length; lengths count cells")
