"""Proof that is folded: readable as text, safe as HTML."""

import pytest

from dlsteps import show

TABLE = show.table(["norm", "test"], [["BN <b>", "0.971"]])


def test_a_fold_says_what_it_holds_and_shows_tags_as_text():
    html = show.folded("All 3 seeds & settings", TABLE, "Tuned on *others*.")._repr_html_()
    assert html.startswith('<details class="folded"><summary>All 3 seeds &amp; settings</summary>')
    assert '<div class="scrolls"><table>' in html
    assert "<td>BN &lt;b&gt;</td>" in html
    assert "<em>others</em>" in html


def test_its_text_is_compared_by_the_tests_of_outputs():
    assert repr(show.folded("Figures", TABLE, "Text.")) == f"Figures\n\n{TABLE}\n\nText."


def test_an_empty_fold_is_refused():
    with pytest.raises(ValueError, match="nothing is folded under 'Figures'; pass a table or a text"):
        show.folded("Figures")
