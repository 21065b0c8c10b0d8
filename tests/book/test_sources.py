"""Every source that a docstring names stands in the bibliography."""

import pytest
import sources

ENTRIES = sources.entries(
    """
@book{bishop2006pattern,
  author = {Bishop, Christopher M.},
  title  = {Pattern Recognition and Machine Learning},
  year   = {2006}
}

@misc{gul2014learning,
  author = {G{\\"u}l, {\\c{C}}a and Bengio, Yoshua},
  title  = {Learning with an {RNN} Encoder--Decoder},
  year   = {2014},
}
"""
)


def test_every_source_is_in_the_bibliography():
    works = sources.in_code()
    assert len(works) > 100
    assert [f"{work.where}: {work.text}" for work in works if not work.key] == []


def test_an_entry_is_read():
    assert ENTRIES[1] == (
        "gul2014learning",
        ("Gul", "Bengio"),
        "Learning with an RNN Encoder–Decoder",
        "2014",
    )


@pytest.mark.parametrize(
    ("piece", "key"),
    [
        ("Bishop, Pattern Recognition and Machine Learning (2006), equation 4.92.", "bishop2006pattern"),
        ("Bishop (2006), equation 4.92", "bishop2006pattern"),
        ("Gul and Bengio, Learning with an RNN (2014), section 2", "gul2014learning"),
        ("Bishop, Machine Learning (2007)", ""),
        ("Bishop, Machine Learing (2006)", ""),
        ("Bengio, Learning (2014)", ""),
        ("Gul et al., Learning (2014)", ""),
        ("Gul, Learning (2014)", ""),
        ("Gul and Hinton, Learning (2014)", ""),
        ("in Bishop (2006)", ""),
        ("Bishop 2006", ""),
    ],
)
def test_a_work_is_found_by_author_year_and_title(piece, key):
    assert sources.key_of(piece, ENTRIES) == key


def test_what_stands_under_source_is_read():
    docstring = "A sum.\n\nReturns:\n    It.\n\nSource:\n    A, T\n    (2001); B.\n\n    C (2002)."
    assert list(sources.named_in(docstring)) == ["A, T (2001)", "B. C (2002)."]
    assert list(sources.named_in("Source: D (2003), page 1.\n")) == ["D (2003), page 1."]
    assert list(sources.named_in("Open Source: no.")) == []
