"""What a trained model of number words writes, and how much of it is right."""

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Int64

from dlsteps.data.number_tokens import (
    CHINESE,
    CHINESE_LENGTH,
    END,
    ENGLISH,
    PAD,
    START,
    chinese_tokens,
    english_tokens,
)
from dlsteps.data.number_words import from_chinese
from dlsteps.nn.transformer import Transformer, greedy_decode


def translate(model: Transformer, words: str) -> str:
    """Translate one number, such as "three hundred and forty-two", as the model thinks right.

    Args:
        model: Such as `dlsteps.train.load("numerals")` returns, in evaluation mode.
        words: English number words.

    Returns:
        What it wrote, which need not be a numeral.

    Raises:
        ValueError: If there are no words, or a word is unknown.
    """
    tokens = ENGLISH.encode(words)
    if not tokens:
        raise ValueError(f"{words!r} holds no word to translate; try 'three hundred and forty-two'")
    (written,) = _write(model, np.array([tokens]))
    return CHINESE.decode(written)


def write_numerals(
    model: Transformer, numbers: Int64[np.ndarray, " n"], rows: int = 1000
) -> Int64[np.ndarray, "n 17"]:
    """Translate many numbers, the likeliest token at each step.

    Args:
        model: In evaluation mode.
        numbers: What is given to it in English words.
        rows: How many are translated at once, to bound the memory.

    Returns:
        Tokens of `CHINESE`, padded after the end token, as `chinese_tokens` would have them.
    """
    source = english_tokens(numbers)
    parts = [_write(model, source[first : first + rows]) for first in range(0, len(source), rows)]
    return np.concatenate(parts) if parts else chinese_tokens(numbers)


def _write(model: Transformer, source: np.ndarray) -> np.ndarray:
    device = next(model.parameters()).device
    source = torch.from_numpy(source[:, : (source != PAD).sum(axis=1).max()]).to(device)
    tokens = greedy_decode(model, source, start=START, end=END, max_length=CHINESE_LENGTH).tokens
    return F.pad(tokens, (0, CHINESE_LENGTH - tokens.shape[1]), value=PAD).cpu().numpy()


def exact_match(model: Transformer, numbers: Int64[np.ndarray, " n"]) -> float:
    """Return the share of numbers whose numeral is right to the last character."""
    right = (write_numerals(model, numbers) == chinese_tokens(numbers)).all(axis=1)
    return right.mean().item()


def malformed_share(written: Int64[np.ndarray, "n 17"]) -> float:
    """Return the share of what was written that is no numeral at all, be it the wrong one."""
    return np.mean([_is_malformed(CHINESE.decode(tokens)) for tokens in written]).item()


def _is_malformed(text: str) -> bool:
    try:
        from_chinese(text)
    except ValueError:
        return True
    return False
