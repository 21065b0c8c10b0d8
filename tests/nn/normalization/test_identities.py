"""How the normalizations are one another, and where they only seem to be."""

import pytest
import torch
import torch.nn.functional as F
from drawn import shapes
from hypothesis import assume, given

from dlsteps.nn.normalization import (
    batch_norm,
    group_norm,
    instance_norm,
    layer_norm,
    normalize,
    statistics,
    token_norm,
)


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 1


def equal(a, b):
    return torch.allclose(a, b, rtol=0, atol=1e-12)


@given(shapes(min_axes=3))
def test_one_group_is_layer_norm_over_chw(shape):
    x = drawn(shape)
    assert equal(group_norm(x, 1), layer_norm(x, shape[1:]))


@given(shapes(min_axes=3))
def test_c_groups_are_instance_norm(shape):
    assume(torch.Size(shape[2:]).numel() > 1)
    x = drawn(shape)
    assert equal(group_norm(x, shape[1]), instance_norm(x))


@given(shapes(min_axes=3))
def test_batch_norm_in_training_on_one_sample_is_instance_norm(shape):
    assume(torch.Size(shape[2:]).numel() > 1)
    x = drawn((1, *shape[1:]))
    assert equal(batch_norm(x, training=True), instance_norm(x))


def test_batch_norm_in_training_on_two_samples_is_not_instance_norm():
    x = drawn((2, 3, 4, 4))
    assert (batch_norm(x, training=True) - instance_norm(x)).abs().max() > 0.1


def test_one_group_on_tokens_is_not_token_norm():
    tokens = drawn((2, 5, 6))  # (B, T, C)
    x = tokens.mT  # (B, C, T)
    ours = group_norm(x, 1).mT
    assert (ours - token_norm(tokens)).abs().max() > 0.1
    assert equal(ours, layer_norm(tokens, (5, 6)))


def test_on_feature_vectors_layer_and_token_norm_are_one():
    x = drawn((4, 6))
    assert equal(layer_norm(x, (6,)), token_norm(x))
    assert equal(layer_norm(x, (6,)), group_norm(x, 1))


def test_layer_norms_parameters_belong_to_numbers_and_group_norms_to_channels():
    x = drawn((2, 3, 4))
    per_number = drawn((3, 4), 1)
    assert equal(layer_norm(x, (3, 4), per_number), F.layer_norm(x, (3, 4)) * per_number)
    per_channel = drawn(3, 2)
    assert equal(group_norm(x, 1, per_channel), F.layer_norm(x, (3, 4)) * per_channel[:, None])


@pytest.mark.parametrize("kind", ["batch", "layer", "instance", "group", "token"])
def test_only_batch_norm_mixes_samples(kind):
    x = drawn((3, 4, 5))
    poked = x.clone()
    poked[0] *= 10
    s = statistics(x.shape, kind, 2 if kind == "group" else None)
    before, after = (normalize(t.reshape(s.view), s.reduced).x_hat.reshape(x.shape) for t in (x, poked))
    moved = (after - before).abs().amax((1, 2))
    assert (moved[1:].min() > 1e-3) if s.needs_batch else (moved[1:].max() == 0)


@pytest.mark.parametrize("kind", ["batch", "layer", "instance", "group", "token"])
def test_scale_and_offset_of_the_input_do_not_matter(kind):
    x = drawn((3, 4, 5))
    s = statistics(x.shape, kind, 2 if kind == "group" else None)
    a, b = (normalize(t.reshape(s.view), s.reduced, 1e-12).x_hat for t in (x, 5 * x - 3))
    assert torch.allclose(a, b, rtol=0, atol=1e-9)
