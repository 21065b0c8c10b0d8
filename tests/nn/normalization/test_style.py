import pytest
import torch
from drawn import shapes
from hypothesis import given
from judge import refuses

from dlsteps.nn.normalization import adain, instance_norm

DTYPES = [torch.float64, torch.float32]


def drawn(shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 2 + 1


def page_statistics(x):
    return x.flatten(2).mean(2), x.flatten(2).var(2, correction=0)


@given(shapes(min_axes=4, max_axes=4))
def test_the_styles_statistics_in_the_contents_place(shape):
    N, C, *_ = shape
    content, style = drawn((N, C, 4, 5)), 3 * drawn(shape, 1) - 2
    mean, var = page_statistics(adain(content, style, eps=1e-10))
    style_mean, style_var = page_statistics(style)
    assert torch.allclose(mean, style_mean, rtol=0, atol=1e-9)
    assert torch.allclose(var, style_var, rtol=1e-8, atol=1e-8)


def test_formula():
    content, style = drawn((2, 3, 4, 4)), drawn((2, 3, 5, 2), 1) * 3
    mean, var = (t[..., None, None] for t in page_statistics(style))
    expected = instance_norm(content, eps=0.01) * torch.sqrt(var + 0.01) + mean
    assert torch.allclose(adain(content, style, eps=0.01), expected, rtol=1e-12)


def test_eps_is_that_of_instance_norm():
    flat = 1e-3 * drawn((1, 2, 3, 3))
    unit = drawn((1, 2, 3, 3), 1)
    mean, var = (t[..., None, None] for t in page_statistics(unit))
    expected = instance_norm(flat) * torch.sqrt(var + 1e-5) + mean
    assert torch.allclose(adain(flat, unit), expected, rtol=1e-12)


def test_a_picture_in_its_own_style_stays_as_it_is():
    x = drawn((2, 3, 4, 4))
    assert torch.allclose(adain(x, x), x, rtol=1e-12)


def test_the_place_of_things_is_the_contents():
    content, style = drawn((1, 2, 5, 5)), drawn((1, 2, 5, 5), 1)
    y = adain(content, style)
    for c in range(2):
        assert torch.equal(y[0, c].flatten().argsort(), content[0, c].flatten().argsort())


def test_gradient():
    content, style = drawn((2, 2, 3)), drawn((2, 2, 4), 1)
    assert torch.autograd.gradcheck(adain, [content.requires_grad_(), style.requires_grad_()])


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_offset(dtype):
    content = (1e4 + 1e-3 * drawn((2, 3, 8, 8))).to(dtype)
    expected = adain(content.double() - 1e4, drawn((2, 3, 4, 4), 1), eps=1e-9)
    y = adain(content, drawn((2, 3, 4, 4), 1).to(dtype), eps=1e-9)
    assert (y.double() - expected).abs().max() < (1e-5 if dtype == torch.float32 else 1e-9)


def test_half_precision_and_empty_batch():
    assert adain(drawn((1, 2, 3)).half(), drawn((1, 2, 4)).half()).dtype == torch.float16
    assert adain(torch.empty(0, 3, 4, 4), torch.empty(0, 3, 2, 2)).shape == (0, 3, 4, 4)


def test_refuses():
    x = torch.ones(2, 3, 4)
    with refuses(ValueError, r"content has \(N, C\) = \(2, 3\), but style has \(1, 3\); try style.expand"):
        adain(x, x[:1])
    with refuses(TypeError, "x has dtype torch.float32, but style has torch.float64"):
        adain(x, x.double())
    with refuses(TypeError, "dtype torch.int64"):
        adain(x.long(), x)
    with refuses(TypeError, "dtype torch.int64"):
        adain(x, x.long())
    with refuses(ValueError, "fewer than the two axes"):
        adain(x[0, 0], x)
    with refuses(ValueError, "eps=0 is not positive"):
        adain(x, x, eps=0)
