import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses

from dlsteps.nn.positional import (
    SinusoidalEncoding,
    angles,
    pair_order,
    shift_matrix,
    sinusoidal_encoding,
)

even = st.integers(1, 8).map(lambda pairs: 2 * pairs)


def drawn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=4), even)
def test_is_the_papers_formula(positions, d):
    expected = [
        [(math.sin if j % 2 == 0 else math.cos)(p / 10_000 ** (2 * (j // 2) / d)) for j in range(d)]
        for p in positions
    ]
    ours = sinusoidal_encoding(torch.tensor(positions), d)
    assert ours.dtype == torch.float64
    assert torch.allclose(ours, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-11)


@given(st.integers(-50, 50), even, st.sampled_from([10.0, 10_000.0]))
def test_one_matrix_moves_every_position_on(k, d, base):
    p = torch.arange(0, 2000, 37)
    M = shift_matrix(k, d, base)
    here, there = (sinusoidal_encoding(q, d, base=base) for q in (p, p + k))
    assert torch.allclose(here @ M.T, there, rtol=0, atol=1e-11)


def test_the_matrix_is_a_rotation():
    M, N = shift_matrix(3, 8), shift_matrix(4.5, 8)
    assert torch.allclose(M @ M.T, torch.eye(8, dtype=torch.float64))
    assert torch.allclose(torch.linalg.det(M), torch.tensor(1.0).double())
    assert torch.allclose(M @ N, shift_matrix(7.5, 8))
    assert torch.allclose(shift_matrix(-3, 8), M.T)
    assert (M - M.T).abs().max() > 0.1


def test_dot_products_depend_on_distance_alone():
    PE = sinusoidal_encoding(torch.arange(100), 32)
    products = PE @ PE.T
    for distance in (0, 1, 7, 50):
        diagonal = products.diagonal(distance)
        assert diagonal.max() - diagonal.min() < 1e-11
    assert torch.allclose(products.diagonal(), torch.tensor(16.0).double())
    assert products[0, 1] < 16


@given(even)
def test_layouts_differ_by_a_permutation(d):
    p = torch.arange(5)
    concatenated = sinusoidal_encoding(p, d, layout="concatenated")
    assert torch.equal(sinusoidal_encoding(p, d)[:, pair_order(d)], concatenated)
    theta = angles(p, d)
    assert torch.equal(concatenated, torch.cat([theta.sin(), theta.cos()], -1))
    assert sorted(pair_order(d).tolist()) == list(range(d))


def test_pair_order():
    assert pair_order(6).tolist() == [0, 2, 4, 1, 3, 5]


def test_far_positions_are_exact():
    p = 1_000_003
    ours = sinusoidal_encoding(torch.tensor([p]), 4)[0]
    expected = [math.sin(p), math.cos(p), math.sin(p / 100), math.cos(p / 100)]
    assert torch.allclose(ours, torch.tensor(expected, dtype=torch.float64), rtol=0, atol=1e-9)
    layer = SinusoidalEncoding(4)(torch.zeros(1, 4), offset=p)
    assert torch.allclose(layer[0].double(), ours, rtol=0, atol=1e-7)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_the_layer_adds_it(dtype):
    x = drawn(2, 3, 6).to(dtype).requires_grad_()
    y = SinusoidalEncoding(6, base=100.0)(x, offset=4)
    y.sum().backward()
    PE = sinusoidal_encoding(torch.tensor([4, 5, 6]), 6, base=100.0).to(dtype)
    assert y.dtype == dtype
    assert torch.equal(y, x + PE)
    assert torch.equal(x.grad, torch.ones_like(x))


def test_pieces_continue_one_another():
    layer, x = SinusoidalEncoding(6), drawn(2, 5, 6)
    assert torch.equal(torch.cat([layer(x[:, :2]), layer(x[:, 2:], offset=2)], 1), layer(x))
    assert layer(x[:, :0]).shape == (2, 0, 6)
    assert not layer.state_dict()


def test_refuses():
    with refuses(ValueError, "^d_model=5 cannot be split into pairs of sine and cosine; try 4 or 6$"):
        SinusoidalEncoding(5)
    with refuses(ValueError, "d_model=1 cannot be split into pairs of sine and cosine; try 2$"):
        sinusoidal_encoding(torch.arange(3), 1)
    with refuses(ValueError, "d_model=0 cannot be split"):
        shift_matrix(1, 0)
    with refuses(ValueError, "d_model=3 cannot be split into pairs of sine and cosine; try 2 or 4"):
        pair_order(3)
    with refuses(ValueError, "base=0 is not positive; try 10000"):
        SinusoidalEncoding(4, base=0)
    with refuses(ValueError, "unknown layout 'mixed'; try one of interleaved, concatenated"):
        sinusoidal_encoding(torch.arange(3), 4, layout="mixed")
    for positions in (torch.arange(2)[None], torch.tensor(2)):
        for encode in (angles, sinusoidal_encoding):
            with refuses(ValueError, r"positions of shape .* does not have the axes \(T\)"):
                encode(positions, 4)
    layer = SinusoidalEncoding(4)
    with refuses(
        ValueError, r"x has shape \(3, 6\), but the encoding expects \(..., T, d=4\); try an encoding of"
    ):
        layer(torch.zeros(3, 6))
    with refuses(ValueError, r"x has shape \(4,\), but the encoding expects"):
        layer(torch.zeros(4))
    with refuses(TypeError, "but has dtype torch.int64"):
        layer(torch.zeros(3, 4).long())
    with refuses(ValueError, "offset=-1 is negative; try the number of tokens before x, or 0"):
        layer(torch.zeros(3, 4), offset=-1)


def test_repr():
    assert repr(SinusoidalEncoding(4)) == "SinusoidalEncoding(d_model=4, base=10000.0)"
