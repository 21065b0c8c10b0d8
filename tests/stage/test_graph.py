"""The panels Graph and Tokens: what they refuse, write, and read of themselves; and lines to select."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsteps.stage import Curves, Frame, Graph, Line, Node, Select, Tokens

SHARED = Graph(
    title="g",
    nodes=[Node("a", 2.0), Node("b", 3.0), Node("a·b", 6.0, 1.0), Node("a·b + a", 8.0, 1.0, "new")],
    edges=[(0, 2), (1, 2), (2, 3), (0, 3)],
)


def test_a_node_lights_all_paths_into_it_and_out_of_it():
    frame = Frame(panels=[SHARED], caption="")
    assert frame.lit() == [None], "nothing is selected"
    assert frame.pointed(0, 1) == [[1, 2, 3]]
    assert frame.pointed(0, 2) == [[0, 1, 2, 3]]
    assert frame.pointed(0, 3) == [[0, 1, 2, 3]]
    alone = Graph(title="g", nodes=[Node("a"), Node("b"), Node("c")], edges=[(0, 1)])
    assert Frame(panels=[alone], caption="").pointed(0, 2) is None


def test_a_graph_is_written_with_places_and_bends():
    written = SHARED.to_json()
    assert written["nodes"][2] == {"label": "a·b", "state": "", "value": 6, "adjoint": 1}
    assert [layer for layer, _ in written["places"]] == [0, 0, 1, 2]
    assert written["edges"][0] == {"from": 0, "to": 2}
    assert [layer for layer, _ in written["edges"][3]["bends"]] == [1]
    weighted = Graph(nodes=[Node("a"), Node("b", "[2]")], edges=[(0, 1, 0.25)], keys=[0, 1]).to_json()
    assert weighted["edges"] == [{"from": 0, "to": 1, "weight": 0.25}]
    assert weighted["nodes"][1]["value"] == {"text": "[2]"}
    assert weighted["keys"] == [0, 1]


def test_a_graph_as_a_table_leaves_out_what_is_not_there_yet():
    nodes = [Node("a", 2.0), Node("b", -1e30), Node("ab", state="next"), Node("c", state="hidden")]
    table = Graph(nodes=nodes, edges=[(0, 1), (1, 2)]).table()
    assert table.rows == [["a", "", "2.00", "", ""], ["b", "a", "−1e30", "", ""]]
    assert {len(row) for row in Graph(nodes=[Node("a", state="next")]).table().rows} == {5}


def test_hiding_a_node_moves_no_other():
    def places(state):
        nodes = [Node("a"), Node("b", state=state), Node("c")]
        return Graph(nodes=nodes, edges=[(0, 2), (1, 2)]).to_json()["places"]

    assert places("hidden") == places("new")


def test_leading_an_edge_elsewhere_moves_no_node():
    nodes, edges = (
        [Node("abcdef"[k]) for k in range(6)],
        [(0, 2), (1, 2), (0, 3), (1, 3), (2, 4), (4, 5), (3, 5)],
    )
    before, after = [*edges], [*edges[:-1], (2, 5)]
    every = [*edges, (2, 5)]
    first, second = (Graph(nodes=nodes, edges=drawn, room=every).to_json() for drawn in (before, after))
    assert first["places"] == second["places"]
    assert [(e["from"], e["to"]) for e in second["edges"]] == after
    assert [e.get("bends") for e in first["edges"]][:-1] == [e.get("bends") for e in second["edges"]][:-1]


WORDS = Tokens(
    title="t", above=["the", "cat", "猫"], below=["le", "chat"], weights=[[0.9, 0, 0.1], [0, 0.7, 0.3]]
)


def test_a_word_lights_the_words_it_has_a_weight_for():
    frame = Frame(panels=[WORDS], caption="")
    assert frame.pointed(0, 3) == [[0, 2, 3]]
    assert frame.pointed(0, 2) == [[2, 3, 4]]
    assert frame.pointed(0, 1) == [[1, 4]]


def test_tokens_are_a_table_of_weights():
    assert WORDS.table().head == ["", "the", "cat", "猫"]
    assert WORDS.table().rows[1] == ["chat", "0.00", "0.70", "0.30"]
    assert WORDS.to_json()["weights"] == [0.9, 0, 0.1, 0, 0.7, 0.3]


@given(st.integers(1, 6))
def test_causal_words_read_what_stands_before_them(T):
    words = [f"w{t}" for t in range(T)]
    weights = np.tril(np.ones((T, T)))
    panel = Tokens(title="t", above=words, below=words, weights=weights, keys=[*[-1] * T, *range(T)])
    frame = Frame(panels=[panel], caption="", select=Select("query", words))
    for t in range(T):
        assert frame.lit(t) == [[*range(t + 1), T + t]]
        assert frame.pointed(0, t) == [[t, *range(T + t, 2 * T)]]


def test_a_line_can_be_selected():
    lines = [Line("a", [0, 1], [0, 1]), Line("b", [0, 1], [1, 0])]
    frame = Frame(panels=[Curves(lines=lines, keys=[0, 1])], caption="", select=Select("line", ["a", "b"]))
    assert frame.lit(1) == frame.pointed(0, 1) == [[1]]
    assert Frame(panels=[Curves(lines=lines)], caption="").lit() == [None]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: Node("a", state="gone"),
            "state='gone' of 'a' is none; try new, folded, merged, dead, next, hidden",
        ),
        (lambda: Graph(nodes=[Node("a")], edges=[(0, 1)]), r"edge \(0, 1\) joins no nodes; there are 0 to 0"),
        (lambda: Graph(nodes=[Node("a"), Node("b")], edges=[(0, 1), (1, 0)]), "circle"),
        (lambda: Tokens(above=["a"], below=["b"], weights=[[1, 2]]), r"give one for each word .*, \(1, 1\)"),
        (lambda: Tokens(above=["a"], below=["b"], weights=[[-1]]), "a weight is -1; an arc has"),
        (lambda: Graph(nodes=[Node("a")], keys=[0, 1]), "broadcast"),
        (lambda: Curves(lines=[Line("a", [0], [0])], keys=[0, 1]), "broadcast"),
    ],
)
def test_what_does_not_fit_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
