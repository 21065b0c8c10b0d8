import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from scipy import ndimage

from dlsteps.data import digit_bitmaps, load_digits, warp, warp_numbers

DIGITS = load_digits().images[::10]
BITMAPS = digit_bitmaps(DIGITS)
NOTHING = {"slant": 0.0, "rotation": 0.0, "stretch": 0.0, "bend": 0.0}


def one_number(place, value, n=180):
    numbers = torch.zeros(n, warp_numbers(), dtype=torch.float64)
    numbers[:, place] = value
    return numbers


def test_bitmaps_are_dots_with_the_ink_of_the_images():
    assert BITMAPS.shape == (len(DIGITS), 1, 32, 32)
    assert set(BITMAPS.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(F.avg_pool2d(BITMAPS, 4), DIGITS)
    single = digit_bitmaps(DIGITS.float())
    assert single.dtype == torch.float32
    assert torch.equal(single.double(), BITMAPS)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 4))
def test_any_image_keeps_its_ink(seed, H, W):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(17, (2, 1, H, W), generator=generator).double() / 16
    assert torch.equal(F.avg_pool2d(digit_bitmaps(images), 4), images)


def strokes(dots):
    """How many pieces of ink there are, as scipy counts them, dots at corners touching."""
    return ndimage.label(dots, structure=torch.ones(3, 3).numpy())[1]


def test_dots_are_drawn_together_into_strokes():
    scattered = torch.rand(BITMAPS.shape, generator=torch.Generator().manual_seed(0))
    scattered = (scattered < DIGITS.repeat_interleave(4, 2).repeat_interleave(4, 3)).double()
    ours = sum(strokes(dots) for dots in BITMAPS[:, 0].numpy()) / len(BITMAPS)
    theirs = sum(strokes(dots) for dots in scattered[:, 0].numpy()) / len(BITMAPS)
    assert ours < 1.5
    assert theirs > 5


def test_the_numbers_0_change_nothing():
    strengths = dict.fromkeys(NOTHING, 1.0)
    assert torch.equal(warp(BITMAPS, one_number(0, 0.0), **strengths), DIGITS)
    drawn = torch.randn(len(DIGITS), warp_numbers(), generator=torch.Generator().manual_seed(0))
    assert torch.equal(warp(BITMAPS, drawn, **NOTHING), DIGITS)


def moments(images):
    """Return ink, center (x, y) and covariances (xx, xy, yy) of each image, in dots of the 32×32 frame."""
    H, W = images.shape[2:]
    weight = images.flatten(1)
    y, x = torch.meshgrid(torch.arange(H).double(), torch.arange(W).double(), indexing="ij")
    x, y = (x.flatten() - (W - 1) / 2) * 32 / W, (y.flatten() - (H - 1) / 2) * 32 / H
    ink = weight.sum(1)
    mx, my = (weight * x).sum(1) / ink, (weight * y).sum(1) / ink
    dx, dy = x - mx[:, None], y - my[:, None]
    return ink, mx, my, *((weight * a * b).sum(1) / ink for a, b in ((dx, dx), (dx, dy), (dy, dy)))


def test_slant_leans_the_top_by_its_share_of_the_height():
    # The dot at u comes from x = u_x + k·u_y: what was at (x, y) goes to (x − k·y, y).
    k = 0.2
    _, _, _, xx, xy, yy = moments(DIGITS)
    _, _, _, new_xx, new_xy, new_yy = moments(warp(BITMAPS, one_number(0, 1.0), **NOTHING | {"slant": k}))
    inside = (DIGITS[..., 0].sum((1, 2)) == 0) & (DIGITS[..., -1].sum((1, 2)) == 0)  # nothing falls off
    assert inside.sum() > 50
    assert (new_xy - (xy - k * yy))[inside].abs().mean() < 0.05 * yy.mean()
    assert (new_yy - yy)[inside].abs().mean() < 0.05 * yy.mean()
    assert (new_xx - (xx - 2 * k * xy + k * k * yy))[inside].abs().mean() < 0.05 * yy.mean()


def test_stretch_divides_the_width():
    s = 0.2
    before, after = moments(DIGITS), moments(warp(BITMAPS, one_number(2, 1.0), **NOTHING | {"stretch": s}))
    assert (after[3] / before[3]).log().mean().item() == pytest.approx(-2 * s, abs=0.05)
    assert (after[5] / before[5]).log().mean().item() == pytest.approx(0, abs=0.05)


def test_rotation_turns_the_axes():
    r = 0.3
    square = torch.zeros(1, 1, 32, 32, dtype=torch.float64)
    square[..., 14:18, 6:26] = 1  # a bar from left to right
    turned = warp(square, one_number(1, 1.0, 1), **NOTHING | {"rotation": r})
    _, _, _, xx, xy, yy = moments(turned)
    angle = 0.5 * torch.atan2(2 * xy, xx - yy)
    assert angle.item() == pytest.approx(-r, abs=0.02)
    ink = turned.sum().item() * 16
    assert ink == pytest.approx(80, rel=0.05)


def test_bend_moves_the_dots_around_a_control_point():
    ink = torch.ones(1, 1, 32, 32, dtype=torch.float64)
    # The first control point is the upper left corner. Half a side is 16 dots: there the dots come from a
    # block (0.25) further left, where there is no ink.
    right = warp(ink, one_number(3, -1.0, 1), **NOTHING | {"bend": 0.25})
    assert right[0, 0, 0, 0] < 0.5
    assert right[0, 0, 1:].sum() + right[0, 0, 0, 1:].sum() > 62
    down = warp(ink, one_number(3 + 16, -1.0, 1), **NOTHING | {"bend": 0.25})
    assert torch.equal(down, right.transpose(2, 3))
    assert not torch.equal(down, right)


def test_warped_digits_are_as_sharp_as_digits():
    strengths = {"slant": 0.2, "rotation": 0.03, "stretch": 0.05, "bend": 0.03}
    numbers = torch.randn(len(DIGITS), warp_numbers(), generator=torch.Generator().manual_seed(0))
    warped = warp(BITMAPS, numbers, **strengths)
    assert torch.equal(warped * 16, (warped * 16).round())
    full = lambda x: ((x == 0) | (x == 1)).double().mean().item()  # noqa: E731
    assert full(warped) == pytest.approx(full(DIGITS), abs=0.02)
    assert (warped != DIGITS).double().mean() > 0.2


def test_refuses():
    with refuses(ValueError, r"not one of 0, 1/16, … 1; try \(x \* 16\).round\(\) / 16"):
        digit_bitmaps(DIGITS + 0.01)
    with refuses(ValueError, "not one of 0, 1/16"):
        digit_bitmaps(DIGITS - 1)
    with refuses(ValueError, "not one of 0, 1/16"):
        digit_bitmaps(DIGITS + 1)
    with refuses(TypeError, "images must be floating point"):
        digit_bitmaps(DIGITS.long())
    with refuses(ValueError, r"numbers has shape \(2, 3\), but 180 digits take 35 numbers each"):
        warp(BITMAPS, torch.zeros(2, 3), **NOTHING)
    assert digit_bitmaps(DIGITS[:0]).shape == (0, 1, 32, 32)
    assert warp(BITMAPS[:0], torch.zeros(0, 35), **NOTHING).shape == (0, 1, 8, 8)
