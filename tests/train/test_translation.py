import numpy as np
import pytest
import torch

from dlsteps.data.held_out_numbers import held_out_by_digits, held_out_zero_rich
from dlsteps.data.number_tokens import CHINESE, END, PAD, START, chinese_tokens, english_tokens
from dlsteps.data.number_words import to_chinese, to_english
from dlsteps.nn.transformer import Transformer
from dlsteps.train import load
from dlsteps.train.recipes import numerals
from dlsteps.train.translation import exact_match, malformed_share, translate, write_numerals


@pytest.fixture(scope="module")
def trained() -> Transformer:
    return load("numerals")[0]


def test_one_number_at_a_time(trained):
    for n in (0, 7, 10, 12, 20, 110, 342, 1002, 40_000, 105_000, 1_002_042, 10_070_003, 99_999_999):
        assert translate(trained, to_english(n)) == to_chinese(n)
    assert translate(trained, "Three hundred and FORTY-two") == "三百四十二"


def test_many_at_once_are_each_on_its_own(trained):
    numbers = np.concatenate([held[:5] for held in held_out_by_digits(5).values()])
    together = write_numerals(trained, numbers)
    assert np.array_equal(write_numerals(trained, numbers, rows=7), together)
    for n, tokens in zip(numbers.tolist(), together, strict=True):
        assert translate(trained, to_english(n)) == CHINESE.decode(tokens)


def test_numerals_are_written_a_token_at_a_time_by_the_model_alone(trained):
    """By hand, without a cache: the likeliest next token until the end."""
    for n in held_out_zero_rich(5).tolist():
        source, target = torch.tensor(english_tokens(np.array([n]))), torch.tensor([[START]])
        while target[0, -1] != END:
            target = torch.cat([target, trained(source, target)[:, -1:].argmax(-1)], 1)
        written = write_numerals(trained, np.array([n]))[0]
        assert target[0].tolist() == [token for token in written.tolist() if token != PAD]


def test_exact_match_is_of_whole_numerals(monkeypatch):
    def write(model, numbers):
        tokens = chinese_tokens(numbers)
        tokens[0, 1] = CHINESE.encode("九")[0]  # one character of one number
        return tokens

    monkeypatch.setattr("dlsteps.train.translation.write_numerals", write)
    model = numerals.build(numerals.Settings())
    assert exact_match(model, np.array([111, 222, 333, 444])) == 0.75


def test_an_untrained_model_gets_nothing_right():
    model = numerals.build(numerals.Settings()).eval()
    numbers = held_out_zero_rich(50)
    assert exact_match(model, numbers) < 0.1
    assert write_numerals(model, numbers).shape == (50, 17)
    assert write_numerals(model, numbers[:0]).shape == (0, 17)


def test_malformed_is_what_is_no_numeral_whichever_it_is():
    rows = chinese_tokens(np.array([1002, 7, 40_000, 12]))
    assert malformed_share(rows) == 0
    rows[0, 3] = CHINESE.encode("二")[0]  # 一千二二 for 一千零二
    assert malformed_share(rows) == 0.25
    rows[1, 1] = CHINESE.encode("八")[0]  # wrong, but a numeral
    assert malformed_share(rows) == 0.25
    rows[2] = PAD
    assert malformed_share(rows) == 0.5


def test_words_that_cannot_be_translated(trained):
    with pytest.raises(ValueError, match="holds no word to translate; try 'three hundred and forty-two'"):
        translate(trained, " ")
    with pytest.raises(ValueError, match="holds 'dozen', which is no token"):
        translate(trained, "one dozen")
