"""The rules of memory layout, held to PyTorch's own answers."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dlsteps.tensors import broadcast_shape, contiguous_strides, offset, reduced_shape, view_strides

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4)


@st.composite
def factorizations(pick, cells):
    """Shapes with this many cells, some of their axes of length 1."""
    lengths = [1] * pick(st.integers(0, 2))
    while cells > 1:
        lengths.append(pick(st.sampled_from([d for d in range(2, cells + 1) if cells % d == 0])))
        cells //= lengths[-1]
    return pick(st.permutations(lengths or [1]))


@given(st.lists(st.integers(0, 4), max_size=4))
def test_contiguous_strides(shape):
    assert contiguous_strides(shape) == torch.empty(shape).stride()


@given(shapes, st.data())
def test_an_offset_finds_the_cell(shape, data):
    x = torch.arange(torch.Size(shape).numel()).reshape(shape)
    index = [data.draw(st.integers(0, n - 1)) for n in shape]
    assert offset(index, contiguous_strides(shape)) == x[tuple(index)]


@given(st.lists(st.lists(st.integers(1, 3), max_size=3), min_size=1, max_size=3))
def test_broadcasting(several):
    try:
        expected = tuple(torch.broadcast_shapes(*several))
    except RuntimeError:
        with pytest.raises(ValueError, match="do not broadcast"):
            broadcast_shape(*several)
    else:
        assert broadcast_shape(*several) == expected


@given(shapes, st.booleans(), st.data())
def test_reductions(shape, keepdim, data):
    ndim = len(shape)
    dim = data.draw(st.lists(st.integers(-ndim, ndim - 1), min_size=1, unique_by=lambda axis: axis % ndim))
    assert reduced_shape(shape, dim, keepdim) == torch.empty(shape).mean(dim, keepdim=keepdim).shape


@given(shapes, st.data())
def test_a_view_exists_exactly_where_torch_has_one(shape, data):
    x = torch.arange(torch.Size(shape).numel()).reshape(shape)
    x = x.permute(data.draw(st.permutations(range(x.ndim))))
    if data.draw(st.booleans()):
        x = x[::2]
    new_shape = data.draw(factorizations(x.numel()))
    try:
        expected = x.view(new_shape)
    except RuntimeError:
        assert view_strides(x.shape, x.stride(), new_shape) is None
    else:
        strides = view_strides(x.shape, x.stride(), new_shape)
        assert strides is not None
        ours = torch.as_strided(x, new_shape, strides)
        assert torch.equal(ours, expected)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: broadcast_shape((3, 4), (3,)), "keepdim=True"),
        (lambda: view_strides((2, 3), (3, 1), (7,)), "6 cells.*7"),
        (lambda: reduced_shape((2, 3), (2,)), "try 0 to 1"),
        (lambda: reduced_shape((2, 3), (1, -1)), "different axes"),
        (lambda: offset((0, 0, 0), (3, 1)), "3 numbers for 2 axes"),
        (lambda: contiguous_strides((2, -1)), "negative"),
    ],
)
def test_errors_say_what_to_do(call, words):
    with pytest.raises(ValueError, match=words):
        call()
