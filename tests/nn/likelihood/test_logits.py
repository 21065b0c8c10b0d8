import math

import pytest
import torch
import torch.nn.functional as F
from drawn import shapes
from hypothesis import given
from hypothesis import strategies as st
from judge import assert_matches_torch, refuses

from dlsteps.nn.likelihood import (
    binary_negative_log_likelihood,
    binary_negative_log_likelihood_derivative,
    cross_entropy,
    entropy,
    gaussian_negative_log_likelihood,
    kl_divergence,
    log_sigmoid,
    log_softmax,
    log_sum_exp,
    negative_log_likelihood,
    negative_log_likelihood_derivative,
    smooth_labels,
    softmax,
)

DTYPES = [torch.float64, torch.float32]
SMOOTHING = st.sampled_from([0.0, 0.1, 0.5, 1.0])


def drawn(shape, seed=0, scale=2.0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * scale


def labels(shape, classes, seed=0):
    return torch.randint(classes, shape, generator=torch.Generator().manual_seed(seed))


@st.composite
def shapes_with_dim(draw):
    shape = draw(shapes(min_axes=1, max_axes=4))
    return shape, draw(st.integers(-len(shape), len(shape) - 1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(log_sum_exp, torch.logsumexp), (log_softmax, torch.log_softmax), (softmax, torch.softmax)],
)
@given(shape_and_dim=shapes_with_dim(), scale=st.sampled_from([0.1, 3.0, 1000.0]))
def test_softmax_matches_torch(ours, theirs, dtype, shape_and_dim, scale):
    shape, dim = shape_and_dim
    x = drawn(shape, scale=scale)
    assert_matches_torch(lambda z: ours(z, dim), lambda z: theirs(z, dim), x, dtype=dtype)
    if dim == -1:
        assert torch.equal(ours(x), ours(x, dim))


@given(seed=st.integers(0, 50), shift=st.sampled_from([-1e4, 5.0, 1e4]))
def test_softmax_ignores_a_constant(seed, shift):
    z = drawn((4, 5), seed)
    for f in (softmax, log_softmax):
        assert torch.allclose(f(z + shift), f(z), rtol=0, atol=1e-11)
    assert torch.allclose(log_sum_exp(z + shift), log_sum_exp(z) + shift, rtol=1e-15, atol=1e-11)
    assert torch.allclose(softmax(z).sum(-1), torch.ones(4).double(), rtol=1e-14)


def test_a_class_that_is_ruled_out():
    z = torch.tensor([[0.0, -math.inf, 1.0], [-math.inf, -math.inf, -math.inf]])
    assert torch.equal(log_sum_exp(z), torch.logsumexp(z, -1))
    assert torch.equal(softmax(z[:1]), torch.softmax(z[:1], -1))
    assert log_sum_exp(torch.tensor([math.inf, 0.0])) == math.inf
    assert torch.allclose(negative_log_likelihood(z[:1], torch.tensor([2])), torch.tensor([0.3132617]))
    assert negative_log_likelihood(z[:1], torch.tensor([1])) == math.inf


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision(dtype):
    z = drawn((5, 3000), scale=5.0).to(dtype)
    for ours, theirs in (
        (log_softmax, torch.log_softmax),
        (softmax, torch.softmax),
        (log_sum_exp, torch.logsumexp),
    ):
        exact = theirs(z.double(), -1)
        assert ours(z).dtype == dtype
        assert torch.allclose(ours(z).double(), exact, rtol=torch.finfo(dtype).eps, atol=1e-6)
    x = torch.tensor([-300, -5, 0, 5, 300], dtype=dtype)
    assert torch.allclose(
        log_sigmoid(x).double(), F.logsigmoid(x.double()), rtol=torch.finfo(dtype).eps, atol=1e-6
    )


# --- Several classes ---


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    leading=st.lists(st.integers(0, 4), max_size=3),
    classes=st.integers(1, 6),
    epsilon=SMOOTHING,
    scale=st.sampled_from([1.0, 300.0]),
)
def test_matches_torch(dtype, leading, classes, epsilon, scale):
    y = labels(tuple(leading), classes)
    ours = lambda z: negative_log_likelihood(z, y, epsilon)  # noqa: E731

    def theirs(z):
        flat = F.cross_entropy(
            z.reshape(-1, classes), y.reshape(-1), reduction="none", label_smoothing=epsilon
        )
        return flat.view(y.shape)

    assert_matches_torch(ours, theirs, drawn((*leading, classes), scale=scale), dtype=dtype)


def test_the_mean_is_torchs_cross_entropy():
    z, y = drawn((7, 4)), labels((7,), 4)
    assert torch.allclose(negative_log_likelihood(z, y).mean(), F.cross_entropy(z, y), rtol=1e-14)


