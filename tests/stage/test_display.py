"""Whatever a reader hands over becomes numbers that can be shown, or a clear error; it is never changed."""

import re

import numpy as np
import pytest
import torch

from dlsteps.stage import to_display
from dlsteps.stage.display import MAX_CELLS, rounded

NUMBERS = [[1.0, -2.0, 3.0], [0.0, 5.0, -6.0]]
T = torch.tensor(NUMBERS)
KINDS = {
    "list": NUMBERS,
    "tuple of rows": tuple(NUMBERS),
    "numpy": np.array(NUMBERS),
    "numpy in Fortran order": np.asfortranarray(NUMBERS),
    "numpy float32": np.array(NUMBERS, dtype=np.float32),
    "objects": np.array(NUMBERS, dtype=object),
    "tensor": T,
    "parameter": torch.nn.Parameter(T),
    "inside a graph": torch.nn.Parameter(T) * 1,
    "bfloat16": T.bfloat16(),
    "float16": T.half(),
    "float64": T.double(),
    "int64": T.long(),
    "int8": T.to(torch.int8),
    "not contiguous": T.T.contiguous().T,
    "a slice": torch.stack([T, T])[1],
    "expanded": T[None].expand(2, 2, 3)[0],
    "sparse": T.to_sparse(),
    "negative view": torch.complex(torch.zeros(2, 3), -T).conj().imag,
    "negative view in float64": torch.complex(torch.zeros(2, 3).double(), -T.double()).conj().imag,
    "conjugate view": torch.complex(T, T).conj().real,
}


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_every_kind_are_shown(kind):
    shown = to_display(KINDS[kind])
    assert shown.dtype == np.float64
    np.testing.assert_array_equal(shown, NUMBERS)


def test_the_views_that_torch_keeps_lazily_are_what_they_say():
    assert KINDS["negative view"].is_neg()
    assert not KINDS["not contiguous"].is_contiguous()


def test_booleans_are_zero_and_one():
    np.testing.assert_array_equal(to_display(torch.tensor([True, False])), [1.0, 0.0])
    np.testing.assert_array_equal(to_display([True, False]), [1.0, 0.0])


def test_nan_and_infinities_are_kept():
    shown = to_display(torch.tensor([float("nan"), float("inf"), float("-inf")]))
    assert np.isnan(shown[0])
    assert shown[1] == np.inf
    assert shown[2] == -np.inf


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_tensor_on_the_gpu_is_copied():
    np.testing.assert_array_equal(to_display(T.cuda().requires_grad_()), NUMBERS)


@pytest.mark.parametrize(
    "x", [torch.ones(2, dtype=torch.float64), np.ones(2), [1.0, 1.0]], ids=["tensor", "numpy", "list"]
)
def test_the_reader_s_memory_is_never_shared(x):
    shown = to_display(x)
    shown[0] = 7
    assert list(x) == [1, 1]


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (
            torch.ones(2, device="meta"),
            "mine is on the meta device and holds no numbers; create it on a real device",
        ),
        (torch.ones(2, dtype=torch.complex64), r"mine is complex; show mine.real, mine.imag or mine.abs\(\)"),
        (np.ones(2) * 1j, r"mine is complex; show mine.real, mine.imag or abs\(mine\)"),
        ([1j], "mine is complex"),
        (["one", "two"], "mine holds <U3, not numbers; pass a tensor or an array of numbers"),
        ("12", "not numbers"),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), "not numbers"),
        ([[1.0, 2.0], [3.0]], "mine cannot be read as numbers .*; pass a tensor or an array"),
        ([torch.ones(2, requires_grad=True)], "mine cannot be read as numbers"),
        (object(), "mine cannot be read as numbers"),
    ],
)
def test_what_has_no_numbers_is_refused_with_a_remedy(x, words):
    with pytest.raises(TypeError, match=words):
        to_display(x, "mine")


@pytest.mark.parametrize("shape", [(5000,), (100, 100), (8, 8, 9, 9), (2, 3, 8, 8, 40)])
def test_too_many_cells_are_refused_with_a_slice_that_can_be_shown(shape):
    for mine in (torch.zeros(shape), np.zeros(shape)):
        with pytest.raises(ValueError, match=f"at most {MAX_CELLS:,} can be shown") as caught:
            to_display(mine, "mine")
        words = str(caught.value)
        assert f"{np.prod(shape):,} cells of shape {shape}" in words
        remedy = re.search(r"such as (mine\[.*\])", words)[1]
        part = eval(remedy, {"mine": mine})
        assert to_display(part).size <= MAX_CELLS


def test_a_tensor_too_large_to_copy_is_refused_before_it_is_copied():
    huge = torch.zeros(1).expand(2**40)  # one number in memory, 8 TB if copied
    with pytest.raises(ValueError, match="1,099,511,627,776 cells"):
        to_display(huge)


def test_just_as_many_as_can_be_shown_are_shown():
    assert to_display(torch.zeros(MAX_CELLS)).size == MAX_CELLS


def test_rounded_numbers_are_plain_json():
    assert rounded(np.array([1.0, -0.0, -0.0004, 2.34567, 1e300, np.nan, np.inf, -np.inf])) == [
        1, 0, 0, 2.346, 1e300, "NaN", "Infinity", "-Infinity",
    ]  # fmt: skip
    assert "-" not in str(rounded(np.array([-0.0, -0.0004, 1.0])))
    assert "-" not in str(rounded(np.array([-0.0, -1e-17]), beside=2.0))


def test_a_tensor_of_small_numbers_keeps_four_digits_of_the_largest():
    assert rounded(np.array([1.23456e-30, 1e-35, 0.0])) == [1.235e-30, 0, 0]
    assert rounded(np.array([0.0123456, -0.00001234])) == [0.01235, -0.00001]
    assert rounded(np.array([5e-324, 1e-310])) == [5e-324, 1e-310]


def test_the_largest_float_is_not_rounded_to_infinity():
    largest = np.finfo(np.float64).max
    assert rounded(np.array([largest, -largest])) == [largest, -largest]
