import pytest
import torch
import torch.nn.functional as F
from convolutions import drawn
from judge import assert_matches_torch, refuses
from torch import nn

from dlsteps.nn.convolution import (
    DepthwiseSeparable,
    conv2d,
    depthwise_conv2d,
    merged_kernel,
    pointwise_conv2d,
)

DTYPES = [torch.float64, torch.float32]


class Torchs(nn.Module):
    """The same two layers, by PyTorch, under the same names."""

    def __init__(self, C, D, *window, bias=True, between=nn.Identity):
        super().__init__()
        self.depthwise = nn.Conv2d(C, C, *window, groups=C, bias=bias)
        self.after_depthwise = between(C)
        self.pointwise = nn.Conv2d(C, D, 1, bias=bias)
        self.after_pointwise = between(D)

    def forward(self, x):
        return self.after_pointwise(self.pointwise(self.after_depthwise(self.depthwise(x))))


@pytest.mark.parametrize("dtype", DTYPES)
def test_depthwise_matches_torch(dtype):
    assert_matches_torch(
        lambda *t: depthwise_conv2d(*t, (2, 1), (1, 0), (1, 2)),
        lambda *t: F.conv2d(*t, stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=4),
        drawn(2, 4, 6, 5),
        drawn(4, 1, 3, 2, seed=1),
        drawn(4, seed=2),
        dtype=dtype,
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_pointwise_is_one_linear_map_for_all_pixels(dtype):
    assert_matches_torch(
        pointwise_conv2d,
        lambda x, w, b: F.linear(x.movedim(1, -1), w.flatten(1), b).movedim(-1, 1),
        drawn(2, 4, 3, 5),
        drawn(6, 4, 1, 1, seed=1),
        drawn(6, seed=2),
        dtype=dtype,
    )


def test_pointwise_is_linear():
    x, other, weight = drawn(1, 4, 3, 3), drawn(1, 4, 3, 3, seed=1), drawn(5, 4, 1, 1, seed=2)
    ours = pointwise_conv2d(2 * x - 3 * other, weight)
    assert torch.allclose(ours, 2 * pointwise_conv2d(x, weight) - 3 * pointwise_conv2d(other, weight))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("between", [nn.Identity, nn.BatchNorm2d])
@pytest.mark.parametrize("bias", [True, False])
def test_layer_matches_torch(dtype, between, bias):
    window = ((3, 2), (2, 1), (1, 0), (1, 2))
    ours = DepthwiseSeparable(4, 6, *window, bias=bias, between=between)
    assert_matches_torch(
        ours, Torchs(4, 6, *window, bias=bias, between=between), drawn(2, 4, 6, 5), dtype=dtype
    )
    assert isinstance(DepthwiseSeparable(1, 1, 1).after_pointwise, nn.Identity)


def test_both_steps_are_one_convolution_with_a_kernel_of_rank_one():
    x, layer = drawn(2, 4, 6, 5), DepthwiseSeparable(4, 6, (3, 2), stride=2, padding=1, bias=False).double()
    kernel = merged_kernel(layer.depthwise.weight, layer.pointwise.weight)
    assert kernel.shape == (6, 4, 3, 2)
    assert torch.allclose(layer(x), conv2d(x, kernel, stride=2, padding=1), rtol=0, atol=1e-12)
    for c in range(4):
        assert torch.linalg.matrix_rank(kernel[:, c].flatten(1)) == 1
    assert torch.linalg.matrix_rank(drawn(6, 6)) == 6


def test_depthwise_channels_do_not_meet():
    x, weight = drawn(1, 3, 5, 5), drawn(3, 1, 3, 3, seed=1)
    poked = x.clone()
    poked[:, 1] *= 10
    moved = (depthwise_conv2d(poked, weight) - depthwise_conv2d(x, weight)).abs().amax((0, 2, 3))
    assert moved[1] > 1
    assert moved[[0, 2]].max() == 0


def test_refuses():
    x = torch.ones(2, 4, 5, 5)
    with refuses(
        ValueError, r"weight of shape \(4, 4, 3, 3\) is not one kernel for each of C=4 .* \(4, 1, kH, kW\)"
    ):
        depthwise_conv2d(x, torch.ones(4, 4, 3, 3))
    with refuses(ValueError, "is not one kernel for each of C=4 channels"):
        depthwise_conv2d(x, torch.ones(8, 1, 3, 3))
    with refuses(ValueError, "is not one kernel"):
        depthwise_conv2d(x, torch.ones(4, 1, 3))
    with refuses(ValueError, "does not have the four axes"):
        depthwise_conv2d(x[0], torch.ones(4, 1, 3, 3))
    with refuses(ValueError, r"weight of shape \(6, 4, 1, 2\) is not 1×1; try shape \(D, C, 1, 1\)"):
        pointwise_conv2d(x, torch.ones(6, 4, 1, 2))
    with refuses(ValueError, "is not 1×1"):
        pointwise_conv2d(x, torch.ones(6, 4))
    for f, weight in ((depthwise_conv2d, torch.ones(4, 1, 3, 3)), (pointwise_conv2d, torch.ones(6, 4, 1, 1))):
        with refuses(TypeError, "x has dtype torch.float32, but weight has torch.float64"):
            f(x, weight.double())
    for depthwise, pointwise in [((1, 1, 3, 3), (6, 4, 1, 1)), ((4, 2, 3, 3), (6, 4, 1, 1)), ((4, 1, 3, 3),
                                 (6, 4, 1, 2)), ((4, 1, 3, 3), (6, 1, 1, 1))]:  # fmt: skip
        with refuses(ValueError, rf"do not follow one another; try shapes \({depthwise[0]}, 1, kH, kW\)"):
            merged_kernel(torch.ones(depthwise), torch.ones(pointwise))
    with refuses(ValueError, r"pointwise of shape \(6, 4\) does not have the axes \(D, C, 1, 1\)"):
        merged_kernel(torch.ones(4, 1, 3, 3), torch.ones(6, 4))
    with refuses(ValueError, "the kernel covers 7 cells"):
        DepthwiseSeparable(4, 6, 7)(x)
