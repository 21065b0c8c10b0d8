"""One declaration of what reads what: highlights, counts and answers follow, in Python and in the script."""

import gzip
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import dlsteps.stage
from dlsteps.stage import Frame, Matrix, Select
from dlsteps.stage.bank import dumps
from dlsteps.stage.reads import listed, packed, unpacked

JS = Path(dlsteps.stage.__file__).parent / "js"


def convolution(H, W, k, *, padding=0, stride=1):
    """A frame of one convolution: each cell of y reads a window of x, and all of w."""
    numbers = torch.arange(1.0, H * W + 1).reshape(1, 1, H, W)  # 0 is padding
    windows = torch.nn.functional.unfold(numbers, k, padding=padding, stride=stride)[0].T.long() - 1
    rows = (H + 2 * padding - k) // stride + 1
    y = np.zeros((rows, len(windows) // rows))
    return Frame(
        panels=[
            Matrix(title="x", values=np.zeros((H, W))),
            Matrix(title="w", values=np.zeros((k, k))),
            Matrix(
                title="y",
                values=y,
                keys=np.arange(y.size).reshape(y.shape),
                reads={"x": windows, "w": np.ones((y.size, k * k), bool)},
            ),
        ],
        caption="«label»",
        select=Select("output", [f"y[{i}]" for i in range(y.size)]),
    )


def window(H, W, k, i, padding=0, stride=1):
    """The cells that output i reads, counted out."""
    across = (W + 2 * padding - k) // stride + 1
    top, left = (i // across) * stride - padding, (i % across) * stride - padding
    return [
        r * W + c for r in range(top, top + k) for c in range(left, left + k) if 0 <= r < H and 0 <= c < W
    ]


SIZES = [(5, 5, 3, 0, 1), (5, 6, 3, 1, 1), (7, 5, 3, 1, 2), (3, 3, 3, 0, 1)]


@pytest.mark.parametrize(("H", "W", "k", "padding", "stride"), SIZES)
def test_an_output_of_a_convolution_lights_its_window(H, W, k, padding, stride):
    frame = convolution(H, W, k, padding=padding, stride=stride)
    for i in range(frame.panels[2].cells):
        expected = [window(H, W, k, i, padding, stride), list(range(k * k)), [i]]
        assert frame.lit(i) == expected
        assert frame.pointed(2, i) == expected


@pytest.mark.parametrize(("H", "W", "k", "padding", "stride"), SIZES)
def test_an_input_lights_all_outputs_that_read_it_and_no_other_input(H, W, k, padding, stride):
    frame = convolution(H, W, k, padding=padding, stride=stride)
    outputs = range(frame.panels[2].cells)
    for cell in range(H * W):
        readers = [i for i in outputs if cell in window(H, W, k, i, padding, stride)]
        if readers:
            assert frame.pointed(0, cell) == [[cell], [], readers]
        else:
            assert frame.pointed(0, cell) is None


def causal(T):
    """Causal attention: the score of query t and key s reads both; output t reads its row and values."""
    earlier = np.tril(np.ones((T, T), bool))
    rows = [[t * T + s for s in range(t + 1)] for t in range(T)]
    queries = [[i // T] if earlier.flat[i] else [] for i in range(T * T)]
    keys = [[i % T] if earlier.flat[i] else [] for i in range(T * T)]
    row = np.zeros((1, T))
    return Frame(
        panels=[
            Matrix(title="q", values=row),
            Matrix(title="k", values=row),
            Matrix(title="s", values=np.zeros((T, T)), reads={"q": queries, "k": keys}),
            Matrix(title="v", values=row),
            Matrix(title="o", values=row, keys=np.arange(T)[None], reads={"s": rows, "v": earlier}),
        ],
        caption="«label»",
        select=Select("query", [f"query {t}" for t in range(T)]),
    )


@pytest.mark.parametrize("T", [1, 4, 7])
def test_a_causal_query_reads_the_keys_up_to_itself(T):
    frame = causal(T)
    for t in range(T):
        upto = list(range(t + 1))
        row = [t * T + s for s in upto]
        assert frame.lit(t) == frame.pointed(4, t) == [[t], upto, row, upto, [t]]
        column = [u * T + t for u in range(t, T)]
        assert frame.pointed(1, t) == [[], [t], column, [], list(range(t, T))]
        assert frame.pointed(3, t) == [[], [], [], [t], list(range(t, T))]
    if T > 1:
        assert frame.pointed(2, 1) is None, "a masked score reads nothing and is read by nothing"


def test_statistics_that_no_panel_shows_read_too():
    x = Matrix(title="x", values=np.zeros((1, 5)))
    select = Select("window", ["first", "second", "third"])
    frame = Frame(panels=[x], caption="", select=select, reads={"x": [[0, 1, 2], [1, 2, 3], [2, 3, 4]]})
    assert frame.lit(1) == [[1, 2, 3]]
    assert frame.pointed(0, 4) == [[4]]


def test_two_layers_give_the_receptive_field():
    x, h, y = (np.zeros((1, n)) for n in (7, 5, 3))
    three = [[i, i + 1, i + 2] for i in range(5)]
    panels = [
        Matrix(title="x", values=x),
        Matrix(title="h", values=h, reads={"x": three}),
        Matrix(title="y", values=y, reads={"h": three[:3]}),
    ]
    frame = Frame(panels=panels, caption="")
    assert frame.pointed(2, 1) == [[1, 2, 3, 4, 5], [1, 2, 3], [1]]
    assert frame.pointed(0, 0) == [[0], [0], [0]]


X = Matrix(title="x", values=np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Matrix(title="y", values=[[0.0]], reads={"z": [[0]]}),
            "0 panels are called 'z'; .* 'x', 'y'",
        ),
        (lambda: Matrix(title="x", values=[[0.0]], reads={"x": [[0]]}), "2 panels are called 'x'"),
        (
            lambda: Matrix(title="y", values=[[0.0]], reads={"x": [[4]]}),
            "names cell 4; there are cells 0 to 3",
        ),
        (lambda: Matrix(title="y", values=[[0.0]], reads={"x": [[-1]]}), "names cell -1"),
        (lambda: Matrix(title="y", values=[[0.0]], reads={"x": []}), "has 0 lists for 1 that read"),
        (
            lambda: Matrix(title="y", values=[[0.0]], reads={"x": np.ones((1, 3), bool)}),
            "a mask of 3 cells a reader; there are 4",
        ),
    ],
)
def test_reads_that_do_not_fit_are_refused(make, words):
    with pytest.raises(ValueError, match=words):
        Frame(panels=[X, make()], caption="")


def test_a_frame_that_reads_names_its_keys():
    with pytest.raises(ValueError, match="give it a select"):
        Frame(panels=[X], caption="", reads={"x": [[0]]})


lists = st.lists(st.sets(st.integers(0, 20)).map(lambda cells: tuple(sorted(cells))), max_size=12)


@given(lists)
def test_packed_lists_come_back(declared):
    pack = json.loads(dumps(packed(declared)))
    assert unpacked(pack) == declared


def test_a_mask_windows_and_lists_say_the_same():
    mask = np.array([[True, False, True], [False, False, False]])
    want = [(0, 2), ()]
    assert listed(mask, 2, 3, "") == want
    assert listed(torch.tensor([[2, 0], [-1, -1]]), 2, 3, "") == want
    assert listed([[2, 0, 0], []], 2, 3, "") == want


def test_windows_are_written_once():
    """A 3 × 3 convolution of a 28 × 28 picture: 784 windows of up to nine cells."""
    written = convolution(28, 28, 3, padding=1).to_json()["reads"]
    assert len(written[0]["shapes"]) == 4
    assert written[1]["shapes"] == [[0, 9]]
    assert len(gzip.compress(dumps(written).encode())) < 2500


def drawn_frame(draw):
    """Any panels of any keys, reading each other in any way that has no circle."""
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    labels = draw(st.integers(1, 3))
    panels = []
    for p, size in enumerate(sizes):
        keys = draw(st.none() | st.lists(st.integers(-1, labels - 1), min_size=size, max_size=size))
        reads = {}
        for q in draw(st.sets(st.integers(0, p - 1))) if p else ():
            cells = st.lists(st.integers(0, sizes[q] - 1), max_size=4)
            reads[f"p{q}"] = draw(st.lists(cells, min_size=size, max_size=size))
        panels.append(Matrix(title=f"p{p}", values=np.zeros((1, size)), keys=keys and [keys], reads=reads))
    own = {}
    if draw(st.booleans()):
        cells = st.lists(st.integers(0, sizes[0] - 1), max_size=4)
        own["p0"] = draw(st.lists(cells, min_size=labels, max_size=labels))
    return Frame(
        panels=panels,
        caption="",
        select=Select("part", [str(k) for k in range(labels)]),
        reads=own,
        everything=draw(st.booleans()),
    )


frames = st.composite(drawn_frame)()


@given(frames)
def test_who_lights_whom_is_mutual_where_cells_have_no_key(frame):
    for p, panel in enumerate(frame.panels):
        if panel.keys is not None:
            continue
        for cell in range(panel.cells):
            for q, lit in enumerate(frame.pointed(p, cell) or []):
                if lit is not None and frame.panels[q].keys is None:
                    assert all(cell in frame.pointed(q, other)[p] for other in lit)


@pytest.mark.skipif(not shutil.which("node"), reason="needs Node")
@settings(max_examples=15, deadline=None)
@given(st.lists(frames, min_size=8, max_size=8))
def test_the_script_lights_the_same(some):
    script = Path(__file__).with_name("lit.mjs")
    asked = json.dumps([frame.to_json() for frame in some])
    done = subprocess.run(
        ["node", script, JS.as_uri()], input=asked, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    for frame, answer in zip(some, json.loads(done.stdout), strict=True):
        keys = range(len(frame.select.labels))
        assert answer["selected"] == [frame.lit(k) for k in keys]
        for p, panel in enumerate(frame.panels):
            assert answer["pointed"][p] == [frame.pointed(p, c) for c in range(panel.cells)]
