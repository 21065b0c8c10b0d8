import pytest
import torch
from judge import refuses

from dlsteps.data import Digits, split_digits
from dlsteps.diffusion import matched_frechet_distance
from dlsteps.train.judge import DigitClassifier, Judge, as_digits, digit_judge
from dlsteps.train.known import WarpedDigits, known_digits

KNOWN, HELD_OUT = known_digits(), split_digits().test


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def noisy(images, std):
    return (images + std * torch.randn(images.shape, dtype=torch.float64, generator=seeded())).clamp(0, 1)


def test_floor_is_the_distance_of_the_known_digits():
    judge = digit_judge()
    with torch.no_grad():
        known = judge.classifier.features(KNOWN.images)
        held_out = judge.classifier.features(HELD_OUT.images)
    floor = matched_frechet_distance(known, KNOWN.labels, held_out, HELD_OUT.labels)
    assert judge.floor == pytest.approx(floor, rel=1e-12)


def test_copies_are_found_out():
    quality = digit_judge()(KNOWN.images)
    assert quality.nearest == 0
    assert quality.nearest_ratio == 0
    # The classifier names all of them rightly, so this is the floor, up to the order of the draws.
    assert quality.frechet_ratio == pytest.approx(1, abs=0.05)


def test_held_out_digits_are_new_and_at_no_distance_from_themselves():
    quality = digit_judge()(HELD_OUT.images)
    assert quality.nearest_ratio == 1
    assert quality.frechet_ratio < 0.4
    assert sum(quality.shares) == pytest.approx(1)
    counts = torch.bincount(HELD_OUT.labels) / len(HELD_OUT)
    assert (torch.tensor(quality.shares) - counts).abs().max() < 0.02
    assert quality.top_probability > 0.95


def test_worse_digits_are_farther_away():
    judge = digit_judge()
    distances = [judge(noisy(KNOWN.images, std)).frechet for std in (0, 0.1, 0.2, 0.3)]
    assert distances == sorted(distances)
    assert distances[-1] > 2 * distances[0]
    assert judge(noisy(KNOWN.images, 0.3)).top_probability < judge(KNOWN.images).top_probability - 0.02


def test_a_missing_kind_of_digit_is_seen():
    judge = digit_judge()
    one_writer = Digits(KNOWN.images[:390], KNOWN.labels[:390])  # three forms for all
    assert judge(one_writer.images).frechet > 1.1 * judge.floor
    few = KNOWN.images[KNOWN.labels < 5]
    quality = judge(few)
    assert quality.frechet_ratio > 1.5
    assert min(quality.shares) < 0.01


def test_warped_digits_are_new_and_no_farther_than_known_ones():
    warped = WarpedDigits(0, torch.float64, slant=0.2, rotation=0.03, stretch=0.05, bend=0.03)
    quality = digit_judge()(warped(torch.arange(1000)).images)
    assert quality.frechet_ratio < 1.2
    assert quality.nearest_ratio > 0.95


def test_pictures_become_digits():
    x = torch.tensor([-1.3, -1, -0.95, -0.93, 0, 0.99, 1, 7]).view(-1, 1, 1, 1).expand(-1, 1, 8, 8)
    levels = as_digits(x)[:, 0, 0, 0] * 16
    assert levels.tolist() == [0, 0, 0, 1, 8, 16, 16, 16]
    assert as_digits(x).dtype == torch.float64
    assert torch.equal(as_digits(2 * KNOWN.images - 1), KNOWN.images)


def test_a_judge_of_ones_own():
    torch.manual_seed(0)
    judge = Judge(DigitClassifier().double(), KNOWN, HELD_OUT)
    assert judge(KNOWN.images).nearest == 0
    with refuses(ValueError, "there is no sample to judge; try 1000"):
        judge(KNOWN.images[:0])
