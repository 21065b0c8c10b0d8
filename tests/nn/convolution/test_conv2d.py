from itertools import product

import pytest
import torch
import torch.nn.functional as F
from convolutions import drawn, settings_of
from hypothesis import given, settings
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.convolution import (
    Conv2d,
    DepthwiseSeparable,
    avg_pool2d,
    col2im,
    conv2d,
    conv2d_backward,
    conv2d_direct,
    conv2d_nhwc,
    depthwise_conv2d,
    im2col,
    output_cell,
    window,
)

DTYPES = [torch.float64, torch.float32]


@pytest.mark.parametrize("dtype", DTYPES)
@given(setting=settings_of())
def test_matches_torch(dtype, setting):
    assert_matches_torch(
        lambda *t: conv2d(*t, **setting.options),
        lambda *t: F.conv2d(*t, **setting.options),
        *setting.tensors(),
        dtype=dtype,
    )


@settings(max_examples=15)
@given(setting=settings_of())
def test_the_direct_form_matches_torch(setting):
    assert_matches_torch(
        lambda *t: conv2d_direct(*t, **setting.options),
        lambda *t: F.conv2d(*t, **setting.options),
        *setting.tensors(),
    )


OPTIONS = [{"stride": 2}, {"padding": 1}, {"dilation": 2}, {"groups": 2}]


