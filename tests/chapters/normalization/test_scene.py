"""The normalization explorer: every number of every frame, computed again by torch and by NumPy."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from explorers import explorer_called

from dlsteps.chapters.normalization.scene import BEATS, explorer
from dlsteps.data.feature_maps import digit_feature_maps
from dlsteps.numbers import number
from dlsteps.stage.bank import dumps
from dlsteps.stage.controls import states

EPS = 1e-5
BOOK = explorer_called("normalization")
ALL = list(states(BOOK.controls))
STATES = {"/".join(map(str, s.values())): s for s in ALL}


def torch_s_running_statistics():
    layer = torch.nn.BatchNorm2d(4).double()
    for batch in digit_feature_maps(3 + 60 * 8)[3:].split(8):
        layer(batch)
    return layer.running_mean, layer.running_var


RUNNING = torch_s_running_statistics()


def by_hand(x, norm, groups, running):
    """Mean, variance and normalized x: the statistics in NumPy, the norm in torch. (N, C, H, W)."""
    N, C, _, _ = x.shape
    values = x.numpy()
    token = x.movedim(1, -1)
    if norm == "Group":
        booklets = values.reshape(N, groups, -1)
        mean, var = (f(booklets, axis=2)[..., None, None] for f in (np.mean, np.var))
        return mean, var, F.group_norm(x, groups, eps=EPS)
    if running is not None:
        mean, var = (v.numpy().reshape(1, C, 1, 1) for v in running)
        return mean, var, F.batch_norm(x, *running, training=False, eps=EPS)
    axis, y = {
        "Batch": ((0, 2, 3), lambda: F.batch_norm(x, None, None, training=True, eps=EPS)),
        "Layer": ((1, 2, 3), lambda: F.layer_norm(x, x.shape[1:], eps=EPS)),
        "Instance": ((2, 3), lambda: F.instance_norm(x, eps=EPS)),
        "Token": ((1,), lambda: F.layer_norm(token, (C,), eps=EPS).movedim(-1, 1)),
    }[norm]
    return values.mean(axis, keepdims=True), values.var(axis, keepdims=True), y()


def input_of(state, x):
    x = (x[:1] if state.get("batch") == "one" else x).clone()
    if state["poke"]:
        x[0] *= 10
    return x


def x_hat_of(**state):
    """What the explorer shows as x̂."""
    return BOOK.frame(**{**BOOK.state, **state, "step": "normalize"}).panels[0].values


@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_every_number_of_every_frame(state):
    frame = BOOK.frame(**state)
    x = input_of(state, digit_feature_maps())
    running = RUNNING if state["mode"] == "eval" else None
    mean, var, x_hat = by_hand(x, state["norm"], state["groups"], running)
    gamma, beta = (torch.tensor(v).reshape(1, 4, 1, 1) for v in ([1, 1.5, 2, 1], [-1, 0, 1, -1]))
    shown = {"normalize": x_hat, "all groups": x_hat, "scale & shift": x_hat * gamma + beta}.get(
        state["step"], x
    )
    tensor, statistic, _ = frame.panels
    np.testing.assert_allclose(tensor.values, shown, rtol=0, atol=1e-9)
    if state["step"] == "scale & shift":
        np.testing.assert_array_equal(statistic.values, np.array([[1, 1.5, 2, 1], [-1, 0, 1, -1]]).T)
        return
    np.testing.assert_allclose(
        statistic.values, mean if state["step"] in ("cells", "mean") else var, rtol=0, atol=1e-9
    )
    assert statistic.note == f"shape {list(mean.shape)}"
    assert statistic.pending == (state["step"] == "cells")  # the mean is not shown before its beat


@pytest.mark.parametrize("norm", ["Batch", "Layer", "Instance", "Group", "Token"])
def test_the_cells_of_a_key_average_to_the_statistic_of_that_key(norm):
    frame = BOOK.frame(norm=norm, step="mean")
    tensor, statistic, _ = frame.panels
    for k in range(len(frame.select.labels)):
        (mean,) = statistic.values[statistic.keys == k]
        assert tensor.values[tensor.keys == k].mean() == pytest.approx(mean)


@pytest.mark.parametrize(
    "state", [s for s in ALL if s["step"] in ("mean", "variance", "normalize")][::5], ids=str
)
def test_words_carry_the_numbers_of_their_statistic(state):
    frame = BOOK.frame(**state)
    tensor, statistic, _ = frame.panels
    for k in range(len(frame.select.labels)):
        caption, formula = frame.text(k)
        said = caption.replace("−", "-") + formula
        cells = tensor.values[tensor.keys == k]
        (known,) = statistic.values[statistic.keys == k]
        expected = {
            "mean": [known],
            "variance": [known, np.sqrt(abs(known) + EPS)],
            "normalize": [cells[0], cells.mean(), cells.var()],
        }[state["step"]]
        for value in expected:
            assert plain(value) in said, (k, said)
        if state["step"] == "mean" and state["mode"] == "train":
            assert str(len(cells)) in caption
            assert f"{plain(cells.sum(), 2)}}}{{{len(cells)}}}" in formula


def plain(value, digits=3):
    return number(value, digits).replace("−", "-")


def moved(norm, **more):
    """Which cells of the other books change when book 0 is multiplied by 10."""
    calm, poked = (x_hat_of(norm=norm, poke=poke, **more) for poke in (False, True))
    return np.abs(poked - calm)[1:] > 1e-9


def test_a_poke_of_one_book_moves_the_others_under_batch_in_training_only():
    assert moved("Batch").all()
    assert not moved("Batch", mode="eval").any()
    for norm in ("Layer", "Instance", "Token"):
        assert not moved(norm).any()
    for groups in (1, 2, 4):
        assert not moved("Group", groups=groups).any()


def test_the_readout_counts_what_a_poke_moved():
    def count(**state):
        return dict(BOOK.frame(poke=True, **state).readout)["moved in other books"]

    assert count(norm="Batch") == f"{moved('Batch').sum()} of 72 cells"
    assert count(norm="Batch", mode="eval") == "0 of 72 cells"
    assert count(norm="Group") == "0 of 72 cells"
    assert "moved in other books" not in dict(BOOK.frame(norm="Batch").readout)


def test_the_readout_counts_statistics_and_cells_and_says_who_needs_the_batch():
    expected = {
        "Batch": (4, 27, "yes"),
        "Layer": (3, 36, "no"),
        "Instance": (12, 9, "no"),
        "Token": (27, 4, "no"),
    }
    for norm, counts in expected.items():
        assert [v for _, v in BOOK.frame(norm=norm).readout] == [str(v) for v in counts]
    assert [v for _, v in BOOK.frame(norm="Group", groups=2).readout] == ["6", "18", "no"]
    assert dict(BOOK.frame(norm="Batch", mode="eval").readout)["needs the batch?"] == "no"


def test_a_batch_of_one_is_instance_normalization_and_the_caption_measures_it():
    np.testing.assert_allclose(x_hat_of(norm="Batch", batch="one"), x_hat_of(norm="Instance")[:1], atol=1e-12)
    said = BOOK.frame(norm="Batch", batch="one", step="all groups").text()[0]
    assert "this is instance normalization, largest difference 0.000" in said
    assert "instance" not in BOOK.frame(norm="Batch", step="all groups").text()[0]


def test_groups_sweep_from_layer_over_group_to_instance():
    np.testing.assert_allclose(x_hat_of(norm="Group", groups=1), x_hat_of(norm="Layer"), atol=1e-12)
    np.testing.assert_allclose(x_hat_of(norm="Group", groups=4), x_hat_of(norm="Instance"), atol=1e-12)
    between = x_hat_of(norm="Group", groups=2)
    for norm in ("Layer", "Instance"):
        assert np.abs(between - x_hat_of(norm=norm)).max() > 0.1


def test_in_eval_mode_a_book_looks_at_no_other():
    alone = x_hat_of(norm="Batch", mode="eval", batch="one")
    np.testing.assert_array_equal(alone, x_hat_of(norm="Batch", mode="eval")[:1])
    assert np.abs(alone - x_hat_of(norm="Batch", batch="one")).max() > 0.1
    assert all(fate == "" for *_, fate in BOOK.frame(norm="Batch", mode="eval").panels[2].axes)


def test_labels_name_what_is_lit():
    """Each label is read back: book, pages, line and character of its cells, no more and no fewer."""
    for norm, nouns in {
        "Batch": "page",
        "Layer": "book",
        "Instance": "page book",
        "Token": "line character book",
    }.items():
        frame = BOOK.frame(norm=norm)
        keys = frame.panels[0].keys
        for k, label in enumerate(frame.select.labels):
            found = np.argwhere(keys == k)
            for noun in nouns.split():
                (index,) = set(found[:, ["book", "page", "line", "character"].index(noun)])
                assert f"{noun} {index}" in label
    frame = BOOK.frame(norm="Group", groups=2)
    for k, label in enumerate(frame.select.labels):
        found = np.argwhere(frame.panels[0].keys == k)
        assert label.endswith(f"of book {found[0, 0]} (pages {found[:, 1].min()} to {found[:, 1].max()})")


def test_everything_is_lit_when_all_groups_are_done():
    assert [BOOK.frame(step=step).everything for step in BEATS] == [False] * 4 + [True] * 2


def test_the_last_beat_is_the_result():
    assert [BOOK.frame(step=step).panels[0].title for step in BEATS] == ["x", "x", "x", "x̂", "x̂", "y"]


def draw(x):
    """An explorer of one's own tensor with every frame computed and written."""
    own = explorer(x)
    frames = [own.frame(**state) for state in states(own.controls)]
    for frame in frames:
        json.loads(dumps(frame.to_json()))
        for k in range(len(frame.select.labels)):
            assert "«" not in "".join(frame.text(k))
    return SimpleNamespace(explorer=own, frames=frames, names=[c.name for c in own.controls])


