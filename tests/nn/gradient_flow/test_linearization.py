import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from torch import nn

from dlsteps.nn.gradient_flow import deep_network, jacobian, singular_values, singular_values_through_depth
from dlsteps.nn.normalization import BatchNorm


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@given(n=st.integers(1, 3), inputs=st.integers(1, 4), outputs=st.integers(1, 4), seed=st.integers(0, 20))
def test_matches_torch(dtype, n, inputs, outputs, seed):
    torch.manual_seed(seed)
    f = nn.Sequential(nn.Linear(inputs, 3), nn.Tanh(), nn.Linear(3, outputs), nn.Softmax(-1)).to(dtype)
    x = drawn((n, inputs), seed).to(dtype)
    theirs = torch.autograd.functional.jacobian(f, x).reshape(n * outputs, n * inputs)
    ours = jacobian(f, x)
    tolerance = 1e-14 if dtype == torch.float64 else 1e-6
    assert torch.allclose(ours, theirs, rtol=0, atol=tolerance)
    blocks = ours.view(n, outputs, n, inputs)
    for a in range(n):
        for b in range(n):
            assert a == b or not blocks[a, :, b].any()


def test_of_images():
    conv, x = nn.Conv2d(2, 3, 3, padding=1).double(), drawn((2, 2, 4, 4))
    theirs = torch.autograd.functional.jacobian(conv, x).reshape(2 * 3 * 16, 2 * 2 * 16)
    assert torch.allclose(jacobian(conv, x), theirs, rtol=0, atol=1e-14)


@pytest.mark.parametrize(("shape", "r"), [((5, 3), 3), ((2, 4), 2)])
def test_a_linear_map_has_the_singular_values_of_its_matrix(shape, r):
    W = drawn(shape)
    found = singular_values(lambda x: W @ x, drawn(shape[1]))
    assert found.shape == (r,)
    assert torch.allclose(found, torch.linalg.svdvals(W), rtol=1e-12)


def test_a_small_change_is_stretched_by_the_singular_values():
    f = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4)).double()
    x = drawn(4)
    U, S, Vh = torch.linalg.svd(jacobian(f, x))
    for k in range(4):
        change = (f(x + 1e-6 * Vh[k]) - f(x - 1e-6 * Vh[k])).detach() / 2e-6
        assert torch.allclose(change, S[k] * U[:, k], rtol=0, atol=1e-8)


def test_what_does_not_depend_on_x_has_no_slope():
    assert not jacobian(lambda x: torch.ones(2), drawn(3)).any()
    constant = nn.Parameter(torch.ones(2).double())
    J = jacobian(lambda x: constant * 2, drawn(3))
    assert J.shape == (2, 3)
    assert not J.any()


def test_nothing_is_left_behind():
    layer, x = nn.Linear(3, 2).double(), drawn(3).requires_grad_()
    with torch.no_grad():
        J = jacobian(layer, x)
    assert torch.equal(J, layer.weight)
    assert x.grad is None
    assert layer.weight.grad is None
    assert not J.requires_grad


@pytest.mark.parametrize("activation", [nn.Tanh, nn.ReLU])
def test_through_depth_is_the_jacobian_of_each_part(activation):
    generator = torch.Generator().manual_seed(1)
    blocks = deep_network(6, 5, activation, 1.4, generator=generator).double()
    x = drawn((2, 5))
    found = singular_values_through_depth(blocks, x)
    assert len(found) == 6
    for depth, values in enumerate(found, start=1):
        assert torch.allclose(values, singular_values(blocks[:depth], x), rtol=0, atol=1e-12)


def test_each_block_is_called_once():
    blocks = deep_network(2, 3, nn.Tanh, norm=BatchNorm).double()
    singular_values_through_depth(blocks, drawn((4, 3)))
    assert [block.norm.num_batches_tracked.item() for block in blocks] == [1, 1]


def test_through_depth_sees_the_same_dropout():
    torch.manual_seed(0)
    blocks = nn.Sequential(nn.Dropout(0.5), nn.Dropout(0.5))
    first, both = singular_values_through_depth(blocks, torch.ones(40))
    # Each dropout doubles what it keeps, and what the first took away the second cannot bring back.
    assert set(first.tolist()) == {0.0, 2.0}
    assert set(both.tolist()) == {0.0, 4.0}


def test_orthogonal_layers_stretch_nothing_however_deep():
    blocks = nn.Sequential(*(nn.Linear(6, 6, bias=False) for _ in range(50))).double()
    for block in blocks:
        nn.init.orthogonal_(block.weight)
    for values in singular_values_through_depth(blocks, drawn(6)):
        assert torch.allclose(values, torch.ones(6).double(), rtol=1e-10)


def test_refuses():
    for look in (jacobian, singular_values, lambda f, x: singular_values_through_depth([f], x)):
        with refuses(TypeError, "x must be floating point"):
            look(torch.sin, torch.arange(3))
    with refuses(ValueError, "the network has no block to look at"):
        singular_values_through_depth(nn.Sequential(), torch.ones(3))