@pytest.mark.parametrize("options", OPTIONS)
def test_what_is_left_out_is_torchs(options):
    """Every form with one option alone: all others have to be torch's."""
    x, weight = drawn(1, 4, 6, 6), drawn(4, 4 // options.get("groups", 1), 3, 3, seed=1)
    expected = F.conv2d(x, weight, **options)
    layer = Conv2d(4, 4, 3, **options, bias=False).double()
    layer.load_state_dict({"weight": weight})
    of_weight = torch.autograd.grad(F.conv2d(x, weight.requires_grad_(), **options).sum(), weight)[0]
    weight = weight.detach()
    by_hand = conv2d_backward(torch.ones_like(expected), x, weight, **options).weight
    assert torch.allclose(by_hand, of_weight, atol=1e-12)
    one = output_cell(x, weight, **options, cell=(0, 3, 1, 1)).value
    assert torch.allclose(one, expected[0, 3, 1, 1], atol=1e-12)
    last = conv2d_nhwc(x.permute(0, 2, 3, 1), weight.permute(2, 3, 1, 0), **options).permute(0, 3, 1, 2)
    for ours in (conv2d(x, weight, **options), conv2d_direct(x, weight, **options), layer(x), last):
        assert torch.allclose(ours, expected, atol=1e-12)
    if "groups" not in options:
        alone = weight[:, :1]
        expected = F.conv2d(x, alone, **options, groups=4)
        assert torch.allclose(depthwise_conv2d(x, alone, **options), expected, atol=1e-12)
        separable = DepthwiseSeparable(4, 2, 3, **options).double()
        assert separable(x).shape[2:] == expected.shape[2:]
        assert separable.depthwise.bias.shape == (4,)


GRID = list(product([1, 2], [0, 1], [1, 2], [1, 2, 4]))


@pytest.mark.parametrize(("stride", "padding", "dilation", "groups"), GRID)
def test_the_layer_matches_torch_over_a_grid(stride, padding, dilation, groups):
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    for kernel, bias in [(1, False), (2, True), ((3, 2), True)]:
        ours, theirs = (
            Conv2d(4, 8, kernel, bias=bias, **options),
            nn.Conv2d(4, 8, kernel, bias=bias, **options),
        )
        for dtype in DTYPES:
            assert_matches_torch(ours, theirs, drawn(2, 4, 7, 6), dtype=dtype)


@given(setting=settings_of())
def test_the_backward_pass_by_hand_is_autograds(setting):
    x, weight, bias = (t.requires_grad_() for t in setting.tensors())
    y = F.conv2d(x, weight, bias, **setting.options)
    grad_y = drawn(*y.shape, seed=9)
    by_hand = conv2d_backward(grad_y, x.detach(), weight.detach(), **setting.options)
    for ours, theirs in zip(by_hand, torch.autograd.grad(y, (x, weight, bias), grad_y), strict=True):
        assert ours.shape == theirs.shape
        assert (ours - theirs).abs().max() < 1e-11


def test_gradients_of_gradients():
    x, weight, bias = drawn(1, 2, 4, 4), drawn(2, 1, 2, 3, seed=1), drawn(2, seed=2)
    f = lambda x, w, b: conv2d(x, w, b, (1, 2), 1, (2, 1), groups=2)  # noqa: E731
    inputs = [t.requires_grad_() for t in (x, weight, bias)]
    assert torch.autograd.gradcheck(f, inputs)
    assert torch.autograd.gradgradcheck(f, inputs)


@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_one_gradient_alone(wanted):
    tensors = [drawn(1, 2, 4, 4), drawn(3, 2, 2, 2, seed=1), drawn(3, seed=2)]
    tensors[wanted].requires_grad_()
    ours, theirs = (
        torch.autograd.grad(f(*tensors).square().sum(), tensors[wanted])[0] for f in (conv2d, F.conv2d)
    )
    assert torch.allclose(ours, theirs, rtol=1e-12)


@given(setting=settings_of())
def test_columns_are_torchs(setting):
    x, options = setting.tensors()[0], {k: v for k, v in setting.options.items() if k != "groups"}
    w = window(setting.weight[2:], **options)
    columns = im2col(x, w)
    assert torch.equal(columns, F.unfold(x, w.kernel, **options))
    other = drawn(*columns.shape, seed=3)
    size = x.shape[2:]
    folded = col2im(other, tuple(size), w)
    assert torch.allclose(folded, F.fold(other, size, w.kernel, **options), rtol=0, atol=1e-12)
    assert torch.allclose((columns * other).sum(), (x * folded).sum(), rtol=1e-10)  # transposes


@settings(max_examples=15)
@given(setting=settings_of(), data=st.data())
def test_one_cell_is_the_sum_of_its_products(setting, data):
    x, weight, bias = setting.tensors()
    y = F.conv2d(x, weight, bias, **setting.options)
    cell = tuple(data.draw(st.integers(0, n - 1)) for n in y.shape)
    found = output_cell(x, weight, bias, **setting.options, cell=cell)
    assert torch.allclose(found.value, y[cell], rtol=1e-12)
    assert torch.equal(found.bias, bias[cell[1]])
    assert torch.allclose(found.products.sum() + found.bias, found.value, rtol=1e-12)
    H, W = x.shape[2:]
    for (c, channel), (u, row), (v, column) in product(
        enumerate(found.channels), enumerate(found.rows), enumerate(found.columns)
    ):
        inside = 0 <= row < H and 0 <= column < W
        assert found.window[c, u, v] == (x[cell[0], channel, row, column] if inside else 0)
        assert found.products[c, u, v] == found.window[c, u, v] * weight[cell[1], c, u, v]
    assert output_cell(x, weight, **setting.options, cell=cell).bias == 0


@settings(max_examples=20)
@given(setting=settings_of())
def test_a_cell_reads_exactly_what_its_gradient_reaches(setting):
    x, weight, _ = setting.tensors()
    x.requires_grad_()
    y = F.conv2d(x, weight, **setting.options)
    n, o, i, j = cell = tuple(size - 1 for size in y.shape)
    found = output_cell(x, weight, **setting.options, cell=cell)
    expected = {
        (n, c, h, v)
        for c, h, v in product(found.channels, found.rows, found.columns)
        if 0 <= h < x.shape[2] and 0 <= v < x.shape[3]
    }
    (gradient,) = torch.autograd.grad(y[n, o, i, j], x)
    assert {tuple(index) for index in gradient.nonzero().tolist()} == expected


@settings(max_examples=15)
@given(shift=st.tuples(st.integers(-3, 3), st.integers(-3, 3)))
def test_convolution_commutes_with_shifts(shift):
    image, weight = drawn(1, 2, 4, 4), drawn(3, 2, 3, 3, seed=1)
    x = F.pad(image, (5, 5, 5, 5))  # far enough from the border, so that nothing is shifted out
    shifted = torch.roll(x, shift, (2, 3))
    y = conv2d(x, weight, padding=1)
    assert torch.allclose(conv2d(shifted, weight, padding=1), torch.roll(y, shift, (2, 3)), atol=1e-12)


def test_dilation_is_a_kernel_with_holes():
    x, weight = drawn(2, 2, 9, 9), drawn(3, 2, 3, 2, seed=1)
    holes = torch.zeros(3, 2, 7, 3, dtype=torch.float64)
    holes[:, :, ::3, ::2] = weight
    assert torch.allclose(conv2d(x, weight, dilation=(3, 2)), conv2d(x, holes), atol=1e-12)


def test_a_linear_layer_is_a_convolution_over_the_whole_image():
    x, weight = drawn(2, 3, 4, 5), drawn(6, 3, 4, 5, seed=1)
    assert torch.allclose(conv2d(x, weight)[:, :, 0, 0], x.flatten(1) @ weight.flatten(1).T, atol=1e-12)


def test_average_pooling_is_a_depthwise_convolution():
    x, weight = drawn(2, 3, 6, 6), torch.full((3, 1, 2, 3), 1 / 6, dtype=torch.float64)
    ours = depthwise_conv2d(x, weight, stride=2, padding=1)
    assert torch.allclose(ours, avg_pool2d(x, (2, 3), stride=2, padding=1), atol=1e-12)


@pytest.mark.parametrize("form", [conv2d, conv2d_direct])
def test_empty_batch(form):
    weight, bias = drawn(4, 1, 3, 3), drawn(4)
    assert_matches_torch(
        lambda *t: form(*t, 2, 1, groups=2),
        lambda *t: F.conv2d(*t, stride=2, padding=1, groups=2),
        torch.empty(0, 2, 5, 5),
        weight,
        bias,
    )


def test_memory_in_another_order():
    x, weight, bias = drawn(2, 5, 6, 3), drawn(2, 3, 3, 4, seed=1), drawn(4, seed=2)
    arrange = lambda f: lambda x, w, b: f(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), b, stride=2)  # noqa: E731
    assert_matches_torch(arrange(conv2d), arrange(F.conv2d), x, weight, bias)
    assert_matches_torch(arrange(conv2d_direct), arrange(F.conv2d), x, weight, bias)


