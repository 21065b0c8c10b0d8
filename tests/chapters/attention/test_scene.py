"""The attention explorer's numbers, against torch's attention; and what a reader may hand over."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dlsteps.chapters.attention import explorer, given
from dlsteps.chapters.attention import scene as attention
from dlsteps.chapters.attention.panels import TENTH
from dlsteps.nn.attention import MultiHeadAttention

EXPLORER = explorer()
MASKS = tuple(given.translator().masks)


def vectors(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("head", range(1, 5))
@pytest.mark.parametrize("kept", MASKS)
@pytest.mark.parametrize("scale", [True, False])
def test_the_output_is_torchs(head, kept, scale):
    shown = given.translator()
    q, k, v = (part[head - 1] for part in (shown.q, shown.k, shown.v))
    wanted = F.scaled_dot_product_attention(
        q[None], k[None], v[None], shown.masks[kept], scale=None if scale else 1.0
    )[0]
    frame = EXPLORER.frame(step="values", head=head, kept=kept, scale=scale)
    shares, values, output = frame.panels
    np.testing.assert_allclose(output.values * TENTH, wanted, atol=1e-12)
    np.testing.assert_allclose(shares.values @ values.values, output.values, atol=1e-12)


def test_a_product_reads_its_two_rows():
    queries, keys, products = EXPLORER.frame(step="q · k").panels
    T, S = products.values.shape
    for cell, (t, s) in enumerate(np.ndindex(T, S)):
        rows = [
            panel.values.ravel()[products.reads[title][cell]]
            for title, panel in (("queries", queries), ("keys", keys))
        ]
        assert np.array_equal(rows[0], queries.values[t])
        assert np.array_equal(rows[1], keys.values[s])
        assert rows[0] @ rows[1] * TENTH**2 == pytest.approx(products.values[t, s])


@pytest.mark.parametrize("kept", MASKS)
def test_a_share_reads_the_scores_that_are_left_in_its_row(kept):
    frame = EXPLORER.frame(step="softmax", kept=kept)
    masked, shares, arcs = frame.panels
    for cell, (t, _) in enumerate(np.ndindex(shares.values.shape)):
        read = masked.values.ravel()[shares.reads["masked scores"][cell]]
        assert np.isfinite(read).all()
        assert len(read) == np.isfinite(masked.values[t]).sum()
    assert np.array_equal(arcs.weights, shares.values)
    assert ((shares.values == 0) == np.isinf(masked.values)).all()


def test_what_is_masked_is_what_the_mask_names():
    for kept, allowed in given.translator().masks.items():
        _, masked = EXPLORER.frame(step="mask", kept=kept).panels
        wanted = np.ones(masked.values.shape, bool) if allowed is None else allowed.numpy()
        assert np.array_equal(np.isfinite(masked.values), wanted)


def test_all_masks_stand_side_by_side():
    for panel, kept in zip(EXPLORER.frame(step="all masks").panels, MASKS, strict=True):
        assert np.array_equal(panel.values, EXPLORER.frame(step="values", kept=kept).panels[0].values)


def test_no_step_shows_what_comes_later():
    assert [panel.title for panel in EXPLORER.frame(step="q and k").panels] == ["queries", "keys"]
    assert dict(EXPLORER.frame(step="q and k").readout).keys() == {"d_k"}
    assert "entropy of a row, on average" not in dict(EXPLORER.frame(step="mask").readout)


@pytest.mark.parametrize("make", [torch.nn.MultiheadAttention, MultiHeadAttention])
def test_a_layer_of_one_s_own(make):
    layer = make(12, 3).double()
    x = vectors(5, 12).requires_grad_()
    words = ["a", "b", "c", "d", "e"]
    mine = explorer(x, layer, mask=torch.ones(5, 5).bool().tril(), words=words, step="values", kept="yours")
    assert mine.baked is False
    judge = torch.nn.MultiheadAttention(12, 3).double()
    judge.load_state_dict(layer.state_dict())
    hidden = torch.ones(5, 5).bool().triu(1)  # torch's masks say who may not
    _, wanted = judge(x, x, x, attn_mask=hidden, average_attn_weights=False)
    for head in (1, 2, 3):
        shares = mine.frame(head=head).panels[0]
        np.testing.assert_allclose(shares.values, wanted[head - 1].detach(), atol=1e-12)
        assert shares.rows == words
    assert x.requires_grad


def test_vectors_of_one_s_own_and_a_row_that_may_attend_to_nothing():
    mask = torch.ones(3, 4).bool()
    mask[1] = False
    mine = explorer(q=vectors(3, 40), k=vectors(4, 40, seed=1), v=1e3 * vectors(4, 2), mask=mask)
    for step in attention.BEATS:
        frame = mine.frame(step=step, **({"kept": "yours"} if step in attention.BEATS[3:6] else {}))
        assert "nan" not in " ".join(frame.text(1)).lower()
    frame = mine.frame(step="softmax", kept="yours")
    assert frame.panels[1].values[1].tolist() == [0, 0, 0, 0]
    assert "nothing is left" in frame.text(1)[1]
    assert "the first 16 numbers" in mine.frame(step="q and k").panels[0].note


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"x": vectors(3, 4)}, TypeError, "x and layer together"),
        ({"q": vectors(3, 4), "k": vectors(3, 4)}, TypeError, "q, k and v together"),
        ({"mask": torch.ones(3, 3).bool()}, TypeError, "belong to tokens of your own"),
        (
            {"x": vectors(3, 4), "layer": torch.nn.Linear(4, 4)},
            TypeError,
            "a Linear; give a MultiheadAttention",
        ),
        (
            {"x": vectors(4), "layer": MultiHeadAttention(4, 2)},
            ValueError,
            r"give one sentence, \(T, d_model\)",
        ),
        ({"x": vectors(3, 6), "layer": MultiHeadAttention(4, 2)}, ValueError, "6"),
        ({"q": vectors(3, 4), "k": vectors(3, 5), "v": vectors(3, 5)}, ValueError, "the same width"),
        ({"q": vectors(40, 4), "k": vectors(40, 4), "v": vectors(40, 4)}, ValueError, "1 to 12 of each"),
        (
            {"q": vectors(3, 4), "k": vectors(3, 4), "v": vectors(3, 4), "mask": torch.zeros(3, 3)},
            TypeError,
            "True = may attend",
        ),
        (
            {"q": vectors(3, 4), "k": vectors(3, 4), "v": vectors(3, 4), "words": ["a"]},
            ValueError,
            "1 words for 3 queries",
        ),
    ],
)
def test_what_does_not_fit_is_refused(options, error, words):
    with pytest.raises(error, match=words):
        explorer(**options)
