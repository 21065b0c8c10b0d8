"""Numbers and nouns in captions and formulas."""

from dlsteps.numbers import NOISE, number


def tex(value: float, digits: int = 3, *, floor: float = NOISE) -> str:
    """A number for a caption or a formula, as `dlsteps.numbers` writes it, with the minus that TeX reads."""
    return signed(value, digits, floor=floor).replace("−", "-").replace("-∞", "−∞")


def signed(value: float, digits: int = 2, *, floor: float = NOISE) -> str:
    """A number for a sentence, with a true minus sign."""
    return number(value, digits, floor=floor)


def plural(count: int, noun: str, *, number: bool = True) -> str:
    """ "1 page", "4 pages"."""
    text = noun if count == 1 else f"{noun}s"
    return f"{count} {text}" if number else text