def test_half_precision():
    tensors = [t.to(torch.bfloat16) for t in (drawn(2, 3, 5, 5), drawn(4, 3, 3, 3, seed=1), drawn(4, seed=2))]
    y = conv2d(*tensors)
    assert y.dtype == torch.bfloat16
    assert (y.double() - F.conv2d(*(t.double() for t in tensors))).abs().max() < 0.1


def test_the_layer_starts_like_torchs_and_state_goes_both_ways():
    options = {"stride": (2, 1), "padding": (0, 1), "dilation": (1, 2), "groups": 2}
    torch.manual_seed(3)
    ours = Conv2d(4, 6, (2, 3), **options)
    torch.manual_seed(3)
    theirs = nn.Conv2d(4, 6, (2, 3), **options)
    for name, parameter in theirs.state_dict().items():
        assert torch.allclose(ours.state_dict()[name], parameter, rtol=1e-6)
    nn.init.normal_(ours.weight)
    theirs.load_state_dict(ours.state_dict())
    assert_matches_torch(ours, theirs, drawn(2, 4, 5, 5), share_state=False)


@pytest.mark.parametrize("form", [conv2d, conv2d_direct])
def test_refuses(form):
    x, weight = torch.ones(2, 4, 5, 5), torch.ones(6, 4, 3, 3)
    with refuses(ValueError, r"x of shape \(4, 5, 5\) does not have the four axes \(N, C, H, W\)"):
        form(x[0], weight)
    with refuses(TypeError, "x must be floating point, but has dtype torch.int64"):
        form(x.long(), weight)
    with refuses(TypeError, "x has dtype torch.float32, but weight has torch.float64"):
        form(x, weight.double())
    with refuses(TypeError, "but bias has torch.float64"):
        form(x, weight, torch.ones(6).double())
    with refuses(ValueError, r"weight of shape \(6, 4, 3\) does not have four axes"):
        form(x, weight[..., 0])
    with refuses(
        ValueError, r"weight of shape \(0, 4, 3, 3\) does not have four axes \(D, C/G, kH, kW\) of 1"
    ):
        form(x, weight[:0])
    with refuses(ValueError, "groups=3 does not divide C=4; try 1, 2 or 4"):
        form(x, weight, groups=3)
    with refuses(ValueError, "groups=0 does not divide C=4"):
        form(x, weight, groups=0)
    with refuses(ValueError, "groups=4 does not divide D=6; try 1, 2, 3 or 6"):
        form(x, weight[:, :1], groups=4)
    with refuses(
        ValueError, r"C=4 channels in groups=1, but weight .* reads 2 in each group, not 4; try groups=2"
    ):
        form(x, weight[:, :2])
    with refuses(ValueError, "reads 4 in each group, not 8; try groups=2, or look for a transposed x"):
        form(torch.ones(2, 8, 5, 5), weight)
    with refuses(ValueError, r"reads 4 in each group, not 3; try shape \(6, 3, kH, kW\)"):
        form(x[:, :3], weight)
    with refuses(ValueError, r"bias has shape \(4,\), but weight makes 6 maps; try shape \(6,\)"):
        form(x, weight, torch.ones(4))
    with refuses(ValueError, "the kernel covers 5 cells, but the padded input has 3 along H; try a smaller"):
        form(x[:, :, :1], weight, padding=1, dilation=2)
    with refuses(ValueError, "stride=0 is below 1"):
        form(x, weight, stride=0)


