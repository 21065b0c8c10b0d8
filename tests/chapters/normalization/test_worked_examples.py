"""The notes' two examples, against PyTorch's layers and the numbers worked out by hand."""

import numpy as np
import pytest
import torch.nn.functional as F

from dlsteps.chapters.normalization import worked_examples
from dlsteps.chapters.normalization.examples import MATRIX, TENSOR

CASES = {
    ("matrix", "Batch", "block"): lambda x: F.batch_norm(x, None, None, training=True),
    ("matrix", "Layer", "block"): lambda x: F.layer_norm(x, x.shape[1:]),
    ("tensor", "Batch", "block"): lambda x: F.batch_norm(x, None, None, training=True),
    ("tensor", "Layer", "block"): lambda x: F.layer_norm(x, x.shape[1:]),
    ("tensor", "Layer", "row"): lambda x: F.layer_norm(x, x.shape[-1:]),
}


@pytest.mark.parametrize("case", CASES, ids="-".join)
def test_normalized_numbers_are_torchs(case):
    example, norm, unit = case
    x = MATRIX if example == "matrix" else TENSOR
    frame = worked_examples.frame(example=example, norm=norm, unit=unit, step="normalize")
    wanted = CASES[case](x).reshape(-1, x.shape[-1]).numpy()
    assert np.allclose(frame.panels[1].values, wanted, atol=1e-12)


def test_the_letters_of_the_notes():
    frame = worked_examples.frame(example="matrix", norm="Batch", unit="block", step="normalize")
    first, second, third = frame.select.values["hats"]
    assert first == "1.2247, 0.0000, −1.2247"
    assert second == "0.7071, 0.7071, −1.4142"
    assert third == "0.0000, 0.0000, 0.0000"


@pytest.mark.parametrize(("step", "of"), [("mean", "mean"), ("variance", "var")])
def test_statistics_are_those_of_the_lit_cells(step, of):
    frame = worked_examples.frame(example="tensor", norm="Batch", unit="block", step=step)
    table, statistic = frame.panels
    for key in range(2):
        lit = table.values[table.keys == key]
        assert statistic.values[key, 0] == pytest.approx(getattr(lit, of)())


def test_nothing_is_known_before_the_mean():
    assert (
        len(worked_examples.frame(example="matrix", norm="Layer", unit="block", step="numbers").panels) == 1
    )
