"""The two pictures that say why one normalizes, and when batch norm has too little to average."""

import pytest
import torch

from dlsteps.chapters.normalization.depth import before_and_after, sizes_through_depth
from dlsteps.nn.normalization import BatchNorm, LayerNorm


def test_without_a_norm_each_block_multiplies_the_size_by_about_g_over_root_2():
    for gain in (1.0, 2.0):
        sizes = sizes_through_depth(gain)
        per_block = (sizes[-1] / sizes[0]) ** (1 / 30)
        assert per_block == pytest.approx(gain / 2**0.5, rel=0.1)


@pytest.mark.parametrize("norm", [BatchNorm, LayerNorm])
def test_with_a_norm_the_size_does_not_depend_on_the_first_weights(norm):
    ends = [sizes_through_depth(gain, norm=norm)[-1] for gain in (1.0, 2**0.5, 2.0)]
    assert max(ends) == pytest.approx(min(ends), rel=0.01)
    assert 0.5 < min(ends) < 1


def test_a_batch_of_two_leaves_the_order_alone():
    before, after = before_and_after(2)
    pairs, signs = before.reshape(-1, 2), after.reshape(-1, 2)
    differ = pairs[:, 0] != pairs[:, 1]
    assert 20 < differ.sum() < 60
    assert (signs[differ].abs() > 0.99).all()
    assert torch.equal(signs[differ].sign()[:, 0], (pairs[differ][:, 0] - pairs[differ][:, 1]).sign())
    assert (signs[~differ] == 0).all()


def test_one_batch_is_a_straight_line_and_a_size_that_does_not_divide_is_refused():
    before, after = before_and_after(120)
    assert torch.corrcoef(torch.stack([before, after]))[0, 1] == pytest.approx(1)
    with pytest.raises(ValueError, match=r"batch_size=7 does not divide number=120; try 2"):
        before_and_after(7)