@pytest.mark.parametrize("dtype", [torch.int16, torch.int32, torch.uint8, torch.int8])
def test_any_integers_are_class_numbers(dtype):
    z, y = drawn((7, 300)), labels((7,), 120)
    assert torch.equal(negative_log_likelihood(z, y.to(dtype)), negative_log_likelihood(z, y))
    assert torch.equal(smooth_labels(y.to(dtype), 300, 0.1), smooth_labels(y, 300, 0.1))


@pytest.mark.parametrize("dtype", DTYPES)
@given(classes=st.integers(1, 6), epsilon=SMOOTHING, seed=st.integers(0, 50))
def test_the_derivative_by_hand_is_autograds(dtype, classes, epsilon, seed):
    z, y = drawn((5, classes), seed).to(dtype).requires_grad_(), labels((5,), classes, seed)
    theirs = F.cross_entropy(z, y, reduction="sum", label_smoothing=epsilon)
    (expected,) = torch.autograd.grad(theirs, z)
    ours = negative_log_likelihood_derivative(z.detach(), y, epsilon)
    assert ours.dtype == dtype
    assert torch.allclose(ours, expected, rtol=0, atol=1e-13 if dtype == torch.float64 else 1e-6)
    assert ours.sum(-1).abs().max() < (1e-14 if dtype == torch.float64 else 1e-6)
    if epsilon == 0:
        assert torch.equal(ours, negative_log_likelihood_derivative(z.detach(), y))


@given(classes=st.integers(2, 6), epsilon=SMOOTHING, seed=st.integers(0, 50))
def test_it_is_the_cross_entropy_of_smooth_labels(classes, epsilon, seed):
    z, y = drawn((5, classes), seed), labels((5,), classes, seed)
    p, q = smooth_labels(y, classes, epsilon), softmax(z)
    assert torch.allclose(negative_log_likelihood(z, y, epsilon), cross_entropy(p, q), rtol=1e-12)
    assert torch.allclose(p.sum(-1), torch.ones(5).double(), rtol=1e-15)
    wrong = p[0, (y[0] + 1) % classes]
    assert wrong.item() == pytest.approx(epsilon / classes)
    assert p[0, y[0]].item() == pytest.approx(1 - epsilon + epsilon / classes)


def test_smooth_labels_without_smoothing():
    y = labels((2, 3), 4)
    assert torch.equal(smooth_labels(y, 4), F.one_hot(y, 4).double())


