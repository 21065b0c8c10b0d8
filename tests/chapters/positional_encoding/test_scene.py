"""The explorer's numbers, against formulas written out here."""

import math

import numpy as np
import pytest
import torch

from dlsteps.chapters.positional_encoding import beats, kinds, scene

P = torch.arange(scene.T)


def frame(**state):
    return scene.frame(P, **{"step": "numbers", "kind": "sinusoidal", "d": 8, **state})


@pytest.mark.parametrize("d", scene.WIDTHS)
def test_sines_and_cosines(d):
    (panel,) = frame(d=d).panels
    for p in range(scene.T):
        for i in range(d // 2):
            angle = p / 10_000 ** (2 * i / d)
            wanted = math.sin(angle), math.cos(angle)
            assert tuple(panel.values[p, 2 * i : 2 * i + 2]) == pytest.approx(wanted, abs=1e-12)


def test_a_turned_query_by_complex_numbers():
    q, panel = frame(kind="rotary").panels
    pairs = q.values[0, 0::2] + 1j * q.values[0, 1::2]
    omega = 10_000.0 ** (-2 * np.arange(4) / 8)
    wanted = pairs * np.exp(1j * np.outer(np.arange(scene.T), omega))
    assert np.allclose(panel.values[:, 0::2], wanted.real, atol=1e-12)
    assert np.allclose(panel.values[:, 1::2], wanted.imag, atol=1e-12)


def test_a_number_of_a_turned_query_reads_its_pair():
    lit = frame(kind="rotary").pointed(1, 2 * 8 + 5)
    assert lit[0] == list(range(8))  # the row shares its position, and reads the whole query


def test_the_penalty_grows_with_the_distance():
    (panel,) = frame(kind="ALiBi").panels
    assert panel.values.tolist() == [[-abs(t - s) / 4 for s in range(scene.T)] for t in range(scene.T)]


@pytest.mark.parametrize("kind", ["sinusoidal", "rotary"])
def test_one_matrix_moves_every_position_on(kind):
    here, M, there = frame(step="move on", kind=kind).panels
    assert np.allclose(here.values @ M.values.T, there.values, atol=1e-12)
    assert np.allclose(M.values @ M.values.T, np.eye(8), atol=1e-12)
    later = kinds.moved(kind, P + 100, 8, beats.BY)
    assert np.allclose(later[1], M.values)


def test_no_matrix_moves_a_drawn_table_on():
    *_, left = kinds.moved("learned", P, 8, beats.BY)
    assert 0.9 < left < 1
    assert "misses them by 99 %" in frame(step="move on", kind="learned").text()[0]


def test_a_moved_row_reads_the_row_and_the_matrix():
    row, everything = list(range(16, 24)), list(range(64))
    assert frame(step="move on").lit(2) == [row, everything, row]


@pytest.mark.parametrize(("kind", "alike"), list(zip(kinds.KINDS, [False, False, True, True], strict=True)))
@pytest.mark.parametrize("d", scene.WIDTHS)
def test_which_scores_see_the_distance_alone(kind, alike, d):
    shown = frame(step="distance", kind=kind, d=d)
    lines = np.array([line.y for line in shown.panels[0].lines])
    assert (np.ptp(lines, axis=0).max() < 1e-9) == alike
    assert ("All three lines are one" in shown.text()[0]) == alike
    assert np.ptp(lines, axis=1).min() > 0.1


def test_encodings_alone_see_the_distance_if_they_are_sines():
    for kind, alike in (("sinusoidal", True), ("learned", False)):
        lines = np.array([line.y for line in frame(step="distance", kind=kind).panels[1].lines])
        assert (np.ptp(lines, axis=0).max() < 1e-9) == alike


def test_positions_and_a_width_of_ones_own():
    own = scene.explorer(torch.tensor([0, 7, 300]), d_model=6)
    (panel,) = own.frame().panels
    assert panel.rows == ["p = 0", "p = 7", "p = 300"]
    assert panel.values[2, 0] == pytest.approx(math.sin(300), abs=1e-12)
    for step in scene.BEATS:
        for kind in kinds.KINDS:
            own.frame(step=step, kind=kind)
            scene.explorer(d_model=2).frame(step=step, kind=kind)


def test_what_is_no_position_is_refused():
    with pytest.raises(ValueError, match=r"positions have shape \(2, 2\); give 1 to 24"):
        scene.explorer(torch.zeros(2, 2))
    with pytest.raises(ValueError, match=r"give 1 to 24"):
        scene.explorer(torch.arange(25))
    with pytest.raises(TypeError, match="whole numbers"):
        scene.explorer(torch.tensor([0.5]))
    with pytest.raises(ValueError, match="not from 0 to 508"):
        scene.explorer(torch.tensor([-1]))
    with pytest.raises(ValueError, match="d_model=5 cannot be split into pairs"):
        scene.explorer(d_model=5)
