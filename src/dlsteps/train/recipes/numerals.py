"""English number words to Chinese numerals, by an encoder-decoder Transformer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int64
from torch import Tensor, nn
from tqdm import tqdm

from dlsteps.data.errors import DataError
from dlsteps.data.held_out_numbers import (
    held_out_by_digits,
    held_out_by_words,
    held_out_uniform,
    held_out_zero_rich,
    is_held_out,
)
from dlsteps.data.number_draws import any_length, random_bits, uniform, zero_rich
from dlsteps.data.number_tokens import (
    CHINESE,
    ENGLISH,
    ENGLISH_LENGTH,
    PAD,
    chinese_tokens,
    english_tokens,
    english_word_count,
)
from dlsteps.nn.positional import RotaryEncoding, SinusoidalEncoding
from dlsteps.nn.transformer import PostNorm, PreNorm, Transformer
from dlsteps.train.recipe import Common, divisors
from dlsteps.train.translation import exact_match, malformed_share, write_numerals

METRIC = "exact_match"
_NORMS = {"pre": PreNorm, "post": PostNorm}
_POSITIONS = ("sinusoidal", "rotary")
_MOST_DRAWS = 1000


@dataclass(frozen=True)
class Settings(Common):
    """Settings of the model and of the numbers that it learns from.

    Attributes:
        width: of a token's vector.
        heads: of each attention; a divisor of the width.
        layers: of the encoder, and of the decoder.
        hidden: width inside the feed-forward networks.
        positions: "sinusoidal" or "rotary".
        norm: "pre" puts layer norm before each sublayer, "post" after it, as in the paper.
        digits: the most that a training number has.
        words: the most English words that a training number has.
        share_any_length: share of numbers whose length is drawn first; uniform ones are hardly ever short.
        share_zero_rich: share of numbers most of whose digits are zeros. The rest is uniform.
    """

    steps: int = 1500
    batch_size: int = 128
    learning_rate: float = 3e-3
    width: int = 64
    heads: int = 4
    layers: int = 2
    hidden: int = 128
    positions: str = "sinusoidal"
    norm: str = "pre"
    digits: int = 8
    words: int = ENGLISH_LENGTH
    share_any_length: float = 0.2
    share_zero_rich: float = 0.3

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (("positions", _POSITIONS), ("norm", _NORMS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name}={getattr(self, name)!r} is unknown; try one of {', '.join(known)}")
        self.check_counts("width", "heads", "layers", "hidden")
        if self.width % self.heads:
            raise ValueError(
                f"heads={self.heads} does not divide width={self.width}; try heads={divisors(self.width)}"
            )
        if self.positions == "sinusoidal" and self.width % 2:
            raise ValueError(
                f"width={self.width} is odd, and sinusoidal positions are pairs; try width={self.width + 1}"
            )
        if self.positions == "rotary" and self.width // self.heads % 2:
            raise ValueError(
                f"width={self.width} and heads={self.heads} give heads an odd width of "
                f"{self.width // self.heads}, and rotary positions turn pairs; try width={2 * self.width}"
            )
        for name, least, most in (("digits", 3, 8), ("words", 3, ENGLISH_LENGTH)):
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name}={getattr(self, name)} is out of range; try {least} to {most}")
        shares = self.share_any_length, self.share_zero_rich
        if min(shares) < 0 or sum(shares) > 1:
            raise ValueError(
                f"share_any_length={shares[0]} and share_zero_rich={shares[1]} are no shares of a whole; "
                "give 0 or more, and at most 1 together"
            )


class Batch(NamedTuple):
    """Words (n, S), padded at the end, and numerals (n, T) between start and end, padded too."""

    source: Tensor
    target: Tensor


def build(settings: Settings) -> Transformer:
    """Return the model, untrained."""
    rotary = settings.positions == "rotary"
    return Transformer(
        len(ENGLISH),
        len(CHINESE),
        settings.width,
        settings.heads,
        settings.layers,
        settings.hidden,
        pad=PAD,
        residual=_NORMS[settings.norm],
        positions=None if rotary else SinusoidalEncoding,
        rotary=RotaryEncoding(settings.width // settings.heads) if rotary else None,
    )


def data(settings: Settings) -> Callable[[Int64[Tensor, " n"]], Batch]:
    """Return what draws the numbers of samples, none of them held out, and writes them in both languages."""

    def batch(samples: Int64[Tensor, " n"]) -> Batch:
        numbers = _training_numbers(settings, samples.numpy())
        return Batch(torch.from_numpy(english_tokens(numbers)), torch.from_numpy(chinese_tokens(numbers)))

    return batch


def _training_numbers(settings: Settings, samples: np.ndarray) -> np.ndarray:
    """Draw the number of each sample, again and again until it may be trained on."""
    numbers, waiting = np.zeros_like(samples), np.arange(len(samples))
    for draw in range(_MOST_DRAWS):
        bits = random_bits(settings.seed, samples[waiting], 4, skip=4 * draw)
        numbers[waiting] = drawn = _draw(settings, bits)
        waiting = waiting[is_held_out(drawn) | (english_word_count(drawn) > settings.words)]
        if not len(waiting):
            return numbers
    raise DataError(
        f"words={settings.words} are too few: of {_MOST_DRAWS:,} draws for a sample none had so few; "
        "try more words, or a larger share_zero_rich"
    )


def _draw(settings: Settings, bits: np.ndarray) -> np.ndarray:
    kind = bits[0] / 2.0**64  # from 0 to 1
    varied = any_length(bits[1:3], settings.digits)
    rich = kind < settings.share_zero_rich
    numbers = np.where(rich, zero_rich(varied, bits[3]), varied)
    plain = kind >= settings.share_zero_rich + settings.share_any_length
    return np.where(plain, uniform(bits[1], largest=10**settings.digits - 1), numbers)


def loss(model: nn.Module, batch: Batch, settings: Settings) -> Float[Tensor, " n"]:
    """Return minus the log-probability of each numeral, in nats, given its words."""
    source, target = _trimmed(batch.source), _trimmed(batch.target)
    logits = model(source, target[:, :-1])  # (n, T-1, V)
    return F.cross_entropy(logits.mT, target[:, 1:], ignore_index=PAD, reduction="none").sum(1)


def _trimmed(tokens: Tensor) -> Tensor:
    """Cut off the columns that hold padding alone: they cost time and change nothing."""
    return tokens[:, : int((tokens != PAD).sum(1).max())]


def metric(model: nn.Module, settings: Settings, progress: bool = False) -> dict[str, float]:
    """Write held-out numbers, the likeliest token at each step, and compare to the last character.

    Returns:
        `exact_match`, the share that is right of 5,000 uniform numbers of up to `settings.digits`, and
        `malformed`, the share of them that came out as no numeral at all; `exact_match_zero_rich`, of 1,000
        numbers half of whose digits or more are zeros; `exact_match_3_digits` to 8 and `exact_match_3_words`
        to 14, of up to 300 numbers each, whether or not the training numbers are as long.
    """
    tests = {"exact_match_zero_rich": held_out_zero_rich(1000, settings.digits)}
    tests |= {f"exact_match_{n}_digits": numbers for n, numbers in held_out_by_digits(300).items()}
    tests |= {f"exact_match_{n}_words": numbers for n, numbers in held_out_by_words(300).items()}
    numbers = held_out_uniform(5000, settings.digits)
    written = write_numerals(model, numbers)
    right = (written == chinese_tokens(numbers)).all(axis=1).mean().item()
    shares = {
        name: exact_match(model, numbers)
        for name, numbers in tqdm(tests.items(), desc="numerals", disable=not progress)
    }
    return {METRIC: right, "malformed": malformed_share(written), **shares}
