"""Numbers to test on: a hash keeps them apart from those to learn from, and some are sorted by length."""

import numpy as np
from jaxtyping import Bool, Int64

from dlsteps.data.number_draws import GOLDEN, any_length, mix, random_bits, uniform, zero_rich
from dlsteps.data.number_tokens import ENGLISH_LENGTH, english_word_count

ALWAYS_TRAINED = 100  # below: the words themselves; zero, for one, is in no other number
ONE_IN = 10  # one number in so many is held out
SEED = 1  # of the tests, which are the same whatever is trained
CANDIDATES = 200_000  # enough for 5,000 held-out numbers, and for 300 of nearly every length


def is_held_out(numbers: Int64[np.ndarray, "*shape"]) -> Bool[np.ndarray, "*shape"]:
    """Say which numbers are for testing and never for training: one in ten, and none below 100.

    The answer is a hash of the number alone: no list is kept, and no seed changes it.
    """
    hashed = mix(numbers.astype(np.uint64) + GOLDEN)
    return (numbers >= ALWAYS_TRAINED) & (hashed % np.uint64(ONE_IN) == 0)


def is_zero_rich(numbers: Int64[np.ndarray, " n"]) -> Bool[np.ndarray, " n"]:
    """Say which numbers have zeros for half of their digits or more, as 40,000 and 10,070,003 have."""
    places = 10 ** np.arange(8)[:, None]
    there = numbers >= places
    zeros = (there & (numbers // places % 10 == 0)).sum(axis=0)
    return (2 * zeros >= there.sum(axis=0)) & (zeros > 0)


def held_out_uniform(count: int, digits: int = 8) -> Int64[np.ndarray, " held"]:
    """Return held-out numbers of up to so many digits, drawn uniformly: most have all the digits."""
    return first_held_out(uniform(_bits(1)[0], largest=10**digits - 1), count)


def held_out_zero_rich(count: int, digits: int = 8) -> Int64[np.ndarray, " held"]:
    """Return held-out numbers of up to so many digits, half of which or more are zeros."""
    bits = _bits(3)
    numbers = zero_rich(any_length(bits[:2], digits), bits[2])
    return first_held_out(numbers[is_zero_rich(numbers)], count)


def held_out_by_digits(count: int) -> dict[int, Int64[np.ndarray, " held"]]:
    """Return up to `count` held-out numbers of 3 digits, of 4, and so on to 8; there are 112 of 3."""
    (bits,) = _bits(1)
    ranges = {digits: (10 ** (digits - 1), 10**digits - 1) for digits in range(3, 9)}
    return {digits: first_held_out(uniform(bits, *ends), count) for digits, ends in ranges.items()}


def held_out_by_words(count: int) -> dict[int, Int64[np.ndarray, " held"]]:
    """Return up to `count` held-out numbers of 3 English words, of 4, and so on to 14.

    Their digits are of any number, and half of the draws are zero-rich: few others have few words. Even
    so some short lengths have fewer than 300 held-out numbers.
    """
    bits = _bits(3)
    numbers = any_length(bits[:2])
    numbers = np.concatenate([numbers, zero_rich(numbers, bits[2])])
    words = english_word_count(numbers)
    return {n: first_held_out(numbers[words == n], count) for n in range(3, ENGLISH_LENGTH + 1)}


def first_held_out(candidates: Int64[np.ndarray, " n"], count: int) -> Int64[np.ndarray, " held"]:
    """Return the first `count` different candidates that are held out; fewer if there are no more."""
    held = candidates[is_held_out(candidates)]
    _, first = np.unique(held, return_index=True)
    return held[np.sort(first)][:count]


def _bits(count: int) -> np.ndarray:
    return random_bits(SEED, np.arange(CANDIDATES), count)