@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (2, 6, 5), (2, 3, 1, 4), (1, 5, 2, 2), (4, 1, 1, 1)])
def test_a_tensor_of_one_s_own_of_every_rank(shape):
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64)
    own = draw(x).explorer
    books = x.reshape(*shape[:2], *((1,) * (4 - len(shape))), *shape[2:])
    for state in states(own.controls):
        if state["step"] != "normalize" or books[0, 0].numel() == 1:
            continue  # torch itself refuses one value a channel
        _, _, x_hat = by_hand(input_of(state, books), state["norm"], state["groups"], None)
        np.testing.assert_allclose(own.frame(**state).panels[0].values, x_hat, rtol=0, atol=1e-9)


def test_it_offers_only_what_the_tensor_has():
    assert "batch" not in draw(torch.randn(1, 4, 2, 2)).names
    assert "mode" not in draw(torch.randn(2, 4, 2, 2)).names
    own = explorer(torch.randn(2, 6, 2, 2), running=(torch.zeros(6), torch.ones(6)))
    assert "mode" in [c.name for c in own.controls]
    assert list(own.controls[1].values) == [1, 2, 3, 6]
    assert own.baked is False


def test_running_statistics_of_one_s_own_are_used_in_eval_mode():
    torch.manual_seed(1)
    x = torch.randn(2, 3, 2, 2, dtype=torch.float64)
    running = torch.randn(3, dtype=torch.float64), torch.rand(3, dtype=torch.float64) + 0.5
    own = explorer(x, running=running)
    shown = own.frame(norm="Batch", mode="eval", step="normalize").panels[0].values
    np.testing.assert_allclose(shown, F.batch_norm(x, *running, training=False, eps=EPS), atol=1e-12)


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((4,), (3,)), ((1, 4), (1, 4)), ((), ())])
def test_running_statistics_of_another_shape_are_refused(shapes):
    with pytest.raises(
        ValueError, match=r"give the mean and the variance of each of the 4 channels, \(4,\) each"
    ):
        explorer(torch.randn(2, 4, 2, 2), running=tuple(torch.ones(shape) for shape in shapes))


