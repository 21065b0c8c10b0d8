"""The explorer on a reader's own layer shows what that layer gives, and leaves the layer alone."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from dlsteps.chapters.normalization.scene import explorer
from dlsteps.nn import normalization as ours

LAYERS = {
    "BatchNorm2d": (lambda: nn.BatchNorm2d(4), (3, 4, 2, 2)),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(4, eps=0.1), (5, 4)),
    "no affine": (lambda: nn.BatchNorm2d(4, affine=False), (3, 4, 2, 2)),
    "no running": (lambda: nn.BatchNorm1d(4, track_running_stats=False), (3, 4, 5)),
    "InstanceNorm2d": (lambda: nn.InstanceNorm2d(4, affine=True), (3, 4, 2, 2)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4, eps=0.01), (3, 4, 2, 2)),
    "LayerNorm of images": (lambda: nn.LayerNorm((4, 2, 2)), (3, 4, 2, 2)),
    "LayerNorm of tokens": (lambda: nn.LayerNorm(4), (2, 3, 4)),
    "LayerNorm of samples": (lambda: nn.LayerNorm(4), (3, 4)),
    "our BatchNorm2d": (lambda: ours.BatchNorm2d(4), (3, 4, 2, 2)),
    "our GroupNorm": (lambda: ours.GroupNorm(2, 4), (3, 4, 2, 2)),
    "our LayerNorm": (lambda: ours.LayerNorm((4, 2, 2)), (3, 4, 2, 2)),
}


def drawn(name, training):
    """A layer with parameters and statistics drawn at random, and an input that it takes."""
    make, shape = LAYERS[name]
    torch.manual_seed(0)
    layer = make().double().train(training)
    with torch.no_grad():
        for tensor in (*layer.parameters(), *(b for b in layer.buffers() if b.is_floating_point())):
            tensor.copy_(torch.rand_like(tensor) + 0.5)
    return layer, torch.randn(shape, dtype=torch.float64)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_the_last_beat_is_the_layer_s_own_output(name, training):
    layer, x = drawn(name, training)
    before = copy.deepcopy(layer.state_dict())
    shown = explorer(x, layer=layer).frame(step="scale & shift").panels[0].values
    for key, value in layer.state_dict().items():
        assert torch.equal(value, before[key]), f"looking changed {key}"
    y = layer(x).detach()
    y = y.movedim(-1, 1) if "tokens" in name else y
    np.testing.assert_allclose(shown.ravel(), y.numpy().ravel(), atol=1e-9)


def test_only_the_layer_s_own_norm_is_offered():
    layer, x = drawn("GroupNorm", True)
    own = explorer(x, layer=layer)
    assert {c.name: list(c.values) for c in own.controls if c.name in ("norm", "groups", "mode")} == {
        "norm": ["Group"],
        "groups": [2],
    }
    layer, x = drawn("BatchNorm2d", False)
    assert explorer(x, layer=layer).state["mode"] == "eval"


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: explorer(layer=nn.BatchNorm2d(4)), TypeError, "a layer comes with its x"),
        (
            lambda: explorer(torch.ones(2, 4), layer=nn.Linear(4, 4)),
            TypeError,
            "layer is a Linear; give a BatchNorm1d",
        ),
        (
            lambda: explorer(torch.ones(2, 3, 2, 2), layer=nn.BatchNorm2d(4)),
            ValueError,
            "does not take x of shape",
        ),
        (
            lambda: explorer(torch.ones(2, 4), running=nn.BatchNorm1d(4)),
            TypeError,
            "running is a BatchNorm1d",
        ),
        (
            lambda: explorer(torch.ones(2, 2), running=(torch.ones(2), -torch.ones(2))),
            ValueError,
            "variance of -1",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_one_number_for_each_mean_is_said_to_be_refused_in_training():
    said = explorer(torch.randn(1, 4)).frame(norm="Batch", step="cells").text()[0]
    assert "x̂ is 0 whatever it was" in said
