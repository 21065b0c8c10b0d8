"""Number words as tokens: a vocabulary for each language, and many numbers turned into tokens at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import SupportsIndex

import numpy as np
from jaxtyping import Int64

from dlsteps.data.number_words import DIGITS, LARGEST, MYRIAD, SMALL, TENS, UNITS, to_chinese, to_english

SPECIAL = ("<pad>", "<start>", "<end>")
PAD, START, END = range(len(SPECIAL))  # the same in both vocabularies

ENGLISH_LENGTH = 14  # of the longest, such as that of 99,999,999
CHINESE_LENGTH = 17  # of the longest, 九千九百九十九万九千九百九十九, and start and end


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a language; the number of a token is its place.

    Attributes:
        tokens: The special ones first.
        joint: What stands between two tokens in a text: a space, or nothing.
    """

    tokens: tuple[str, ...]
    joint: str

    def __len__(self) -> int:
        return len(self.tokens)

    def encode(self, text: str) -> list[int]:
        """Return the numbers of a text's tokens. Commas and hyphens are spaces, and capitals are small.

        Raises:
            ValueError: If a token is unknown.
        """
        plain = text.lower().replace(",", " ").replace("-", " ")
        words = plain.split() if self.joint else "".join(plain.split())
        unknown = [word for word in words if word not in self._numbers]
        if unknown:
            known = (self.joint or ", ").join(self._numbers)
            raise ValueError(f"{text!r} holds {unknown[0]!r}, which is no token; try these: {known}")
        return [self._numbers[word] for word in words]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """The numbers of all tokens that may stand in a text."""
        return {token: number for number, token in enumerate(self.tokens) if token not in SPECIAL}

    def decode(self, numbers: Iterable[SupportsIndex]) -> str:
        """Return the text of tokens up to the end token, without padding and start."""
        words = []
        for number in numbers:
            if number == END:
                break
            if number not in (PAD, START):
                words.append(self.tokens[number])
        return self.joint.join(words)


ENGLISH = Vocabulary((*SPECIAL, *SMALL, *TENS, "hundred", "thousand", "million", "and"), " ")
CHINESE = Vocabulary((*SPECIAL, *DIGITS, *UNITS, MYRIAD), "")


def english_tokens(numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "n 14"]:
    """Write numbers as tokens of `ENGLISH`, padded at the end: `ENGLISH.encode(to_english(n))` of each.

    Args:
        numbers: From 0 to `LARGEST`.

    Returns:
        One row of `ENGLISH_LENGTH` for each number.

    Raises:
        ValueError: If a number is out of range.
    """
    millions, thousands, ones = _english_parts(numbers)
    group, word = _english_groups(), ENGLISH.encode
    (zero,), (million,), (thousand,), (joined,) = map(word, ("zero", "million", "thousand", "and"))
    parts = [
        _column(zero, numbers == 0),
        group[millions],
        _column(million, millions > 0),
        group[thousands],
        _column(thousand, thousands > 0),
        _column(joined, _is_joined(numbers, ones)),
        group[ones],
    ]
    return _without_gaps(np.concatenate(parts, axis=1), ENGLISH_LENGTH)


def english_word_count(numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, " n"]:
    """Count the English words of each number, from 1 to `ENGLISH_LENGTH`."""
    millions, thousands, ones = _english_parts(numbers)
    count = (_english_groups() != PAD).sum(axis=1)
    units = (numbers == 0) + 0 + (millions > 0) + (thousands > 0) + _is_joined(numbers, ones)
    return count[millions] + count[thousands] + count[ones] + units


def _english_parts(numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    _check_range(numbers)
    return numbers // 1_000_000, numbers // 1000 % 1000, numbers % 1000


def _is_joined(numbers: np.ndarray, ones: np.ndarray) -> np.ndarray:
    """Say where "and" stands before the last group."""
    return (numbers >= 1000) & (ones > 0) & (ones < 100)


def chinese_tokens(numbers: Int64[np.ndarray, " n"]) -> Int64[np.ndarray, "n 17"]:
    """Write numbers as tokens of `CHINESE` between start and end, padded at the end.

    Args:
        numbers: From 0 to `LARGEST`.

    Returns:
        One row of `CHINESE_LENGTH` for each number: START, `CHINESE.encode(to_chinese(n))`, END.

    Raises:
        ValueError: If a number is out of range.
    """
    _check_range(numbers)
    upper, lower = np.divmod(numbers, 10_000)
    first, later = _chinese_groups()
    (zero,), (myriad,) = map(CHINESE.encode, (DIGITS[0], MYRIAD))
    everywhere = np.ones(len(numbers), dtype=bool)
    parts = [
        _column(START, everywhere),
        _column(zero, numbers == 0),
        first[upper],
        _column(myriad, upper > 0),
        np.where((upper > 0)[:, None], later[lower], first[lower]),
        _column(END, everywhere),
    ]
    return _without_gaps(np.concatenate(parts, axis=1), CHINESE_LENGTH)


@cache
def _english_groups() -> np.ndarray:
    """The words of 1 to 999, one row each; row 0 is empty."""
    return _rows([] if n == 0 else ENGLISH.encode(to_english(n)) for n in range(1000))


@cache
def _chinese_groups() -> tuple[np.ndarray, np.ndarray]:
    """The numerals of 1 to 9999, one row each: where they begin a number, and where they follow 万."""
    first = _rows([] if n == 0 else CHINESE.encode(to_chinese(n)) for n in range(10_000))
    later = _rows(CHINESE.encode(to_chinese(10_000 + n).partition(MYRIAD)[2]) for n in range(10_000))
    return first, later


def _rows(sequences: Iterable[list[int]]) -> np.ndarray:
    sequences = list(sequences)
    rows = np.full((len(sequences), max(map(len, sequences))), PAD)
    for row, sequence in zip(rows, sequences, strict=True):
        row[: len(sequence)] = sequence
    return rows


def _column(token: int, where: np.ndarray) -> np.ndarray:
    return np.where(where, token, PAD)[:, None]


def _without_gaps(rows: np.ndarray, length: int) -> np.ndarray:
    """Move the padding of each row to its end, and cut the rows to a length."""
    order = np.argsort(rows == PAD, axis=1, kind="stable")[:, :length]
    return np.take_along_axis(rows, order, axis=1)


def _check_range(numbers: np.ndarray) -> None:
    outside = numbers[(numbers < 0) | (numbers > LARGEST)]
    if len(outside):
        raise ValueError(f"{outside[0]:,} has no words here; try whole numbers from 0 to {LARGEST:,}")
