"""Number words against two libraries that know nothing of each other, over a wide range."""

import random

import cn2an
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge import refuses
from num2words import CONVERTER_CLASSES

from dlsteps.data.number_words import DIGITS, LARGEST, MYRIAD, UNITS, from_chinese, to_chinese, to_english

in_english = CONVERTER_CLASSES["en"].to_cardinal
numbers = st.integers(0, LARGEST)


def wide_range() -> list[int]:
    """All numbers up to 100,000, and more: of six to eight digits, full of zeros, and next to round ones."""
    draw = random.Random(0)
    lengths = [draw.randrange(10 ** draw.randint(6, 8)) for _ in range(25_000)]
    zeros = [int("".join(draw.choices("0123456789", [30] + 9 * [1], k=8))) for _ in range(20_000)]
    round_ones = [a * 10**k + d for k in range(3, 8) for a in range(1, 100) for d in (-10, -1, 0, 1, 10, 100)]
    edges = [n for n in round_ones if n <= LARGEST]
    return [*range(100_001), *lengths, *zeros, *edges, LARGEST]


WIDE_RANGE = wide_range()


def test_range_is_wide():
    assert len(set(WIDE_RANGE) - set(range(100_001))) > 25_000
    assert {len(str(n)) for n in WIDE_RANGE} == set(range(1, 9))


def test_english_words_are_those_of_num2words():
    assert [n for n in WIDE_RANGE if to_english(n) != in_english(n)] == []


def test_chinese_numerals_are_those_of_cn2an():
    assert [n for n in WIDE_RANGE if to_chinese(n) != cn2an.an2cn(n)] == []


def test_numerals_of_cn2an_are_read_back():
    assert [n for n in WIDE_RANGE if from_chinese(cn2an.an2cn(n)) != n] == []


@pytest.mark.parametrize(
    ("n", "english", "chinese"),
    [
        (0, "zero", "零"),
        (10, "ten", "十"),
        (110, "one hundred and ten", "一百一十"),
        (342, "three hundred and forty-two", "三百四十二"),
        (2002, "two thousand and two", "二千零二"),
        (40_000, "forty thousand", "四万"),
        (105_000, "one hundred and five thousand", "十万五千"),
        (1_002_042, "one million, two thousand and forty-two", "一百万二千零四十二"),
        (10_070_003, "ten million, seventy thousand and three", "一千零七万零三"),
    ],
)
def test_one_number_for_each_rule(n, english, chinese):
    assert (to_english(n), to_chinese(n)) == (english, chinese)


@given(numbers)
def test_numerals_read_back(n):
    assert from_chinese(to_chinese(n)) == n


@given(numbers, numbers)
def test_a_numeral_has_a_unit_at_most_for_each_digit_and_is_one_number_s_alone(n, m):
    assert len(to_chinese(n)) <= 2 * len(str(n)) - 1
    assert (to_chinese(n) == to_chinese(m)) == (n == m)


@given(numbers, st.data())
def test_a_numeral_with_one_character_changed_is_refused_or_another_number(n, data):
    text = to_chinese(n)
    place = data.draw(st.integers(0, len(text) - 1))
    changed = data.draw(st.sampled_from(["", *DIGITS, *UNITS, MYRIAD]))
    spoiled = text[:place] + changed + text[place + 1 :]
    try:
        m = from_chinese(spoiled)
    except ValueError:
        return
    assert cn2an.an2cn(m) == spoiled
    assert (m == n) == (spoiled == text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("一十", "'一十' is no well-formed numeral; its parts add up to 10, try 十$"),
        ("一百零十", "add up to 110, try 一百一十$"),
        ("一千二", "add up to 1,002, try 一千零二$"),
        ("十万零五千", "add up to 105,000, try 十万五千$"),
        ("五零", "add up to 5, try 五$"),
        ("一万零零五", "add up to 10,005, try 一万零五$"),
        ("零零", "add up to 0, try 零$"),
        ("千千万千千千千", "add up to 20,004,000, try 二千万四千$"),
        ("九千九千万", "add up to 180,000,000, try one up to 99,999,999$"),
        ("", "'' is no well-formed numeral; its parts add up to 0, try 零$"),
        (
            "两百",
            "'两百' holds '两', which is out of place; try 零一二三.* with 十百千 and one 万$",
        ),
        ("一万万", "holds '万', which is out of place"),
        ("12", "holds '1', which is out of place"),
    ],
)
def test_what_is_no_numeral_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        from_chinese(text)


@pytest.mark.parametrize("write", [to_english, to_chinese])
def test_numbers_out_of_range_and_of_another_kind(write):
    for n, shown in ((-1, "-1"), (LARGEST + 1, "100,000,000")):
        with pytest.raises(ValueError, match=f"n={shown} has no words here; .* from 0 to 99,999,999"):
            write(n)
    with refuses(TypeError, match=r"n=2\.0 is no whole number; try int\(n\)"):
        write(2.0)
    assert write(np.int64(7)) == write(7)
