import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlsteps.data.number_tokens import (
    CHINESE,
    CHINESE_LENGTH,
    END,
    ENGLISH,
    ENGLISH_LENGTH,
    PAD,
    START,
    chinese_tokens,
    english_tokens,
    english_word_count,
)
from dlsteps.data.number_words import LARGEST, from_chinese, to_chinese, to_english

numbers = st.integers(0, LARGEST)


def some_numbers() -> np.ndarray:
    """Each group of digits in each place once or more, and zero-rich numbers."""
    zeros = [a * 10**i + b * 10**j for a in (1, 7) for b in (0, 1, 20) for i in range(8) for j in range(i)]
    return np.array([*range(2500), *range(9500, 11_500), *range(0, LARGEST, 29_989), *zeros, LARGEST])


def test_many_at_once_are_each_on_its_own():
    many = some_numbers()
    english, chinese, counts = english_tokens(many), chinese_tokens(many), english_word_count(many)
    wrong = []
    for n, source, target, count in zip(
        many.tolist(), english.tolist(), chinese.tolist(), counts, strict=True
    ):
        words, numerals = ENGLISH.encode(to_english(n)), [START, *CHINESE.encode(to_chinese(n)), END]
        padded = (
            words + [PAD] * (ENGLISH_LENGTH - len(words)),
            numerals + [PAD] * (CHINESE_LENGTH - len(numerals)),
        )
        if (source, target) != padded or count != len(words):
            wrong.append(n)
    assert wrong == []


def test_lengths_are_those_of_the_longest():
    many = some_numbers()
    assert english_word_count(many).max() == ENGLISH_LENGTH
    assert (chinese_tokens(many) != PAD).sum(axis=1).max() == CHINESE_LENGTH
    assert english_word_count(np.array([0, 342, 10_070_003])).tolist() == [1, 5, 6]


def test_every_token_is_used_and_none_stands_twice():
    many = some_numbers()
    assert set(english_tokens(many).ravel()) == set(range(len(ENGLISH))) - {START, END}
    assert set(chinese_tokens(many).ravel()) == set(range(len(CHINESE)))
    for vocabulary in (ENGLISH, CHINESE):
        assert len(set(vocabulary.tokens)) == len(vocabulary)


@given(numbers)
def test_text_comes_back(n):
    assert CHINESE.decode(CHINESE.encode(to_chinese(n))) == to_chinese(n)
    assert from_chinese(CHINESE.decode(chinese_tokens(np.array([n]))[0])) == n
    plain = to_english(n).replace("-", " ").replace(",", "")
    assert ENGLISH.decode(english_tokens(np.array([n]))[0]) == plain


def test_commas_hyphens_capitals_and_spaces_do_not_matter():
    plain = ENGLISH.encode("one million two thousand and forty two")
    assert ENGLISH.encode(" One million, two thousand  and forty-two ") == plain
    assert [ENGLISH.tokens[i] for i in plain] == "one million two thousand and forty two".split()  # noqa: SIM905
    assert CHINESE.encode("一百万 二千") == CHINESE.encode("一百万二千")
    assert ENGLISH.encode("") == []


def test_decoding_stops_at_the_end():
    seven = CHINESE.encode("七")
    assert CHINESE.decode([START, *seven, END, *seven, PAD]) == "七"
    assert CHINESE.decode([]) == ""


def test_unknown_tokens_are_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"'one billion' holds 'billion', .* zero one two .* million and$"):
        ENGLISH.encode("one billion")
    with pytest.raises(ValueError, match=r"'两百' holds '两', which is no token; try these: 零, 一, .*, 万$"):
        CHINESE.encode("两百")
    with pytest.raises(ValueError, match="holds '<pad>'"):
        ENGLISH.encode("one <pad>")


@pytest.mark.parametrize("write", [english_tokens, chinese_tokens])
def test_no_numbers_and_numbers_out_of_range(write):
    assert write(np.array([], dtype=np.int64)).shape == (0, write(np.array([1])).shape[1])
    for n, shown in ((-1, "-1"), (LARGEST + 1, "100,000,000")):
        with pytest.raises(ValueError, match=f"^{shown} has no words here; try .* 0 to 99,999,999"):
            write(np.array([5, n]))
