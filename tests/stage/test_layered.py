"""Graphs in layers: forward, apart, with as few crossings as there can be."""

from itertools import pairwise, permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsteps.stage.layered import _layers, _least_crossings, crossings, place, spread


@st.composite
def graphs(draw, most=7):
    nodes = draw(st.integers(1, most))
    pairs = [(a, b) for b in range(nodes) for a in range(b)]
    return nodes, draw(st.lists(st.sampled_from(pairs), unique=True, max_size=2 * nodes)) if pairs else []


@given(graphs(12))
def test_edges_lead_forward_and_nodes_stand_apart(graph):
    nodes, edges = graph
    places, bends = place(nodes, edges)
    for (a, b), bend in zip(edges, bends, strict=True):
        assert [layer for layer, _ in bend] == list(range(places[a][0] + 1, places[b][0]))
        assert places[a][0] < places[b][0]
    taken = sorted([*places, *(p for bend in bends for p in bend)])
    for (layer, across), (other, further) in pairwise(taken):
        assert layer < other or further - across >= 0.98
    assert min(across for _, across in taken) == 0


@given(graphs(6))
def test_no_order_has_fewer_crossings(graph):
    nodes, edges = graph
    layer = _layers(nodes, edges)
    parts = [(a, b) for a, b in edges if layer[b] == layer[a] + 1]
    kept = {node for part in parts for node in part}
    orders = [[k for k in sorted(kept) if layer[k] == each] for each in range(max(layer) + 1)]
    fewest = min(crossings(some, parts) for some in product(*(list(permutations(order)) for order in orders)))
    assert crossings(_least_crossings(layer, parts), parts) == fewest


def test_a_crossing_is_counted():
    assert crossings([[0, 1], [2, 3]], [(0, 3), (1, 2)]) == 1
    assert crossings([[0, 1], [2, 3]], [(0, 2), (1, 3)]) == 0


def test_a_chain_is_straight_and_the_same_every_time():
    places, _ = place(4, [(0, 1), (1, 2), (2, 3)])
    assert places == [(0, 0.0), (1, 0.0), (2, 0.0), (3, 0.0)]
    diamond = 5, [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4)]
    assert place(*diamond) == place(*diamond)
    assert place(*diamond)[0] == [(0, 1.0), (1, 0.0), (1, 1.0), (1, 2.0), (2, 1.0)]


def test_what_nothing_leads_to_stands_beside_its_reader():
    assert [layer for layer, _ in place(4, [(0, 1), (1, 2), (3, 2)])[0]] == [0, 1, 2, 1]


def test_a_circle_is_refused():
    with pytest.raises(ValueError, match="circle"):
        place(3, [(0, 1), (1, 2), (2, 0)])


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=8))
def test_spread_keeps_order_and_distance_and_what_needs_no_moving(wishes):
    found = spread(wishes)
    assert all(b - a >= 1 - 1e-9 for a, b in pairwise(found))
    if all(b - a >= 1 for a, b in pairwise(wishes)):
        assert found == pytest.approx(wishes)
    assert sum(found) == pytest.approx(sum(wishes), abs=1e-6)


def test_two_that_touch_move_apart_evenly():
    assert spread([0.0, 0.5]) == [-0.25, 0.75]
