import pytest
import torch
import torch.nn.functional as F
from convolutions import drawn
from hypothesis import assume, given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.convolution import (
    AvgPool2d,
    MaxPool2d,
    avg_pool2d,
    global_avg_pool,
    global_max_pool,
    max_pool2d,
)

DTYPES = [torch.float64, torch.float32]
pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
strides = st.none() | pairs


@st.composite
def poolings(draw, dilated):
    kernel, stride, dilation = draw(pairs), draw(strides), draw(pairs) if dilated else (1, 1)
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    size = [
        max(e - 2 * p, d) + draw(st.integers(0, 3))  # d cells, so that no window reads padding alone
        for e, p, d in zip(extent, padding, dilation, strict=True)
    ]
    shape = (draw(st.integers(1, 2)), draw(st.integers(1, 3)), *size)
    return shape, {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}


@pytest.mark.parametrize("dtype", DTYPES)
@given(drawn_pooling=poolings(dilated=True))
def test_max_matches_torch(dtype, drawn_pooling):
    shape, options = drawn_pooling
    x = drawn(*shape).round()  # so that many are equal
    theirs = lambda x: F.max_pool2d(x, **options, return_indices=True)  # noqa: E731
    assert_matches_torch(lambda x: tuple(max_pool2d(x, **options)), theirs, x, dtype=dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("count_include_pad", [True, False])
@given(drawn_pooling=poolings(dilated=False))
def test_average_matches_torch(dtype, count_include_pad, drawn_pooling):
    shape, options = drawn_pooling
    options = {k: v for k, v in options.items() if k != "dilation"}
    assert_matches_torch(
        lambda x: avg_pool2d(x, **options, count_include_pad=count_include_pad),
        lambda x: F.avg_pool2d(x, **options, count_include_pad=count_include_pad),
        drawn(*shape),
        dtype=dtype,
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_left_out_is_torchs(dtype):
    x = drawn(2, 3, 7, 7).to(dtype)
    for options in ({}, {"stride": 1}, {"padding": 1}, {"dilation": 2}):
        expected = F.max_pool2d(x, 3, **options)
        assert torch.equal(max_pool2d(x, 3, **options).values, expected)
        assert torch.equal(MaxPool2d(3, **options)(x), expected)
    for options in ({}, {"stride": 1}, {"padding": 1}):
        expected = F.avg_pool2d(x, 3, **options)
        assert torch.allclose(avg_pool2d(x, 3, **options), expected)
        assert torch.allclose(AvgPool2d(3, **options)(x), expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_global_pooling_matches_torch(dtype):
    x = drawn(2, 3, 4, 5)
    assert_matches_torch(global_avg_pool, lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1), x, dtype=dtype)
    assert_matches_torch(global_max_pool, lambda x: F.adaptive_max_pool2d(x, 1).flatten(1), x, dtype=dtype)


def test_layers_match_torch():
    x = drawn(2, 3, 7, 6)
    assert_matches_torch(MaxPool2d(2), nn.MaxPool2d(2), x)
    assert_matches_torch(
        MaxPool2d((3, 2), (1, 2), (1, 0), (1, 2)), nn.MaxPool2d((3, 2), (1, 2), (1, 0), (1, 2)), x
    )
    assert_matches_torch(AvgPool2d(2), nn.AvgPool2d(2), x)
    ours = AvgPool2d((3, 2), (1, 2), (1, 0), count_include_pad=False)
    assert_matches_torch(ours, nn.AvgPool2d((3, 2), (1, 2), (1, 0), count_include_pad=False), x)


@pytest.mark.parametrize("pool", [lambda x: max_pool2d(x, 3, 1, 1).values, lambda x: avg_pool2d(x, 3, 1, 1)])
def test_gradient(pool):
    assert torch.autograd.gradcheck(pool, drawn(1, 2, 4, 4).requires_grad_())


def test_where_all_are_minus_infinity_the_first_cell_wins_and_not_the_padding():
    x = torch.full((1, 1, 3, 3), -torch.inf)
    _, indices = F.max_pool2d(x, 2, 2, 1, return_indices=True)
    ours = max_pool2d(x, 2, 2, 1)
    assert torch.equal(ours.indices, indices)
    assert ours.indices[0, 0].tolist() == [[0, 1], [3, 4]]
    assert torch.equal(ours.values, torch.full((1, 1, 2, 2), -torch.inf))


def test_a_nan_wins():
    x = drawn(1, 1, 4, 4)
    x[0, 0, 1, 1] = torch.nan
    assert max_pool2d(x, 2).values.isnan().tolist() == [[[[True, False], [False, False]]]]
    assert max_pool2d(x, 2).indices[0, 0, 0, 0] == 5


def test_padding_never_wins_but_it_darkens_the_mean():
    x = torch.full((1, 1, 2, 2), -3.0)
    assert max_pool2d(x, 2, 2, 1).values.unique().tolist() == [-3.0]
    assert avg_pool2d(x, 2, 2, 1).unique().tolist() == [-0.75]
    assert avg_pool2d(x, 2, 2, 1, count_include_pad=False).unique().tolist() == [-3.0]


@given(
    at=st.tuples(st.integers(0, 7), st.integers(0, 7)), shift=st.tuples(st.integers(0, 3), st.integers(0, 3))
)
def test_a_shift_within_the_window_changes_nothing_and_beyond_it_does(at, shift):
    before, after = at, tuple(a + s for a, s in zip(at, shift, strict=True))
    assume(max(after) < 8)
    images = torch.zeros(2, 1, 8, 8)
    for image, (h, w) in zip(images, (before, after), strict=True):
        image[0, h, w] = 1
    one, other = max_pool2d(images, 4).values
    assert torch.equal(one, other) == ([a // 4 for a in before] == [a // 4 for a in after])


def test_nothing_is_learned():
    assert [*MaxPool2d(2).parameters(), *AvgPool2d(2).parameters()] == []


def test_empty_batch_and_memory_in_another_order():
    empty = torch.empty(0, 3, 4, 4)
    assert_matches_torch(MaxPool2d(2), nn.MaxPool2d(2), empty)
    assert_matches_torch(AvgPool2d(2), nn.AvgPool2d(2), empty)
    assert global_avg_pool(empty).shape == global_max_pool(empty).shape == (0, 3)
    x = drawn(2, 4, 5, 3)
    assert_matches_torch(lambda x: MaxPool2d(2)(x.mT), lambda x: F.max_pool2d(x.mT, 2), x)
    assert_matches_torch(lambda x: AvgPool2d(2)(x.mT), lambda x: F.avg_pool2d(x.mT, 2), x)


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d])
def test_refuses(pool):
    x = torch.ones(2, 4, 5, 5)
    with refuses(ValueError, r"x of shape \(4, 5, 5\) does not have the four axes"):
        pool(x[0], 2)
    with refuses(TypeError, "x must be floating point"):
        pool(x.long(), 2)
    with refuses(ValueError, "padding=2 is more than half of kernel_size=3, .* try padding=1 or less"):
        pool(x, 3, padding=(1, 2))
    with refuses(ValueError, "padding=2 is more than half"):
        pool(x, (2, 3), padding=(1, 2))
    with refuses(ValueError, "padding=1 is more than half of kernel_size=1"):
        pool(x, (1, 3), padding=1)
    with refuses(ValueError, "stride=0 is below 1"):
        pool(x, 2, stride=0)
    with refuses(ValueError, "kernel=0 is below 1"):
        pool(x, 0)
    with refuses(ValueError, "the kernel covers 6 cells, but the padded input has 5"):
        pool(x, 6)


def test_max_refuses_a_window_of_padding_alone():
    with refuses(ValueError, r"a window with dilation=\(2, 1\) reads padding=\(1, 0\) alone; try less"):
        max_pool2d(torch.ones(1, 1, 1, 3), (2, 1), 1, (1, 0), (2, 1))


@pytest.mark.parametrize("layer", [MaxPool2d, AvgPool2d])
def test_layers_refuse(layer):
    with refuses(ValueError, "padding=2 is more than half"):
        layer(3, padding=2)
    with refuses(ValueError, "stride=0 is below 1"):
        layer(3, stride=0)


@pytest.mark.parametrize("pool", [global_avg_pool, global_max_pool])
def test_global_pooling_refuses(pool):
    with refuses(ValueError, r"x of shape \(2, 3, 0, 4\) has maps without a cell; try an image of 1×1"):
        pool(torch.empty(2, 3, 0, 4))
    with refuses(ValueError, "does not have the four axes"):
        pool(torch.ones(3, 4, 4))
    with refuses(TypeError, "x must be floating point"):
        pool(torch.ones(2, 3, 4, 4).long())


def test_repr():
    assert (
        repr(MaxPool2d(2)) == "MaxPool2d(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0), dilation=(1, 1))"
    )
    assert repr(AvgPool2d(3, 1, 1)) == (
        "AvgPool2d(kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), count_include_pad=True)"
    )
