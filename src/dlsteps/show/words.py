"""Numbers and nouns in captions and formulas."""


def tex(value: float, digits: int = 3) -> str:
    """A number for a caption or a formula: fixed decimals, never "-0.000"."""
    value = float(value)
    if value != value or value in (float("inf"), -float("inf")):
        return "NaN" if value != value else "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}f}"
    return text if float(text) else text.lstrip("-")


def signed(value: float, digits: int = 2) -> str:
    """A number for a sentence, with a true minus sign."""
    return tex(value, digits).replace("-", "−")


def plural(count: int, noun: str, *, number: bool = True) -> str:
    """ "1 page", "4 pages"."""
    text = noun if count == 1 else f"{noun}s"
    return f"{count} {text}" if number else text
