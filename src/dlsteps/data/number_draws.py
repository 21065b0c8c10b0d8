"""Random numbers of different kinds, drawn for many samples at once, each from its sample's own bits."""

import numpy as np
from jaxtyping import Int64, UInt64

from dlsteps.data.number_words import LARGEST

KEEP_ONE_IN = 4  # digits of a zero-rich number

GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, and odd


def mix(x: UInt64[np.ndarray, "*shape"]) -> UInt64[np.ndarray, "*shape"]:
    """Scramble 64 bits one to one, so that neighbors become unlike: what SplitMix64 does to its counter.

    Source:
        Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators (2014), section 5.
    """
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def random_bits(
    seed: int, samples: Int64[np.ndarray, " n"], count: int, skip: int = 0
) -> UInt64[np.ndarray, "count n"]:
    """Give each sample 64-bit random numbers that depend on the seed and the sample's number alone.

    Args:
        seed: From 0.
        samples: Numbers of the samples.
        count: How many random numbers each sample gets.
        skip: How many of its own come before these.
    """
    (key,) = mix(np.array([seed], dtype=np.uint64) + GOLDEN)
    streams = mix(key + samples.astype(np.uint64) * GOLDEN)
    steps = np.arange(skip + 1, skip + count + 1, dtype=np.uint64) * GOLDEN
    return mix(streams + steps[:, None])


def uniform(
    bits: UInt64[np.ndarray, " n"], least: int = 0, largest: int = LARGEST
) -> Int64[np.ndarray, " n"]:
    """Turn random bits into numbers from `least` to `largest`, all as likely."""
    return least + (bits % np.uint64(largest - least + 1)).astype(np.int64)


def any_length(bits: UInt64[np.ndarray, "2 n"], most_digits: int = 8) -> Int64[np.ndarray, " n"]:
    """Turn random bits into numbers of 1 to `most_digits` digits, all lengths as likely.

    Uniform numbers hardly ever are short: 90 % of them have all digits.
    """
    digits = (bits[0] % np.uint64(most_digits)).astype(np.int64)  # after the first
    least = np.where(digits > 0, 10**digits, 0)
    return least + (bits[1] % (10 ** (digits + 1) - least).astype(np.uint64)).astype(np.int64)


def zero_rich(numbers: Int64[np.ndarray, " n"], bits: UInt64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Turn three in four digits of each number into zeros, at random, and never the first one."""
    places = 10 ** np.arange(8)[:, None]
    digits = numbers // places % 10
    kept = (bits >> np.arange(0, 64, 8, dtype=np.uint64)[:, None]) % np.uint64(KEEP_ONE_IN) == 0
    first = (numbers >= places) & (numbers < 10 * places)
    return (digits * places * (kept | first)).sum(axis=0)
