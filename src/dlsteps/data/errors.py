"""What is wrong with data of the reader's own."""

import reprlib


class DataError(ValueError):
    """Files of the reader's cannot be used; the message names file, field and values."""


def short(value: object, most: int = 60) -> str:
    """Write a value from a file for a message: it may be of any length and depth."""
    text = value if isinstance(value, str) else reprlib.repr(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
