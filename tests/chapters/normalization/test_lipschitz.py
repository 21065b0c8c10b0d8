import pytest
import torch
from torch import nn

from dlsteps.chapters.normalization.lipschitz import dense, input_gradients, lipschitz_bound
from dlsteps.experiments.training import seeded

SIZES = (64, 32, 16, 1)


def test_spectral_norm_is_in_the_first_layers_only():
    model = seeded(lambda: dense(SIZES, nn.ReLU(), spectral=2), seed=0)
    norms = [torch.linalg.matrix_norm(layer.weight, 2).item() for layer in model[::2]]
    assert norms[:2] == pytest.approx([1, 1], abs=0.05)
    assert abs(norms[2] - 1) > 0.1
    assert len(model) == 5


def test_bound_is_above_every_stretch_and_gradients_below_it():
    model = seeded(lambda: dense(SIZES, nn.LeakyReLU(0.2)), seed=1)
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 500, 64, dtype=torch.float64, generator=generator)
    stretch = (model(x) - model(y)).norm(dim=1) / (x - y).norm(dim=1)
    bound = lipschitz_bound(model)
    assert stretch.max() < bound
    assert input_gradients(model, x).max() < bound


def test_bound_of_a_linear_map_is_reached():
    model = seeded(lambda: dense((8, 1), nn.ReLU()), seed=0)
    x = torch.zeros(1, 8, dtype=torch.float64)
    torch.testing.assert_close(input_gradients(model, x).item(), lipschitz_bound(model))


def test_looking_leaves_mode_and_power_iteration_alone():
    model = seeded(lambda: dense(SIZES, nn.ReLU(), spectral=3), seed=0)
    model.train()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    lipschitz_bound(model)
    input_gradients(model, torch.ones(2, 64, dtype=torch.float64))
    assert model.training
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
