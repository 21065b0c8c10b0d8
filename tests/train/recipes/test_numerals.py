from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from dlsteps.data.held_out_numbers import held_out_uniform, is_held_out, is_zero_rich
from dlsteps.data.number_tokens import CHINESE, ENGLISH, ENGLISH_LENGTH, PAD, START, chinese_tokens
from dlsteps.data.number_words import from_chinese, to_english
from dlsteps.nn.transformer import PostNorm, PreNorm
from dlsteps.train import fit
from dlsteps.train.recipes import numerals
from dlsteps.train.translation import exact_match

SMALL = numerals.Settings(width=32, heads=4, layers=1, hidden=64, digits=3, learning_rate=1e-2)


def draw(settings: numerals.Settings, first: int, last: int) -> tuple[numerals.Batch, np.ndarray]:
    """A batch, and its numbers as they read back from the numerals."""
    batch = numerals.data(settings)(torch.arange(first, last))
    return batch, np.array([from_chinese(CHINESE.decode(row)) for row in batch.target.numpy()])


def lengths(numbers):
    return np.array([len(str(n)) for n in numbers.tolist()])


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_no_number_that_is_held_out_is_ever_trained_on(seed):
    _, numbers = draw(numerals.Settings(seed=seed), 0, 2000)
    assert not is_held_out(numbers).any()
    assert not np.isin(numbers, held_out_uniform(5000)).any()


def test_without_the_split_one_in_ten_would_be_held_out(monkeypatch):
    monkeypatch.setattr(numerals, "is_held_out", lambda numbers: np.zeros(numbers.shape, dtype=bool))
    _, numbers = draw(numerals.Settings(), 0, 1000)
    assert 0.06 < is_held_out(numbers).mean() < 0.12


def test_both_languages_say_the_same_number():
    batch, numbers = draw(numerals.Settings(), 0, 500)
    for row, n in zip(batch.source.numpy(), numbers, strict=True):
        assert [i for i in row if i != PAD] == ENGLISH.encode(to_english(n))


def test_numbers_are_of_three_kinds_in_their_shares():
    _, numbers = draw(numerals.Settings(), 0, 2000)
    # Of uniform numbers 90 % have 8 digits; of the others one in eight has.
    assert abs((lengths(numbers) == 8).mean() - (0.5 * 0.9 + 0.5 / 8)) < 0.03
    assert (lengths(numbers) == 1).mean() > 0.05
    _, plain = draw(numerals.Settings(share_any_length=0.0, share_zero_rich=0.0), 0, 1000)
    _, varied = draw(numerals.Settings(share_any_length=1.0, share_zero_rich=0.0), 0, 1000)
    _, rich = draw(numerals.Settings(share_any_length=0.0, share_zero_rich=1.0), 0, 1000)
    assert (lengths(plain) == 8).mean() > 0.85
    assert abs((lengths(varied) == 8).mean() - 0.125) < 0.04
    assert is_zero_rich(varied[varied > 999]).mean() < 0.1
    assert is_zero_rich(rich[rich > 999]).mean() > 0.8


def test_limits_are_kept():
    _, numbers = draw(replace(numerals.Settings(), digits=6), 0, 1000)
    assert 100_000 <= numbers.max() < 1_000_000
    batch, numbers = draw(replace(numerals.Settings(), words=7), 0, 1000)
    counts = (batch.source != PAD).sum(1)
    assert counts.max() == 7
    assert numbers.max() > 10_000_000


def test_a_sample_is_the_same_in_any_batch_and_another_for_another_seed():
    for settings in (numerals.Settings(), numerals.Settings(words=7)):
        batch = numerals.data(settings)(torch.arange(300))
        some = numerals.data(settings)(torch.tensor([200, 7, 31]))
        assert torch.equal(some.source, batch.source[[200, 7, 31]])
        assert torch.equal(some.target, batch.target[[200, 7, 31]])
        other = numerals.data(replace(settings, seed=1))(torch.arange(300))
        assert (other.target != batch.target).any(1).float().mean() > 0.9


