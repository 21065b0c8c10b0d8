import torch

from dlsteps.data import digit_bitmaps, split_digits, warp, warp_numbers
from dlsteps.train.known import WarpedDigits, known_digits

NOTHING = {"slant": 0.0, "rotation": 0.0, "stretch": 0.0, "bend": 0.0}
STRONG = {"slant": 0.2, "rotation": 0.05, "stretch": 0.05, "bend": 0.04}


def keys(images):
    return [tuple(image.flatten().tolist()) for image in images.double()]


def test_known_digits_are_those_that_are_not_held_out():
    split, known = split_digits(), known_digits()
    assert len(known) == len(split.train) + len(split.validation)
    assert torch.equal(known.images, torch.cat([split.train.images, split.validation.images]))
    assert torch.equal(known.labels, torch.cat([split.train.labels, split.validation.labels]))
    assert not set(keys(known.images)) & set(keys(split.test.images))


def test_without_warps_every_digit_comes_with_its_label():
    known = known_digits()
    labels = dict(zip(keys(known.images), known.labels.tolist(), strict=True))
    drawn = WarpedDigits(0, torch.float32, **NOTHING)(torch.arange(10_000))
    assert [labels[key] for key in keys(drawn.images)] == drawn.labels.tolist()
    assert len(set(keys(drawn.images))) > 0.99 * len(set(labels))
    assert drawn.images.dtype == torch.float32


def test_every_sample_is_warped_anew():
    drawn = WarpedDigits(0, torch.float64, **STRONG)(torch.arange(3000))
    assert len(set(keys(drawn.images))) == 3000
    assert not torch.equal(
        drawn.images[:64], WarpedDigits(1, torch.float64, **STRONG)(torch.arange(64)).images
    )


def test_which_digit_says_nothing_of_how_it_is_warped():
    # The two streams are apart: among samples of one digit the warps are as spread as among all.
    known, digits = known_digits(), WarpedDigits(0, torch.float64, **NOTHING)
    straight = digits(torch.arange(6000))
    slanted = WarpedDigits(0, torch.float64, **NOTHING | {"slant": 0.3})(torch.arange(6000))
    ones = straight.labels == 1
    changed = (straight.images != slanted.images).flatten(1).double().mean(1)
    assert 450 < ones.sum() < 750
    assert torch.equal(straight.labels, slanted.labels)
    still = warp(digit_bitmaps(known.images), torch.zeros(len(known), warp_numbers()).double(), **STRONG)
    assert torch.equal(still, known.images)
    assert changed[ones].std() > 0.05
