"""Numbers as the reader sees them; ``js/text.js`` writes the same."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

import numpy as np

from .display import rounded

_WIDE = Context(prec=400)  # room for the largest float


def number(value: float, digits: int) -> str:
    """A number as a reader sees it: fixed decimals, a true minus sign."""
    if np.isnan(value):
        return "NaN"
    if np.isinf(value):
        return "∞" if value > 0 else "−∞"
    [stored] = rounded(np.asarray(value), max(3, digits))  # what the script has, rounded as it rounds
    text = f"{Decimal(stored).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _WIDE):f}"
    return re.sub(r"^-", "−", text if float(text) else text.lstrip("-"))
