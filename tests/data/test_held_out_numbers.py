import numpy as np
import pytest

from dlsteps.data.held_out_numbers import (
    first_held_out,
    held_out_by_digits,
    held_out_by_words,
    held_out_uniform,
    held_out_zero_rich,
    is_held_out,
    is_zero_rich,
)
from dlsteps.data.number_draws import random_bits, uniform
from dlsteps.data.number_words import LARGEST, to_english


def zeros_and_digits(n):
    return str(n).count("0"), len(str(n))


def test_one_in_ten_is_held_out_at_every_length_and_last_digit():
    for digits in range(4, 9):
        numbers = uniform(random_bits(0, np.arange(50_000), 1)[0], 10 ** (digits - 1), 10**digits - 1)
        assert abs(is_held_out(numbers).mean() - 0.1) < 0.02
        ends = np.bincount(numbers[is_held_out(numbers)] % 10) / is_held_out(numbers).sum()
        assert abs(ends - 0.1).max() < (0.05 if digits == 4 else 0.025)
    assert 70 < is_held_out(np.arange(100, 1000)).sum() < 120


def test_the_words_themselves_are_never_held_out():
    assert not is_held_out(np.arange(100)).any()


def test_a_number_is_on_one_side_whatever_stands_beside_it():
    numbers = np.arange(90, 5000)
    assert [is_held_out(np.array([n])).item() for n in numbers] == is_held_out(numbers).tolist()
    assert np.array_equal(is_held_out(numbers.reshape(10, -1)).ravel(), is_held_out(numbers))


@pytest.mark.parametrize(
    ("n", "rich"),
    [
        (0, False),
        (7, False),
        (10, True),
        (105, False),
        (100, True),
        (40_000, True),
        (10_070_003, True),
        (1_234_000, False),
        (1_230_000, True),
        (12_340_000, True),
        (12_345_000, False),
    ],
)
def test_zero_rich_is_half_zeros_or_more(n, rich):
    assert is_zero_rich(np.array([n])).tolist() == [rich]


def test_zero_rich_agrees_with_counting_characters():
    numbers = np.arange(1, 30_000)
    counted = [2 * zeros >= digits for zeros, digits in map(zeros_and_digits, numbers.tolist())]
    assert is_zero_rich(numbers).tolist() == counted


def test_tests_hold_held_out_numbers_each_once():
    by_length = [*held_out_by_digits(300).values(), *held_out_by_words(300).values()]
    for numbers in (held_out_uniform(5000), held_out_zero_rich(1000), *by_length):
        assert is_held_out(numbers).all()
        assert len(np.unique(numbers)) == len(numbers)


def test_uniform_and_zero_rich_tests():
    numbers, rich = held_out_uniform(5000), held_out_zero_rich(1000)
    assert (len(numbers), len(rich)) == (5000, 1000)
    assert abs(np.histogram(numbers, 10, (0, LARGEST + 1))[0] / 5000 - 0.1).max() < 0.022
    assert all(2 * zeros >= digits for zeros, digits in map(zeros_and_digits, rich.tolist()))
    assert len({len(str(n)) for n in rich.tolist()}) >= 6
    assert held_out_uniform(5000, digits=6).max() < 10**6
    assert held_out_zero_rich(200, digits=6).max() < 10**6


def test_by_digits_and_by_words():
    for digits, numbers in held_out_by_digits(300).items():
        assert {len(str(n)) for n in numbers.tolist()} == {digits}
        assert len(numbers) == (112 if digits == 3 else 300)
    by_words = held_out_by_words(300)
    assert list(by_words) == list(range(3, 15))
    for words, numbers in by_words.items():
        spoken = [to_english(n).replace("-", " ").split() for n in numbers.tolist()]
        assert {len(text) for text in spoken} == {words}
        assert len(numbers) == 300 or words < 5


def test_the_first_come_first():
    held = np.flatnonzero(is_held_out(np.arange(2000)))
    shuffled = np.concatenate([held[::-1], held, np.arange(50)])
    assert first_held_out(shuffled, 5).tolist() == held[::-1][:5].tolist()
    assert len(first_held_out(shuffled, 10**6)) == len(held)
    assert len(first_held_out(np.arange(100), 5)) == 0