def test_a_tensor_that_requires_grad_is_shown_and_left_alone():
    x = torch.ones(2, 2, 2, 2, requires_grad=True)
    y = x * 2
    drawn = draw(y)
    assert drawn.frames[0].panels[0].values.max() == 2
    assert y.grad_fn is not None
    poked = drawn.explorer.frame(poke=True).panels[0].values
    assert poked[0].max() == 20
    assert y.max() == 2


def test_nan_and_infinity_are_shown_where_they_are_and_spread_as_far_as_the_norm_mixes():
    x = torch.arange(24.0).reshape(2, 3, 2, 2)
    x[0, 1, 0, 0], x[1, 2, 1, 1] = float("nan"), float("inf")
    drawn = draw(x)
    shelf = drawn.explorer.frame().panels[0].to_json()
    assert shelf["values"][4] == "NaN"
    assert shelf["values"][23] == "Infinity"
    assert shelf["scale"] == 22
    own = drawn.explorer
    spread = {
        n: np.isnan(own.frame(norm=n, step="normalize").panels[0].values)
        for n in ("Batch", "Instance", "Layer")
    }
    assert spread["Batch"][:, 1:].all()
    assert not spread["Batch"][:, 0].any()
    assert spread["Instance"].sum() == 8
    assert spread["Layer"].all()
    assert "NaN" in own.frame(norm="Layer", step="mean").text(0)[0]
    assert "∞" in own.frame(norm="Layer", step="mean").text(1)[1]


@pytest.mark.parametrize("shape", [(), (4,), (1, 2, 3, 4, 5), (0, 3), (2, 0, 3), (2, 3, 0, 1)])
def test_a_tensor_without_books_and_pages_is_refused_with_the_shapes_that_have(shape):
    with pytest.raises(ValueError, match=r"give \(N, C\), \(N, C, L\) or \(N, C, H, W\), no axis empty"):
        explorer(torch.zeros(shape))


def test_what_cannot_be_shown_is_refused():
    with pytest.raises(ValueError, match="at most 4,096 can be shown"):
        explorer(torch.zeros(2, 64, 8, 8))
    with pytest.raises(TypeError, match=r"x is complex; show x.real"):
        explorer(torch.zeros(2, 2, dtype=torch.complex64))
