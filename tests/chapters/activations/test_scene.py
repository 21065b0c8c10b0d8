"""The activation explorer's numbers, against torch and autograd."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dlsteps.chapters.activations.scene import DEPTH, FUNCTIONS, PLACES, explorer
from dlsteps.numbers import number

TORCH = {
    "ReLU": F.relu,
    "leaky ReLU": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "SiLU": F.silu,
    "GELU": F.gelu,
}
BOOK = explorer()


def slope_of(name, x):
    x = x.clone().requires_grad_()
    return torch.autograd.grad(TORCH[name](x).sum(), x)[0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_line_is_torch_s_function_and_its_gradient(name):
    frame = BOOK.frame(step="slope", function=name)
    values, slopes = frame.panels[0].lines
    x = torch.tensor(values.x, dtype=torch.float64)
    np.testing.assert_allclose(values.y, TORCH[name](x), atol=1e-12)
    away = x.abs() > 1e-9  # at a corner a convention decides
    np.testing.assert_allclose(np.array(slopes.y)[away], slope_of(name, x)[away], atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("x", PLACES)
def test_captions_carry_the_number_at_the_marker(name, x):
    at = torch.tensor(float(x), dtype=torch.float64)
    said = BOOK.frame(step="value", function=name, x=x)
    assert said.panels[0].marker == x
    assert f"gives {number(TORCH[name](at), 3)}." in said.text()[0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_unit_is_dead_where_no_sample_gives_it_a_gradient(name):
    torch.manual_seed(0)
    z = torch.randn(6, 5, dtype=torch.float64)
    z[:, 2] = -z[:, 2].abs() - 0.1
    frame = explorer(z).frame(step="a layer", function=name)
    np.testing.assert_allclose(frame.panels[1].values, TORCH[name](z), atol=1e-12)
    dead = (slope_of(name, z) == 0).all(0).nonzero().flatten().tolist()
    assert dead == ([2] if name == "ReLU" else [])
    assert dict(frame.readout)["dead units"] == (", ".join(map(str, dead)) or "none")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_depth_multiplies_the_slopes(name):
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(DEPTH):
        y = TORCH[name](y)
    (wanted,) = torch.autograd.grad(y, x)
    assert BOOK.frame(step="through depth", function=name).panels[0].lines[1].y[-1] == pytest.approx(
        wanted.item()
    )


@pytest.mark.parametrize("shape", [(), (3,), (2, 3, 4), (0, 3)])
def test_what_is_no_layer_is_refused(shape):
    with pytest.raises(ValueError, match=r"give \(samples, units\)"):
        explorer(torch.zeros(shape))