def test_loss_is_minus_the_log_probability_of_the_whole_numeral():
    model = numerals.build(SMALL).eval()
    batch, _ = draw(SMALL, 0, 20)
    with torch.no_grad():
        losses = numerals.loss(model, batch, SMALL)
        for source, target, found in zip(*batch, losses, strict=True):
            words, numeral = source[source != PAD], target[target != PAD]
            log_p = F.log_softmax(model(words[None], numeral[None, :-1])[0], -1)
            expected = -sum(log_p[t, token] for t, token in enumerate(numeral[1:]))
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_settings_choose_the_model():
    plain, rotary, post = (
        numerals.build(numerals.Settings(**choice))
        for choice in ({}, {"positions": "rotary"}, {"norm": "post", "layers": 3, "hidden": 96})
    )
    assert plain.source_embedding.positions is not None
    assert rotary.source_embedding.positions is None
    for layer in (rotary.encoder.layers[0], rotary.decoder.layers[1]):
        assert layer.self_attention.sublayer.rotary.d_head == 16
    assert plain.decoder.layers[0].self_attention.sublayer.rotary is None
    assert isinstance(plain.encoder.layers[0].feed_forward, PreNorm)
    assert isinstance(post.decoder.layers[2].cross_attention, PostNorm)
    assert post.encoder.layers[2].feed_forward.sublayer.linear1.out_features == 96


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"positions": "learned"}, "positions='learned' is unknown; try one of sinusoidal, rotary"),
        ({"norm": "none"}, "norm='none' is unknown; try one of pre, post"),
        ({"digits": 9}, "digits=9 is out of range; try 3 to 8"),
        ({"words": 2}, "words=2 is out of range; try 3 to 14"),
        ({"share_zero_rich": 0.9}, "share_any_length=0.2 and share_zero_rich=0.9 are no shares of a whole"),
        ({"share_any_length": -0.1}, "are no shares of a whole; give 0 or more, and at most 1 together"),
        ({"steps": 0}, "steps=0 is below 1"),
    ],
)
def test_settings_that_make_no_sense(wrong, message):
    with pytest.raises(ValueError, match=message):
        numerals.Settings(**wrong)


def test_a_limit_that_hardly_any_draw_keeps_is_refused(monkeypatch):
    monkeypatch.setattr(numerals, "_MOST_DRAWS", 5)
    settings = numerals.Settings(words=3, share_any_length=0.0, share_zero_rich=0.0)
    with pytest.raises(ValueError, match=r"words=3 are too few: of 5 draws .* a larger share_zero_rich"):
        numerals.data(settings)(torch.arange(50))


def test_metric_counts_what_is_right(monkeypatch):
    """A model that knows all but the numbers that end in 3, for which it forgets the end."""

    def write(model, numbers):
        tokens = chinese_tokens(numbers)
        tokens[numbers % 10 == 3] = START
        return tokens

    monkeypatch.setattr(numerals, "write_numerals", write)
    monkeypatch.setattr(numerals, "exact_match", lambda model, numbers: float((numbers % 10 != 3).mean()))
    found = numerals.metric(numerals.build(SMALL).eval(), numerals.Settings())
    assert abs(found["exact_match"] - 0.9) < 0.02
    assert found["malformed"] == pytest.approx(1 - found["exact_match"])
    assert list(found)[:3] == ["exact_match", "malformed", "exact_match_zero_rich"]
    assert 0.9 < found["exact_match_zero_rich"] < 1
    assert {f"exact_match_{n}_digits" for n in range(3, 9)} < set(found)
    assert {f"exact_match_{n}_words" for n in range(3, 15)} < set(found)


def test_it_learns_in_seconds_and_not_by_heart():
    settings = replace(SMALL, steps=120, batch_size=64)
    model = fit(numerals, settings)
    assert exact_match(model, held_out_uniform(100, digits=3)) > 0.9
    assert exact_match(model, held_out_uniform(100)) < 0.1


def test_all_lengths_are_trained_on_by_default():
    settings = numerals.Settings()
    assert (settings.digits, settings.words) == (8, ENGLISH_LENGTH)
