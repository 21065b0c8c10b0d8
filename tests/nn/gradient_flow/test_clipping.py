import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from torch import nn

from dlsteps.nn.gradient_flow import (
    clip_by_norm,
    clip_by_value,
    clip_gradients_by_norm,
    clip_gradients_by_value,
    total_norm,
)

DTYPES = [torch.float64, torch.float32]
SHAPES = st.lists(st.lists(st.integers(1, 4), max_size=3), min_size=1, max_size=4)


def parameters_with_gradients(shapes, seed=0, scale=1.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    parameters = [nn.Parameter(torch.zeros(shape, dtype=dtype)) for shape in shapes]
    for parameter in parameters:
        parameter.grad = scale * torch.randn(parameter.shape, dtype=torch.float64, generator=generator).to(
            dtype
        )
    return parameters


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    shapes=SHAPES,
    seed=st.integers(0, 50),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    max_norm=st.sampled_from([1e-3, 0.5, 1.0, 30.0]),
    norm_type=st.sampled_from([1, 2.0, 3.0, math.inf]),
)
def test_by_norm_matches_torch(dtype, shapes, seed, scale, max_norm, norm_type):
    ours, theirs = (parameters_with_gradients(shapes, seed, scale, dtype) for _ in range(2))
    clipped = clip_gradients_by_norm(ours, max_norm, norm_type)
    norm = nn.utils.clip_grad_norm_(theirs, max_norm, norm_type)
    rtol = 1e-13 if dtype == torch.float64 else 1e-5
    assert torch.allclose(clipped.norm, norm, rtol=rtol, atol=0)
    for p, q, gradient in zip(ours, theirs, clipped.gradients, strict=True):
        assert p.grad.dtype == dtype
        assert torch.allclose(p.grad, q.grad, rtol=rtol, atol=0)
        assert torch.equal(gradient, p.grad)


@pytest.mark.parametrize("dtype", DTYPES)
@given(shapes=SHAPES, seed=st.integers(0, 50), max_value=st.sampled_from([1e-3, 0.5, 2.0]))
def test_by_value_matches_torch(dtype, shapes, seed, max_value):
    ours, theirs = (parameters_with_gradients(shapes, seed, dtype=dtype) for _ in range(2))
    clip_gradients_by_value(ours, max_value)
    nn.utils.clip_grad_value_(theirs, max_value)
    assert all(torch.equal(p.grad, q.grad) for p, q in zip(ours, theirs, strict=True))


@given(seed=st.integers(0, 50), max_norm=st.sampled_from([0.1, 1.0, 1e3]))
def test_the_direction_stays_and_the_length_is_limited(seed, max_norm):
    gradients = [p.grad for p in parameters_with_gradients([(3, 2), (4,)], seed, 5.0)]
    clipped = clip_by_norm(gradients, max_norm)
    before, after = (torch.cat([g.flatten() for g in gs]) for gs in (gradients, clipped.gradients))
    assert after.norm() <= max_norm
    assert abs(torch.cosine_similarity(before, after, dim=0).item() - 1) < 1e-12
    assert torch.allclose(before * clipped.factor, after, rtol=1e-14)
    if before.norm() < max_norm:
        assert clipped.factor == 1
        assert torch.equal(before, after)
    else:
        assert abs(after.norm() / max_norm - 1) < 1e-5
    again = clip_by_norm(clipped.gradients, max_norm)
    assert 1 - 1.1e-6 / max_norm <= again.factor <= 1


def test_by_value_turns_the_gradient():
    (gradient,) = clip_by_value([torch.tensor([10.0, 1.0])], 1.0)
    assert gradient.tolist() == [1.0, 1.0]


def test_the_functions_leave_their_argument_alone():
    gradient = torch.tensor([3.0, 4.0])
    clipped = clip_by_norm([gradient], 1.0)
    clip_by_value([gradient], 1.0)
    assert gradient.tolist() == [3.0, 4.0]
    assert clipped.norm == 5
    assert abs(clipped.factor.item() - 0.2) < 1e-6


def test_parameters_without_a_gradient_are_passed_over():
    with_gradient, without = parameters_with_gradients([(3,), (2,)])
    without.grad = None
    clipped = clip_gradients_by_norm(iter([without, with_gradient]), 0.1)
    assert len(clipped.gradients) == 1
    assert abs(with_gradient.grad.norm() - 0.1) < 1e-5
    assert without.grad is None
    assert clip_gradients_by_norm([without], 1.0).norm == 0
    clip_gradients_by_value([without, with_gradient], 0.01)
    assert with_gradient.grad.abs().max() <= 0.01
    assert total_norm([]) == 0
    assert total_norm([torch.tensor([3.0]), torch.tensor([[0.0, 4.0]])]) == 5


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_is_refused_and_nothing_lost(bad):
    (parameter,) = parameters_with_gradients([(3,)])
    parameter.grad[1] = bad
    before = parameter.grad.clone()
    with refuses(
        ValueError, rf"the gradients have norm {bad}, and no factor makes that finite; skip this step"
    ):
        clip_gradients_by_norm([parameter], 1.0)
    assert torch.equal(before.nan_to_num(), parameter.grad.nan_to_num())


@pytest.mark.parametrize("limit", [0, -1.0, math.nan])
def test_refuses(limit):
    gradients = [torch.ones(2)]
    with refuses(ValueError, f"max_norm={limit} would stop or reverse every step; try 1.0"):
        clip_by_norm(gradients, limit)
    for clip in (clip_by_value, clip_gradients_by_value):
        with refuses(ValueError, f"max_value={limit} would stop or reverse every step"):
            clip([nn.Parameter(gradients[0])], limit)
    with refuses(ValueError, f"norm_type={limit} is no norm; try 2, 1 or math.inf"):
        clip_by_norm(gradients, 1.0, limit)
    with refuses(TypeError, "gradient must be floating point, but has dtype torch.int64"):
        clip_by_norm([*gradients, torch.ones(2).long()], 1.0)
