import cmath

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from torch import nn

from dlsteps.diffusion import TimeEmbedding, time_embedding


@given(st.integers(0, 2000), st.integers(1, 20), st.sampled_from([100.0, 10_000.0]))
def test_clock_hands(t, clocks, longest):
    hands = [cmath.exp(1j * t / longest ** (i / clocks)) for i in range(clocks)]
    ours = time_embedding(torch.tensor([t]), 2 * clocks, longest)[0].tolist()
    assert ours == pytest.approx([z.imag for z in hands] + [z.real for z in hands], abs=1e-6)


def test_precision():
    for t, dtype in ((torch.tensor([999]), torch.float32), (torch.tensor([999.0]).double(), torch.float64)):
        embedding = time_embedding(t, 4)
        assert embedding.dtype == dtype
        expected = torch.tensor([999.0, 9.99], dtype=torch.float64)
        exact = torch.cat([expected.sin(), expected.cos()]).to(dtype)
        assert (embedding[0] - exact).abs().max() < (1e-12 if dtype == torch.float64 else 1e-7)


@given(st.integers(0, 500), st.integers(1, 6))
def test_k_steps_later_is_one_rotation_for_all_t(k, clocks):
    t = torch.arange(0, 200, 7).double()
    now, later = time_embedding(t, 2 * clocks), time_embedding(t + k, 2 * clocks)
    sin_k, cos_k = time_embedding(torch.tensor([k]).double(), 2 * clocks).chunk(2, 1)
    sin, cos = now.chunk(2, 1)
    turned = torch.cat([sin * cos_k + cos * sin_k, cos * cos_k - sin * sin_k], 1)
    assert torch.allclose(later, turned, rtol=0, atol=1e-11)


def test_every_step_is_told_apart():
    embedding = time_embedding(torch.arange(1000).double(), 32)
    distance = torch.cdist(embedding, embedding) + 10 * torch.eye(1000)
    assert distance.min() > 0.1
    assert torch.allclose(embedding.norm(dim=1), torch.tensor(4.0).double())


def test_module_is_torchs_layers():
    module = TimeEmbedding(6, 5)
    t = torch.tensor([0, 3, 999])
    theirs = nn.Sequential(nn.Linear(6, 5), nn.SiLU(), nn.Linear(5, 5))
    theirs.load_state_dict(module.network.state_dict())
    assert torch.equal(module(t), theirs(time_embedding(t, 6)))
    assert module.double()(t).dtype == torch.float64


def test_no_steps():
    assert time_embedding(torch.empty(0).long(), 4).shape == (0, 4)


def test_refuses():
    t = torch.tensor([1])
    with refuses(ValueError, "^d=5 is not even, and each clock needs a sine and a cosine; try 6$"):
        time_embedding(t, 5)
    with refuses(ValueError, "d=0 is not even.*try 2$"):
        time_embedding(t, 0)
    with refuses(ValueError, "d=7 is not even"):
        TimeEmbedding(7, 4)
    with refuses(ValueError, "d_out=0 is below 1"):
        TimeEmbedding(6, 0)
    for wrong in (t[None], t[0]):
        with refuses(ValueError, r"t of shape .* does not have the axes \(N\)"):
            time_embedding(wrong, 4)
    with refuses(ValueError, "longest=0 is not positive; try 10000"):
        time_embedding(t, 4, 0)
    with refuses(ValueError, "t=-1 is no step"):
        time_embedding(-t, 4)
    with refuses(ValueError, "t=nan is no step"):
        time_embedding(t * torch.nan, 4)
