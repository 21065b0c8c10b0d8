"""The one writer of numbers: what a reader sees in cells, captions, formulas, tables and answers.

At most six characters beside a true minus sign; from 10⁴ up and below 10⁻³ a power of ten, ``1.2e30``.
``stage/js/text.js`` writes the same.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

ROOM = 6
NOISE = 1e-8  # what a sum of rounding errors comes to, beside numbers of about 1
_LARGE, _SMALL = 1e4, 1e-3


def number(value: float, digits: int = 3, *, room: int = ROOM, floor: float = NOISE) -> str:
    """A number as a reader sees it.

    Args:
        value: the number.
        digits: decimals, where there is room for them; more, up to three, where all of these would be 0.
        room: how many characters there are room for beside a minus sign; a power of ten may take more, if it
            cannot be shorter.
        floor: below it a number that has no digit among these is 0.

    Returns:
        Such as ``"−0.250"``, ``"1.2e30"``, ``"NaN"`` or ``"−∞"``.
    """
    value = float(value)
    if value != value:
        return "NaN"
    sign = "−" if value < 0 else ""
    if not isfinite(value):
        return f"{sign}∞"
    size = Decimal(abs(value))
    if not _fixed(size, digits).strip("0.") and abs(value) < floor:
        size, sign = Decimal(0), ""
    text = _shortest(size, digits, room)
    return sign + text


def brief(value: float, digits: int = 3, *, floor: float = NOISE) -> str:
    """The same without zeros at its end: ``"0.25"``, ``"2"``.

    Args:
        value: the number.
        digits: decimals at most.
        floor: as for `number`.

    Returns:
        The text.
    """
    return re.sub(r"(\.\d*?)0+$", r"\1", number(value, digits, floor=floor)).removesuffix(".")


def _shortest(size: Decimal, digits: int, room: int) -> str:
    if size and not _SMALL <= size < _LARGE:
        return _power(size, room)
    decimals = digits
    while size and decimals < 3 and not _fixed(size, decimals).strip("0."):
        decimals += 1
    while decimals > 0 and len(_fixed(size, decimals)) > room:
        decimals -= 1
    text = _fixed(size, decimals)
    lost = size and not text.strip("0.")
    return _power(size, room) if lost or len(text) > max(room, 1) or Decimal(text) >= _LARGE else text


def _fixed(size: Decimal, digits: int) -> str:
    return f"{size.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):f}" if size < _LARGE else "1"


def _power(size: Decimal, room: int) -> str:
    """With one decimal where it fits and is not 0."""
    texts = [_scientific(size, decimals) for decimals in (1, 0)]
    return next((text for text in texts if len(text) <= room), texts[-1])


def _scientific(size: Decimal, decimals: int) -> str:
    exponent = size.adjusted()
    mantissa = size.scaleb(-exponent).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    return f"{mantissa.normalize():f}e{exponent}".replace("-", "−")


def in_tex(text: str) -> str:
    """A formula with each power of ten such as ``1.2e-30`` set as one."""
    return re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)e([-−]?)(\d+)\b", _times_power, text)


def _times_power(match: re.Match) -> str:
    mantissa, sign, exponent = match.groups()
    return rf"{mantissa} \cdot 10^{{{'-' if sign else ''}{exponent}}}"
