"""Numbers in words: English, by groups of three digits, and Chinese, by groups of four."""

import operator
from typing import SupportsIndex

LARGEST = 99_999_999

# fmt: off
SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
# fmt: on
DIGITS = "零一二三四五六七八九"
UNITS = {"十": 10, "百": 100, "千": 1000}
MYRIAD = "万"  # 10,000: where English starts a new group at 1,000 and 1,000,000, Chinese starts one here


def to_english(n: SupportsIndex) -> str:
    """Write a number in English words, as in "one million, two thousand and forty-two".

    The words are British: "and" stands before what is below a hundred.

    Args:
        n: From 0 to `LARGEST`.

    Raises:
        TypeError: If n is no whole number.
        ValueError: If it is out of range.
    """
    n = _check_number(n)
    millions, thousands, ones = n // 1_000_000, n // 1000 % 1000, n % 1000
    groups = [(millions, " million"), (thousands, " thousand")]
    text = ", ".join(_below_thousand(group) + unit for group, unit in groups if group)
    if not text:
        return _below_thousand(ones)
    if not ones:
        return text
    return text + (" and " if ones < 100 else ", ") + _below_thousand(ones)


def _below_thousand(n: int) -> str:
    hundreds, rest = divmod(n, 100)
    if not hundreds:
        return _below_hundred(rest)
    return SMALL[hundreds] + " hundred" + (f" and {_below_hundred(rest)}" if rest else "")


def _below_hundred(n: int) -> str:
    if n < len(SMALL):
        return SMALL[n]
    tens, ones = divmod(n, 10)
    return TENS[tens - 2] + (f"-{SMALL[ones]}" if ones else "")


def to_chinese(n: SupportsIndex) -> str:
    """Write a number in Chinese numerals, as in 一百万二千零四十二.

    - Each digit is followed by its unit: 十, 百 or 千 within four digits, and 万 after the upper four.
    - Zeros between two digits are one 零, however many they are (1002 is 一千零二). Zeros at the end of
      four digits are silent (4000 is 四千).
    - Lower four digits below 1000 follow 万 with a 零: 10,042 is 一万零四十二. From 1000 on they do not,
      even where the upper ones end in zeros: 105,000 is 十万五千.
    - 10 to 19 at the beginning drop their 一: 12 is 十二 and 120,000 is 十二万, but 112 is 一百一十二.
    - Two is always 二. (两, as in 两千, is common in speech, but nowhere demanded.)

    Args:
        n: From 0 to `LARGEST`.

    Raises:
        TypeError: If n is no whole number.
        ValueError: If it is out of range.
    """
    n = _check_number(n)
    if n == 0:
        return DIGITS[0]
    upper, lower = divmod(n, 10_000)
    text = _below_myriad(upper) + MYRIAD if upper else ""
    if lower:
        text += (DIGITS[0] if upper and lower < 1000 else "") + _below_myriad(lower)
    return text.removeprefix("一") if text.startswith("一十") else text


def _below_myriad(n: int) -> str:
    text, gap = "", False
    for unit, value in (*reversed(UNITS.items()), ("", 1)):
        digit = n // value % 10
        if digit:
            text += (DIGITS[0] if gap and text else "") + DIGITS[digit] + unit
        gap = digit == 0
    return text


def from_chinese(text: str) -> int:
    """Read a Chinese numeral: the inverse of `to_chinese`, and of nothing else.

    Args:
        text: Such as 一百万二千零四十二.

    Raises:
        ValueError: If `to_chinese` writes no number like this; for a misplaced or missing 零, say.
    """
    upper, _, lower = text.rpartition(MYRIAD)
    n = 10_000 * _value(upper, text) + _value(lower, text)
    if n > LARGEST or to_chinese(n) != text:
        remedy = f"try {to_chinese(n)}" if n <= LARGEST else f"try one up to {LARGEST:,}"
        raise ValueError(f"{text!r} is no well-formed numeral; its parts add up to {n:,}, {remedy}")
    return n


def _value(group: str, text: str) -> int:
    """Add up digits times units. A unit without a digit counts once, as 十 does."""
    total, digit = 0, None
    for character in group:
        if character in UNITS:
            total += (digit or 1) * UNITS[character]
            digit = None
        elif character in DIGITS:
            total, digit = total + (digit or 0), DIGITS.index(character)
        else:
            known = f"{DIGITS} with {''.join(UNITS)} and one {MYRIAD}"
            raise ValueError(f"{text!r} holds {character!r}, which is out of place; try {known}")
    return total + (digit or 0)


def _check_number(n: SupportsIndex) -> int:
    """Require a whole number from 0 to `LARGEST`."""
    try:
        n = operator.index(n)
    except TypeError:
        raise TypeError(f"n={n!r} is no whole number; try int(n)") from None
    if not 0 <= n <= LARGEST:
        raise ValueError(f"n={n:,} has no words here; try a whole number from 0 to {LARGEST:,}")
    return n
