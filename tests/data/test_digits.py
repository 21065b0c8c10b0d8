import numpy as np
import torch
from sklearn import datasets

from dlsteps.data import load_digits, split_digits
from dlsteps.data.digits import TEST_START, VALIDATION_START


def test_images_are_the_file_scaled_to_one():
    digits = load_digits()
    assert digits.images.shape == (1797, 1, 8, 8)
    assert digits.images.dtype == torch.float64
    assert (digits.images.min().item(), digits.images.max().item()) == (0, 1)
    pixels = datasets.load_digits().data
    assert np.array_equal(digits.images.reshape(1797, 64).numpy() * 16, pixels)


def test_labels_stay_beside_their_images():
    digits, bunch = load_digits(), datasets.load_digits()
    assert np.array_equal(digits.labels.numpy(), bunch.target)
    assert digits.labels.dtype == torch.int64


def test_parts_are_the_whole_file_in_order():
    split, digits = split_digits(), load_digits()
    assert [len(part) for part in (split.train, split.validation, split.test)] == [1029, 258, 510]
    parts = [split.train, split.validation, split.test]
    assert torch.equal(torch.cat([part.images for part in parts]), digits.images)
    assert torch.equal(torch.cat([part.labels for part in parts]), digits.labels)


def test_each_cut_lies_at_the_start_of_a_form():
    labels = load_digits().labels
    opening = torch.arange(10).repeat(3)
    for start in (0, VALIDATION_START, TEST_START):
        assert torch.equal(labels[start : start + 30], opening)


def test_each_part_has_all_ten_digits_in_like_number():
    split = split_digits()
    for part in (split.train, split.validation, split.test):
        share = torch.bincount(part.labels, minlength=10) / len(part)
        assert share.min() > 0.085
        assert share.max() < 0.115
