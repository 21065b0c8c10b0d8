"""Frames: what is refused at the door, what a selection fills in, what is written."""

import numpy as np
import pytest
import torch

from dlsteps.stage import Axes, Bars, Curves, Frame, Image, Line, Matrix, Select, Shelf

SELECT = Select("page", ["page 0", "page 1"], {"mean": ["-1.5", "2.0"]})
X = np.arange(8.0).reshape(1, 2, 2, 2)


def test_fill_puts_in_the_texts_of_a_key():
    assert SELECT.fill("«label» has «mean», twice «mean»", 1) == "page 1 has 2.0, twice 2.0"
    assert SELECT.fill(r"\mu = 1", 0) == r"\mu = 1"


def test_text_has_a_minus_sign_in_the_caption_and_tex_in_the_formula():
    frame = Frame(panels=[], caption="«mean» in 2-D, x-1", formula=r"\mu = «mean»", select=SELECT)
    assert frame.text(0) == ("−1.5 in 2-D, x-1", r"\mu = -1.5")
    assert frame.text(1) == ("2.0 in 2-D, x-1", r"\mu = 2.0")


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: Select("page", []), ValueError, "no labels; name at least one"),
        (
            lambda: Select("page", ["a", "b"], {"mean": ["1"]}),
            ValueError,
            r"values\['mean'\] has 1 texts for 2 keys",
        ),
        (
            lambda: Shelf(values=X[0]),
            ValueError,
            r"Shelf shows an \(N, C, H, W\) tensor; got shape \(2, 2, 2\)",
        ),
        (lambda: Matrix(values=X), ValueError, r"Matrix shows a 2-D array; got shape \(1, 2, 2, 2\)"),
        (
            lambda: Shelf(values=X, keys=np.zeros((1, 2, 1, 1))),
            TypeError,
            "integers, one a cell; got dtype float64",
        ),
        (lambda: Shelf(values=X, keys=np.zeros((3, 1, 1, 1), int)), ValueError, "broadcast"),
        (lambda: Shelf(values=X, scale=0.0), ValueError, "scale=0.0 is no positive number"),
        (lambda: Matrix(values=X[0, 0], scale=float("nan")), ValueError, "scale=nan is no positive number"),
        (lambda: Matrix(values=X[0, 0], rows=["a"]), ValueError, "1 labels for 2 rows"),
        (lambda: Matrix(values=X[0, 0], columns=["a"] * 3), ValueError, "3 labels for 2 columns"),
        (lambda: Bars(values=X[0, 0], labels=["a"]), ValueError, "1 labels for 2 bars a series"),
        (lambda: Bars(values=X[0, 0], labels=["a", "b"], series=["s"]), ValueError, "1 names for 2 series"),
        (lambda: Image(values=np.zeros((2, 2, 4))), ValueError, "1 or 3 channels; got 4"),
        (lambda: Line("loss", [1, 2], [1]), ValueError, "'loss' has 2 x for 1 y"),
        (lambda: Line("loss", [], []), ValueError, "'loss' has no points; give it at least one"),
        (
            lambda: Frame(panels=[], caption="«std»", select=SELECT),
            ValueError,
            "«std» has no values; this frame has mean",
        ),
        (
            lambda: Frame(panels=[], caption="", formula="«std»", select=SELECT),
            ValueError,
            "«std» has no values",
        ),
        (
            lambda: Frame(
                panels=[Shelf(title="x", values=X, keys=np.full((1, 2, 1, 1), 2))], caption="", select=SELECT
            ),
            ValueError,
            "'x' has key 2 but only 2 can be selected",
        ),
    ],
)
def test_a_wrong_frame_is_refused(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()


def test_keys_broadcast_like_the_statistic_they_stand_for():
    panel = Shelf(values=np.zeros((2, 3, 1, 2)), keys=torch.arange(3).reshape(1, 3, 1, 1))
    assert panel.to_json()["keys"] == [0, 0, 1, 1, 2, 2] * 2


def test_cells_are_written_in_row_major_order_with_what_json_has_no_number_for_as_words():
    values = torch.tensor([[1.23456, -0.0001], [float("nan"), float("-inf")], [2.0, float("inf")]])
    written = Matrix(values=values.T).to_json()
    assert written["shape"] == [2, 3]
    assert written["values"] == [1.235, "NaN", 2, 0, "-Infinity", "Infinity"]


def test_as_many_decimals_are_written_as_are_shown():
    assert Matrix(values=[[1.23456789]], digits=5).to_json()["values"] == [1.23457]


def test_a_zero_is_a_value_and_an_empty_one_is_not_written():
    line = Line("a", [-1, 0], [0, 1])
    assert Curves(lines=[line], marker=0.0).to_json()["marker"] == 0
    assert "marker" not in Curves(lines=[line]).to_json()
    assert Bars(values=[[1.0]], labels=["a"], digits=0).to_json()["digits"] == 0
    assert not {"rows", "columns", "title", "note", "reveal"} & set(Matrix(values=[[1.0]], rows=[]).to_json())


def test_a_line_keeps_its_small_and_large_numbers():
    written = Line(
        "loss", np.array([1e-4, 3e-4]), torch.tensor([1.23456789e-9, float("nan")], dtype=torch.float64)
    )
    assert written.to_json() == {"label": "loss", "x": [1e-4, 3e-4], "y": [1.2346e-9, "NaN"]}


def test_color_is_full_at_the_largest_finite_value_unless_a_scale_is_given():
    values = [[-4.0, 3.0, float("inf"), float("nan")]]
    assert Matrix(values=values).to_json()["scale"] == 4
    assert Matrix(values=values, scale=2.0).to_json()["scale"] == 2
    assert Matrix(values=[[0.0, float("nan")]]).to_json()["scale"] == 1


def test_a_frame_writes_what_it_has():
    frame = Frame(
        panels=[Axes(title="axes", axes=[("N", "books", 3, "")])], caption="c", readout=[("a", "1")]
    )
    assert frame.to_json() == {
        "panels": [{"kind": "axes", "title": "axes", "axes": [["N", "books", 3, ""]]}],
        "caption": "c",
        "readout": [["a", "1"]],
    }
    done = Frame(panels=[], lead="l", caption="c", formula="f", select=SELECT, everything=True).to_json()
    assert done["everything"] is True
    assert done["select"] == {
        "noun": "page",
        "labels": ["page 0", "page 1"],
        "values": {"mean": ["-1.5", "2.0"]},
    }


def test_a_frame_does_not_change_when_its_tensor_does():
    x = torch.ones(1, 1, 1, 2, dtype=torch.float64)
    panel = Shelf(values=x)
    x.zero_()
    assert panel.to_json()["values"] == [1, 1]
