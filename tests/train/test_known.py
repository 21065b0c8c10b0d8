import torch

from dlsteps.data import split_digits
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
    drawn = WarpedDigits(0, torch.float32, **NOTHING)(torch.arange(1287))
    assert [labels[key] for key in keys(drawn.images)] == drawn.labels.tolist()
    assert set(keys(drawn.images)) == set(labels)
    assert drawn.images.dtype == torch.float32


def test_every_sample_is_warped_anew():
    drawn = WarpedDigits(0, torch.float64, **STRONG)(torch.arange(3000))
    assert len(set(keys(drawn.images))) == 3000
    assert not torch.equal(
        drawn.images[:64], WarpedDigits(1, torch.float64, **STRONG)(torch.arange(64)).images
    )


def test_how_a_digit_is_warped_does_not_depend_on_which_it_is():
    numbers = torch.arange(2574)  # every digit twice
    straight = WarpedDigits(0, torch.float64, **NOTHING)(numbers)
    slanted = WarpedDigits(0, torch.float64, **NOTHING | {"slant": 0.3})(numbers)
    assert torch.equal(straight.labels, slanted.labels)
    changed = (straight.images != slanted.images).flatten(1).double().mean(1)
    first = {key: float(how) for key, how in zip(keys(straight.images[:1287]), changed[:1287], strict=True)}
    again = torch.tensor([first[key] for key in keys(straight.images[1287:])], dtype=torch.float64)
    assert abs(torch.corrcoef(torch.stack([again, changed[1287:]]))[0, 1]) < 0.3
    assert changed.std() > 0.05
