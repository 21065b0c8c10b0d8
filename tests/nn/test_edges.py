"""At ±0, subnormal, the largest numbers, ±∞ and NaN: values and gradients are torch's, or it is told."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dlsteps.nn import activations, convolution, likelihood, normalization
from dlsteps.nn.activations import CURVES
from dlsteps.nn.attention import safe_softmax, scaled_dot_product_attention

DTYPES = [torch.float64, torch.float32, torch.float16, torch.bfloat16]
TORCHS = {
    "identity": lambda x: 1 * x,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
}


def edges(dtype):
    """Numbers from both ends of what a dtype has, and its middle."""
    info = torch.finfo(dtype)
    positive = [0.0, info.smallest_normal * info.eps, info.tiny, 1.0, info.max**0.5, info.max / 4, info.max]
    positive.append(math.inf)
    return torch.tensor([*positive, *(-x for x in positive), math.nan], dtype=dtype)


def pairs(dtype):
    """Every two of them in a row."""
    return torch.stack([x.ravel() for x in torch.meshgrid(edges(dtype), edges(dtype), indexing="ij")], -1)


def both(f, *inputs):
    """The values of a function, and the gradients of their sum."""
    inputs = [x.detach().clone().requires_grad_() for x in inputs]
    y = f(*inputs)
    return [y.detach(), *torch.autograd.grad(y.sum(), inputs)]


def agree(ours, theirs, dtype):
    """Cells that are equal up to rounding; infinities and NaN are equal to themselves alone."""
    info = torch.finfo(dtype)
    return torch.isclose(ours.double(), theirs.double(), rtol=8 * info.eps, atol=8 * info.eps, equal_nan=True)


def assert_agree(ours, theirs, inputs, dtype):
    for k, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        wrong = ~agree(a, b, dtype)
        where = [x.expand_as(wrong)[wrong].tolist() for x in inputs if x.shape == wrong.shape]
        what = "gradient" if k else "value"
        assert not wrong.any(), f"{what} {a[wrong].tolist()} for {b[wrong].tolist()} at {where}"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CURVES)
def test_curves(name, dtype):
    """Beside torch's float64, for its float32 has NaN for the GELU of infinity."""
    x, (f, derivative) = edges(dtype), CURVES[name]
    y, g = both(TORCHS[name], x.double())
    if name == "gelu_tanh":  # torch's x³ overflows, and its slope becomes NaN
        far = x.abs() > 100
        g[far] = (x[far] > 0).double()
    expected = [y.to(dtype), g.to(dtype)]
    assert_agree(both(f, x), expected, [x], dtype)
    assert_agree([derivative(x)], expected[1:], [x], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gated_curves(dtype):
    a, b = pairs(dtype).unbind(-1)
    glu = lambda a, b: F.glu(torch.stack([a, b], -1)).squeeze(-1)  # noqa: E731
    ours = both(lambda a, b: activations.glu(torch.stack([a, b], -1)).squeeze(-1), a, b)
    assert_agree(ours, both(glu, a, b), [a, b], dtype)
    theirs = both(lambda a, b: F.silu(a) * b, a, b)
    y, toward_gate, toward_value = both(activations.swiglu, a, b)
    assert_agree([y, toward_value], theirs[::2], [a, b], dtype)
    finite = (a * b).isfinite()
    assert_agree([toward_gate[finite]], [theirs[1][finite]], [a[finite], b[finite]], dtype)
    assert_agree(activations.swiglu_derivative(a, b), theirs[1:], [a, b], dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_prelu(dtype):
    x = edges(dtype)
    for slope in torch.tensor([0.25, -2.0, 0.0], dtype=dtype):
        a = slope.view(1)
        assert_agree(both(activations.prelu, x, a), both(F.prelu, x, a), [x], dtype)


ALONG = {
    "softmax": (likelihood.softmax, torch.softmax),
    "log_softmax": (likelihood.log_softmax, torch.log_softmax),
    "log_sum_exp": (likelihood.log_sum_exp, torch.logsumexp),
    "safe_softmax": (lambda z, dim: safe_softmax(z), torch.softmax),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ALONG)
def test_along_an_axis(name, dtype):
    z, (f, theirs) = pairs(dtype), ALONG[name]
    expected = both(lambda z: theirs(z, -1), z)
    equal = (z[:, :1] == z[:, 1:]) & z.isfinite().all(-1, keepdim=True)
    if name == "log_sum_exp":
        expected[1][equal.expand_as(z)] = 0.5  # torch has 1 each beyond 1e16
    if name == "safe_softmax":
        for x in expected:
            x[(z == -math.inf).all(-1)] = 0  # what it is for
    assert_agree(both(lambda z: f(z, -1), z), expected, [z], dtype)


@pytest.mark.parametrize("dtype", DTYPES[:2])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("label", [0, 1])
def test_surprise(label, smoothing, dtype):
    z = pairs(dtype)
    targets = torch.full((len(z),), label)
    options = {"label_smoothing": smoothing}
    expected = both(lambda z: F.cross_entropy(z, targets, reduction="none", **options), z)
    ours = both(lambda z: likelihood.negative_log_likelihood(z, targets, **options), z)
    assert_agree(ours, expected, [z], dtype)
    by_hand = likelihood.negative_log_likelihood_derivative(z, targets, **options)
    assert_agree([by_hand], expected[1:], [z], dtype)


@pytest.mark.parametrize("dtype", DTYPES[:2])
@pytest.mark.parametrize("target", [0.0, 0.5, 1.0])
def test_surprise_of_yes_or_no(target, dtype):
    z = edges(dtype)
    targets = torch.full_like(z, target)
    y, g = both(lambda z: F.binary_cross_entropy_with_logits(z, targets, reduction="none"), z)
    right = target == 1.0
    y[z == math.inf] = 0.0 if right else math.inf
    y[z == -math.inf] = 0.0 if target == 0.0 else math.inf
    ours = both(lambda z: likelihood.binary_negative_log_likelihood(z, targets), z)
    assert_agree(ours[:1], [y], [z], dtype)
    finite = z.isfinite()
    assert_agree([ours[1][finite]], [g[finite]], [z[finite]], dtype)
    by_hand = likelihood.binary_negative_log_likelihood_derivative(z, targets)
    assert_agree([by_hand], [torch.sigmoid(z) - targets], [z], dtype)
    assert_agree(both(likelihood.log_sigmoid, z), both(F.logsigmoid, z), [z], dtype)


@pytest.mark.parametrize("dtype", DTYPES[:2])
def test_a_number_that_is_not_one_spoils_its_own_row_and_no_other(dtype):
    """NaN and ±∞ in one row of a normalization; the largest numbers overflow there, as in torch."""
    x = torch.cat([pairs(dtype), pairs(dtype).flip(0)], -1)
    ours = normalization.LayerNorm(4).to(dtype)(x)
    theirs = nn.LayerNorm(4).to(dtype)(x)
    sane = (x.abs() < 1e15).all(-1)
    assert_agree([ours[sane].detach()], [theirs[sane].detach()], [x[sane]], dtype)
    assert ours[~x.isfinite().all(-1)].isnan().any(-1).all()
    assert ours[sane].isfinite().all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_rms(dtype):
    x = pairs(dtype)
    wide = x.to(torch.promote_types(dtype, torch.float32))
    ours, theirs = (both(lambda x, f=f: f(x, (2,)), x) for f in (normalization.rms_norm, F.rms_norm))
    assert_agree(ours[:1], theirs[:1], [x], dtype)
    fits = wide.square().sum(-1).isfinite()
    assert_agree([ours[1][fits]], [theirs[1][fits]], [x[fits]], dtype)


@pytest.mark.parametrize("dtype", DTYPES[:2])
def test_pooling(dtype):
    x = pairs(dtype).T.reshape(2, 1, 17, 17)
    for ours, theirs in (
        (lambda x: convolution.max_pool2d(x, 2).values, lambda x: F.max_pool2d(x, 2)),
        (lambda x: convolution.avg_pool2d(x, 2), lambda x: F.avg_pool2d(x, 2)),
    ):
        assert_agree(both(ours, x), both(theirs, x), [x], dtype)


@pytest.mark.parametrize("dtype", DTYPES[:2])
def test_attention(dtype):
    x = edges(dtype).view(-1, 1, 1)
    q, k, v = x.expand(-1, 1, 2).clone(), torch.eye(2, dtype=dtype).expand(17, 2, 2), x.expand(-1, 2, 2)
    assert_agree(
        both(scaled_dot_product_attention, q, k, v), both(F.scaled_dot_product_attention, q, k, v), [], dtype
    )
