import pytest
import torch
import torch.nn.functional as F
from convolutions import drawn
from judge import assert_matches_torch, refuses

from dlsteps.nn.convolution import (
    conv2d_nhwc,
    depthwise_conv2d,
    depthwise_to_oihw,
    flatten,
    flatten_view,
    to_hwio,
    to_nchw,
    to_nhwc,
    to_oihw,
)

DTYPES = [torch.float64, torch.float32]


def test_layouts_go_both_ways_and_copy_nothing():
    x, weight = drawn(2, 3, 4, 5), drawn(6, 3, 2, 1)
    assert to_nhwc(x).shape == (2, 4, 5, 3)
    assert to_nhwc(x)[1, 2, 4, 0] == x[1, 0, 2, 4]
    assert to_hwio(weight).shape == (2, 1, 3, 6)
    assert to_hwio(weight)[1, 0, 2, 5] == weight[5, 2, 1, 0]
    assert torch.equal(to_nchw(to_nhwc(x)), x)
    assert torch.equal(to_oihw(to_hwio(weight)), weight)
    assert to_nchw(to_nhwc(x)).data_ptr() == x.data_ptr()


@pytest.mark.parametrize("dtype", DTYPES)
def test_channels_last_matches_torch(dtype):
    def theirs(x, w, b):
        options = {"stride": (1, 2), "padding": (2, 0), "dilation": (2, 1), "groups": 2}
        y = F.conv2d(torch.einsum("nhwc->nchw", x), torch.einsum("hwio->oihw", w), b, **options)
        return torch.einsum("nohw->nhwo", y)

    ours = lambda x, w, b: conv2d_nhwc(x, w, b, (1, 2), (2, 0), (2, 1), 2)  # noqa: E731
    tensors = (drawn(2, 6, 5, 4), drawn(3, 2, 2, 6, seed=1), drawn(6, seed=2))
    assert_matches_torch(ours, theirs, *tensors, dtype=dtype)


@pytest.mark.parametrize("M", [1, 2])
def test_the_notes_depthwise_kernel(M):
    x, weight = drawn(2, 5, 5, 3), drawn(3, 3, 3, M, seed=1)  # [N,H,W,C] and [K,K,C,M]
    ours = to_nhwc(F.conv2d(to_nchw(x), depthwise_to_oihw(weight), groups=3))
    for c in range(3):
        for m in range(M):
            alone = F.conv2d(x[None, ..., c].movedim(0, 1), weight[None, None, :, :, c, m])[:, 0]
            assert torch.allclose(ours[..., c * M + m], alone, atol=1e-12)
    if M == 1:
        assert torch.allclose(to_nhwc(depthwise_conv2d(to_nchw(x), depthwise_to_oihw(weight))), ours)


@pytest.mark.parametrize("form", [flatten, flatten_view])
def test_flatten_is_torchs(form):
    x = drawn(2, 3, 4, 5)
    assert_matches_torch(form, lambda x: torch.flatten(x, 1), x)
    assert form(x)[1, (2 * 4 + 3) * 5 + 4] == x[1, 2, 3, 4]
    assert form(x).data_ptr() == x.data_ptr()
    assert form(torch.empty(0, 3, 4, 5)).shape == (0, 60)
    assert form(x[:, :, :1].contiguous().expand(2, 3, 1, 5)).shape == (2, 15)


def test_flatten_copies_where_it_must_and_a_view_is_refused():
    x = drawn(2, 4, 5, 3)
    assert torch.equal(flatten(to_nchw(x)), torch.flatten(to_nchw(x), 1))
    assert flatten(to_nchw(x)).data_ptr() != x.data_ptr()
    with refuses(
        ValueError, r"x of shape \(2, 3, 4, 5\) has strides \(60, 1, 15, 3\), .* try x.contiguous\(\)"
    ):
        flatten_view(to_nchw(x))
    with refuses(ValueError, r"flatten\(x\), which copies"):
        flatten_view(drawn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last))
    assert flatten_view(to_nchw(x).contiguous()).shape == (2, 60)


def test_refuses():
    x, weight = torch.ones(2, 5, 5, 4), torch.ones(3, 3, 4, 6)
    with refuses(ValueError, r"x of shape \(5, 5, 4\) does not have the axes \(N, H, W, C\)"):
        conv2d_nhwc(x[0], weight)
    with refuses(ValueError, r"weight of shape \(3, 4, 6\) does not have the axes \(kH, kW, C/G, D\)"):
        conv2d_nhwc(x, weight[0])
    with refuses(TypeError, "x must be floating point"):
        conv2d_nhwc(x.long(), weight)
    with refuses(ValueError, r"reads 4 in each group, not 5"):
        conv2d_nhwc(to_nchw(x), weight)
    for form in (to_nchw, to_nhwc, to_oihw, to_hwio, depthwise_to_oihw):
        with refuses(ValueError, r"(x|weight) of shape \(5, 5, 4\) does not have the axes \("):
            form(x[0])
    for form in (flatten, flatten_view):
        with refuses(ValueError, "does not have the four axes"):
            form(x[0])
        with refuses(TypeError, "x must be floating point"):
            form(x.long())
