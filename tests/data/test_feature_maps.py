import numpy as np
import pytest
import torch
from scipy import ndimage

from dlsteps.data import EDGE_FILTERS, digit_feature_maps, edge_maps, load_digits


def test_names_and_shape():
    assert list(EDGE_FILTERS) == ["horizontal edge", "vertical edge", "diagonal edge", "spot"]
    maps = digit_feature_maps()
    assert maps.shape == (3, 4, 3, 3)
    assert maps.dtype == torch.float64
    assert digit_feature_maps(5).shape == (5, 4, 3, 3)


def test_filters_agree_with_scipy():
    image = load_digits().images[7]
    maps = edge_maps(image[None])[0].numpy()
    page = image[0].numpy()
    inner = (slice(1, -1), slice(1, -1))
    np.testing.assert_array_equal(maps[0], ndimage.sobel(page, axis=0)[inner])
    np.testing.assert_array_equal(maps[1], ndimage.sobel(page, axis=1)[inner])
    np.testing.assert_array_equal(maps[3], ndimage.laplace(page)[inner])


def test_diagonal_edge_is_blind_along_its_edge_and_largest_across():
    line, column = torch.meshgrid(torch.arange(5.0), torch.arange(5.0), indexing="ij")
    across = (line + column).double()[None, None]
    along = (line - column).double()[None, None]
    assert edge_maps(along)[0, 2].abs().max() == 0
    assert torch.equal(edge_maps(across)[0, 2], torch.full((3, 3), 12.0, dtype=torch.float64))


def test_every_filter_ignores_blank_paper():
    assert edge_maps(torch.full((1, 1, 8, 8), 0.7, dtype=torch.float64)).abs().max() < 1e-12


def test_values_are_means_of_two_by_two_squares_and_exact():
    images = load_digits().images[:10]
    maps, full = digit_feature_maps(10), edge_maps(images).relu()
    assert torch.equal(maps[4, 3, 1, 2], full[4, 2, 2:4, 4:6].mean())
    np.testing.assert_allclose(maps[4, 0, 0, 0], weighted(images[4, 0].numpy())[1:3, 1:3].mean(), rtol=1e-12)
    assert torch.equal(maps * 64, (maps * 64).round())


def weighted(page):
    """Each pixel twice, and its four neighbors."""
    return ndimage.correlate(page, [[0, 1, 0], [1, 2, 1], [0, 1, 0]], mode="constant")


def test_subtracting_a_mean_changes_what_one_sees():
    maps = digit_feature_maps()
    assert maps.min() == 0
    assert maps.mean(dim=(0, 2, 3)).min() > 0.4
    assert maps.mean(dim=(0, 2, 3)).max() > 2


def test_channels_and_digits_differ_so_that_every_norm_has_work():
    maps = digit_feature_maps()
    assert maps.std(dim=(2, 3), correction=0).min() > 0.1
    assert maps.mean(dim=(0, 2, 3)).std() > 0.05


@pytest.mark.parametrize("n", [0, 1798])
def test_n_out_of_range(n):
    with pytest.raises(ValueError, match=f"n={n} .* from 1 to 1797"):
        digit_feature_maps(n)


def test_image_smaller_than_a_filter():
    with pytest.raises(ValueError, match=r"2×8 is smaller .* at least 3×3"):
        edge_maps(torch.zeros(1, 1, 2, 8, dtype=torch.float64))
