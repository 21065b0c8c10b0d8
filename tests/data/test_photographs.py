import numpy as np
import pytest
import torch
from sklearn import datasets

from dlsteps.data import load_photograph


@pytest.mark.parametrize("name", ["china", "flower"])
def test_photograph_is_the_file(name):
    image = load_photograph(name)
    assert image.shape == (1, 3, 427, 640)
    assert image.dtype == torch.float64
    pixels = datasets.load_sample_image(f"{name}.jpg")
    assert np.array_equal(image[0].permute(1, 2, 0).numpy() * 255, pixels)


def test_downscale_averages_squares():
    full, small = load_photograph("china"), load_photograph("china", downscale=4)
    assert small.shape == (1, 3, 106, 160)
    square = full[0, 1, 4 * 30 : 4 * 31, 4 * 50 : 4 * 51]
    torch.testing.assert_close(small[0, 1, 30, 50], square.mean())


def test_downscale_keeps_the_mean_of_what_is_not_cut_off():
    full, small = load_photograph("flower"), load_photograph("flower", downscale=8)
    torch.testing.assert_close(small.mean(), full[..., : 53 * 8, :].mean())


def test_unknown_name_lists_the_names():
    with pytest.raises(ValueError, match="'dog'; try 'china' or 'flower'"):
        load_photograph("dog")


@pytest.mark.parametrize("downscale", [0, -1, 428])
def test_downscale_out_of_range(downscale):
    with pytest.raises(ValueError, match=f"downscale={downscale} .* from 1 to 427"):
        load_photograph("china", downscale)