@given(classes=st.integers(2, 5), seed=st.integers(0, 50))
def test_maximum_likelihood_is_least_divergence_is_least_cross_entropy(classes, seed):
    """One q for all samples: the mean surprise is H(p) + D(p‖q) of the frequencies p, whatever q."""
    y = labels((200,), classes, seed)
    p = torch.bincount(y, minlength=classes).double() / 200
    z = drawn((classes,), seed)
    mean = negative_log_likelihood(z.expand(200, classes), y).mean()
    assert torch.allclose(mean, cross_entropy(p, softmax(z)), rtol=1e-12)
    assert torch.allclose(mean, entropy(p) + kl_divergence(p, softmax(z)), rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_far_off_logits_are_not_infinitely_surprising(dtype):
    z = torch.tensor([[0.0, 1000.0]], dtype=dtype)
    assert negative_log_likelihood(z, torch.tensor([0])) == 1000
    assert not negative_log_likelihood(z, torch.tensor([1])).signbit()
    assert cross_entropy(torch.tensor([[1.0, 0.0]], dtype=dtype), softmax(z)) == math.inf


# --- Two classes ---


@pytest.mark.parametrize("dtype", DTYPES)
@given(shape=shapes(min_axes=1), scale=st.sampled_from([1.0, 300.0]), seed=st.integers(0, 20))
def test_binary_matches_torch(dtype, shape, scale, seed):
    theirs = lambda z, y: F.binary_cross_entropy_with_logits(z, y.sigmoid(), reduction="none")  # noqa: E731
    ours = lambda z, y: binary_negative_log_likelihood(z, y.sigmoid())  # noqa: E731
    assert_matches_torch(ours, theirs, drawn(shape, seed, scale), drawn(shape, seed + 1), dtype=dtype)
    assert_matches_torch(log_sigmoid, F.logsigmoid, drawn(shape, seed, scale), dtype=dtype)


def test_the_slope_at_0():
    zero = torch.zeros(1)
    assert_matches_torch(log_sigmoid, F.logsigmoid, zero)
    assert_matches_torch(log_sigmoid, F.logsigmoid, -zero)


@given(seed=st.integers(0, 50))
def test_binary_derivative_by_hand_is_autograds(seed):
    z, y = drawn(20, seed, 5.0).requires_grad_(), drawn(20, seed + 1).sigmoid()
    (expected,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(z, y, reduction="sum"), z)
    assert torch.allclose(binary_negative_log_likelihood_derivative(z, y), expected, rtol=0, atol=1e-14)


@given(seed=st.integers(0, 50))
def test_yes_or_no_is_two_classes(seed):
    z, y = drawn(20, seed), labels((20,), 2, seed)
    two = torch.stack([torch.zeros_like(z), z], -1)
    assert torch.allclose(
        binary_negative_log_likelihood(z, y.double()), negative_log_likelihood(two, y), rtol=1e-12
    )


# --- A number ---


@pytest.mark.parametrize("dtype", DTYPES)
@given(shape=shapes(min_axes=1), variance=st.sampled_from([0.1, 1.0, 7.0]))
def test_gaussian_matches_torch(dtype, shape, variance):
    ours = lambda m, y: gaussian_negative_log_likelihood(m, y, variance)  # noqa: E731
    theirs = lambda m, y: F.gaussian_nll_loss(m, y, torch.full_like(m, variance), full=True, reduction="none")  # noqa: E731
    assert_matches_torch(ours, theirs, drawn(shape), drawn(shape, 1), dtype=dtype)


def test_gaussian_is_the_squared_error_and_a_constant():
    mean, y = drawn(5), drawn(5, 1)
    expected = F.mse_loss(mean, y) / 2 + math.log(2 * math.pi) / 2
    assert torch.allclose(gaussian_negative_log_likelihood(mean, y).mean(), expected, rtol=1e-14)


def test_refuses():
    z, y = torch.zeros(4, 3), torch.zeros(4, dtype=torch.long)
    for f in (negative_log_likelihood, negative_log_likelihood_derivative):
        for bad in (3, -1):
            with refuses(ValueError, f"targets have class {bad}, but there are classes 0 to 2"):
                f(z, torch.tensor([0, bad, 1, 2]))
        with refuses(
            ValueError, r"logits of shape \(4, 3\) need targets of shape \(4,\), but they have \(3,\)"
        ):
            f(z, y[:3])
        with refuses(TypeError, "targets must be integers, but have dtype torch.float32"):
            f(z, y.float())
        with refuses(TypeError, "targets must be integers, but have dtype torch.bool"):
            f(z, y.bool())
        with refuses(TypeError, "logits must be floating point"):
            f(z.long(), y)
        for epsilon in (-0.1, 1.1, math.nan):
            with refuses(ValueError, f"label_smoothing={epsilon} is not a share from 0 to 1; try 0.1"):
                f(z, y, epsilon)
        with refuses(ValueError, r"logits of shape \(\)"):
            f(torch.tensor(0.0), torch.tensor(0))
    with refuses(ValueError, "label_smoothing=2 is not a share"):
        smooth_labels(y, 3, 2)
    with refuses(TypeError, "targets must be integers"):
        smooth_labels(y.float(), 3)
    with refuses(TypeError, "x must be floating point"):
        log_sigmoid(y)
    with refuses(ValueError, "targets have class 0, but there are classes 0 to -1"):
        smooth_labels(y, 0)
    for f in (softmax, log_softmax, log_sum_exp):
        with refuses(TypeError, "z must be floating point"):
            f(y)
        for dim in (2, -3):
            with refuses(ValueError, rf"dim={dim} is not an axis of z with shape \(4, 3\)"):
                f(z, dim)
        with refuses(ValueError, r"z of shape \(4, 0\) has no class along dim=-1"):
            f(z[:, :0])


def test_binary_and_gaussian_refuse():
    z, y = torch.zeros(4), torch.zeros(4)
    for f in (binary_negative_log_likelihood, binary_negative_log_likelihood_derivative):
        for bad in (-0.1, 1.1, math.nan):
            with refuses(ValueError, "targets are not all from 0 to 1; try 0.0 for no and 1.0 for yes"):
                f(z, y + bad)
        with refuses(ValueError, r"logits has shape \(4, 1\), but targets have \(4,\); they must be equal"):
            f(z[:, None], y)
        with refuses(TypeError, "targets must be floating point"):
            f(z, y.long())
        with refuses(TypeError, "logits must be floating point"):
            f(z.long(), y)
        with refuses(TypeError, "x has dtype torch.float32, but targets has torch.float64"):
            f(z, y.double())
    with refuses(ValueError, r"mean has shape \(4, 1\), but targets have \(4,\)"):
        gaussian_negative_log_likelihood(z[:, None], y)
    for bad in (0, -1.0, math.nan):
        with refuses(ValueError, f"variance={bad} is not positive"):
            gaussian_negative_log_likelihood(z, y, bad)
    with refuses(TypeError, "mean must be floating point"):
        gaussian_negative_log_likelihood(z.long(), y)
    with refuses(TypeError, "targets must be floating point"):
        gaussian_negative_log_likelihood(z, y.long())
