"""The convolution explorer's numbers, against PyTorch's convolution, pooling and gradients."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dlsteps.chapters.convolution import scene
from dlsteps.nn import convolution as ours

STANDARD = [(s, p, d) for s in (1, 2) for p in (0, 1) for d in (1, 2)]


def panels(frame):
    return {panel.title: panel for panel in frame.panels}


def looked_at(frame):
    """The value of y that is lit, and the numbers of x that are lit with it."""
    shown = list(panels(frame))
    lit = frame.lit(0)
    x, y = (panels(frame)[title].values.ravel()[lit[shown.index(title)]] for title in "xy")
    return y, x


@pytest.mark.parametrize(("stride", "padding", "dilation"), STANDARD)
def test_a_standard_convolution_is_torchs(stride, padding, dilation):
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    x = scene.digit_maps()
    weight = scene.layer_called("standard", 2, (6, 6)).weight
    wanted = F.conv2d(x, weight, **settings)
    for cell in range(1, scene.BEATS + 1):
        frame = scene.frame(kind="standard", cell=cell, **settings)
        at = (cell - 1) % wanted[0, 0].numel()
        y, read = looked_at(frame)
        np.testing.assert_allclose(panels(frame)["y"].values, wanted)
        np.testing.assert_allclose(y, [wanted[0, 0].flatten()[at]])
        products = panels(frame)["window × kernel"].values
        assert products.sum() == pytest.approx(wanted[0, 0].flatten()[at].item())
        np.testing.assert_allclose(np.sort(read), np.sort(panels(frame)["window"].values.ravel()))


@pytest.mark.parametrize("kind", scene.KINDS)
def test_what_is_lit_is_where_the_gradient_of_a_one_is(kind):
    x = torch.rand(1, 2, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    layer = scene.layer_called(kind, 2, (6, 6))
    if layer.weight is not None:
        layer = scene.Layer(kind, layer.window, layer.weight.abs() + 1, groups=layer.groups)
    leaf = x.clone().requires_grad_()
    y = layer(leaf)
    lists, _ = scene.reads(x, layer, y.shape[1], tuple(y.shape[2:]))
    for number, cell in enumerate(y.flatten()):
        (gradient,) = torch.autograd.grad(cell, leaf, retain_graph=True)
        reached = gradient.flatten().nonzero().flatten().tolist()
        assert set(reached) <= set(lists[number])
        assert kind == "max pooling" or reached == sorted(lists[number])


@pytest.mark.parametrize(
    ("kind", "theirs"),
    [
        ("max pooling", lambda x: F.max_pool2d(x, 2)),
        ("average pooling", lambda x: F.avg_pool2d(x, 2)),
        ("global average", lambda x: x.mean((2, 3), keepdim=True)),
    ],
)
def test_pooling_is_torchs(kind, theirs):
    frame = scene.frame(kind=kind, cell=1)
    np.testing.assert_allclose(panels(frame)["y"].values, theirs(scene.digit_maps()))
    assert dict(frame.readout)["parameters"] == "0"


@pytest.mark.parametrize("kind", ["standard", "depthwise", "pointwise"])
def test_costs_are_counted(kind):
    frame = scene.frame(kind=kind, cell=1)
    weight = scene.layer_called(kind, 2, (6, 6)).weight
    told, places = dict(frame.readout), panels(frame)["y"].values[0, 0].size
    assert told["parameters"] == str(weight.numel())
    assert told["multiply-adds"] == str(weight.numel() * places)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(3, 4, 3, padding=1),
        nn.Conv2d(3, 6, (2, 3), stride=2, dilation=(1, 2), groups=3, bias=False),
        ours.Conv2d(3, 2, 3, padding=(0, 2)),
    ],
)
def test_a_layer_of_one_s_own_gives_what_it_gives(layer):
    x = torch.rand(3, 7, 8, generator=torch.Generator().manual_seed(0))
    own = scene.explorer(x, layer)
    with torch.no_grad():
        wanted = layer(x.unsqueeze(0))
    for channel, cell in ((0, 1), (wanted.shape[1] - 1, wanted[0, 0].numel())):
        frame = own.frame(channel=channel, cell=cell)
        y, _ = looked_at(frame)
        np.testing.assert_allclose(y, [wanted[0, channel].flatten()[cell - 1]], rtol=1e-5)
    assert dict(frame.readout)["parameters"] == str(sum(p.numel() for p in layer.parameters()))


@pytest.mark.parametrize("shape", [(6, 5), (2, 6, 5), (1, 3, 6, 5)])
def test_a_picture_of_one_s_own(shape):
    own = scene.explorer(torch.rand(shape))
    for kind in scene.KINDS:
        assert panels(own.frame(kind=kind))["x"].values.shape[-2:] == (6, 5)


@pytest.mark.parametrize("shape", [(4,), (2, 1, 4, 4), (0, 4, 4)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match="give one picture"):
        scene.explorer(torch.zeros(shape))


@pytest.mark.parametrize(
    "layer", [nn.Linear(3, 3), nn.Conv2d(1, 1, 3, padding="same"), nn.Conv2d(1, 1, 3, padding_mode="reflect")]
)
def test_what_is_no_convolution_of_zeros_is_refused(layer):
    with pytest.raises(TypeError, match=r"give an nn\.Conv2d"):
        scene.explorer(layer=layer)


def test_a_layer_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="C=1 channels"):
        scene.explorer(torch.zeros(1, 5, 5), nn.Conv2d(2, 1, 3))