def test_refuses_elsewhere():
    x, weight = torch.ones(2, 4, 5, 5), torch.ones(6, 4, 3, 3)
    with refuses(ValueError, r"grad_y has shape \(2, 6, 5, 5\), but the output has \(2, 6, 3, 3\)"):
        conv2d_backward(torch.ones(2, 6, 5, 5), x, weight)
    with refuses(ValueError, "groups=3 does not divide C=4"):
        conv2d_backward(torch.ones(2, 6, 3, 3), x, weight, groups=3)
    for cell in [(2, 0, 0, 0), (0, 6, 0, 0), (0, 0, 3, 0), (0, 0, 0, -1)]:
        with refuses(IndexError, r"is not in the output of shape \(2, 6, 3, 3\); try \(n, o, i, j\), each"):
            output_cell(x, weight, cell=cell)
    with refuses(IndexError, r"cell=\(0, 0, 0\) is not in the output"):
        output_cell(x, weight, cell=(0, 0, 0))
    with refuses(
        ValueError, r"columns of shape \(1, 9, 4\) do not hold 9 numbers of each channel for 9 windows"
    ):
        col2im(torch.ones(1, 9, 4), (5, 5), window(3))
    with refuses(ValueError, r"columns of shape \(1, 10, 9\) do not hold 9 numbers of each channel"):
        col2im(torch.ones(1, 10, 9), (5, 5), window(3))
    with refuses(ValueError, r"columns of shape \(9, 9\) does not have the axes"):
        col2im(torch.ones(9, 9), (5, 5), window(3))
    for sizes in ((0, 6, 3), (4, 0, 3)):
        with refuses(ValueError, "_channels=0 is below 1"):
            Conv2d(*sizes)
    with refuses(ValueError, "C=0 is below 1"):
        conv2d(x[:, :0], weight)
    with refuses(ValueError, "groups=3 does not divide C=4"):
        output_cell(x, weight, groups=3, cell=(0, 0, 0, 0))
    with refuses(TypeError, "x must be floating point"):
        im2col(x.long(), window(3))
    with refuses(ValueError, "the kernel covers 6 cells, but the padded input has 5 along H"):
        im2col(x, window(6))
    with refuses(TypeError, "x has dtype torch.float32, but weight has torch.float64"):
        conv2d_backward(torch.ones(2, 6, 3, 3), x, weight.double())
    with refuses(TypeError, "x has dtype torch.float32, but weight has torch.float64"):
        output_cell(x, weight.double(), cell=(0, 0, 0, 0))
    with refuses(ValueError, "groups=3 does not divide in_channels=4; try 1, 2 or 4"):
        Conv2d(4, 6, 3, groups=3)
    with refuses(ValueError, "groups=4 does not divide out_channels=6"):
        Conv2d(4, 6, 3, groups=4)
    with refuses(ValueError, "kernel=0 is below 1"):
        Conv2d(4, 6, 0)


def test_repr():
    assert repr(Conv2d(4, 8, 3, padding=1, groups=2, bias=False)) == (
        "Conv2d(4, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=2, "
        "bias=False)"
    )
