import numpy as np

from dlsteps.data.number_draws import GOLDEN, any_length, mix, random_bits, uniform, zero_rich
from dlsteps.data.number_words import LARGEST

SAMPLES = np.arange(40_000)


def digits_of(numbers):
    return np.array([len(str(n)) for n in numbers])


def test_mix_gives_the_published_numbers_of_splitmix64():
    counter = np.uint64(1234567) + np.arange(1, 6, dtype=np.uint64) * GOLDEN
    assert mix(counter).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_every_bit_is_set_half_of_the_time_and_half_of_them_change_from_neighbor_to_neighbor():
    bits = random_bits(0, SAMPLES, 3)
    changes = bits[:, 1:] ^ bits[:, :-1]
    for words in (*bits, *changes, bits[0] ^ bits[1], bits[0] ^ random_bits(1, SAMPLES, 1)[0]):
        ones = np.unpackbits(words.view(np.uint8).reshape(-1, 8), axis=1).mean(axis=0)
        assert abs(ones - 0.5).max() < 0.013  # 5 standard deviations


def test_a_sample_has_its_bits_whatever_is_drawn_beside_it():
    bits = random_bits(3, SAMPLES, 4)
    chosen = np.array([17, 3, 39_999, 3])
    assert np.array_equal(random_bits(3, chosen, 4), bits[:, chosen])
    assert np.array_equal(random_bits(3, SAMPLES, 2), bits[:2])
    assert np.array_equal(random_bits(3, SAMPLES, 2, skip=1), bits[1:3])
    assert not np.array_equal(random_bits(4, SAMPLES, 4), bits)
    assert len(np.unique(bits)) == bits.size


def test_uniform_fills_its_range_evenly():
    numbers = uniform(random_bits(0, SAMPLES, 1)[0])
    shares = np.histogram(numbers, 20, (0, LARGEST + 1))[0] / len(numbers)
    assert abs(shares - 0.05).max() < 0.006
    few = uniform(random_bits(0, SAMPLES, 1)[0], 7, 9)
    assert set(few) == {7, 8, 9}
    assert abs(np.bincount(few)[7:] / len(few) - 1 / 3).max() < 0.013


def test_any_length_draws_lengths_evenly_and_evenly_within_them():
    for most in (8, 3):
        numbers = any_length(random_bits(0, SAMPLES, 2), most)
        lengths = digits_of(numbers)
        assert abs(np.bincount(lengths)[1:] / len(lengths) - 1 / most).max() < 0.012
        assert lengths.max() == most
        assert abs(np.bincount(numbers[lengths == 1]) * most * 10 / len(lengths) - 1).max() < 0.3
        longest = numbers[lengths == most]
        assert abs(longest.mean() / (5.5 * 10 ** (most - 1)) - 1) < 0.02
        assert longest.min() < 1.01 * 10 ** (most - 1)


def test_zero_rich_keeps_the_first_digit_and_one_in_four_of_the_others():
    bits = random_bits(0, SAMPLES, 3)
    before = any_length(bits[:2])
    after = zero_rich(before, bits[2])
    kept = total = 0
    for old, new in zip(before.tolist(), after.tolist(), strict=True):
        old, new = str(old), str(new)
        assert (len(old), old[0]) == (len(new), new[0])
        assert all(b in (a, "0") for a, b in zip(old, new, strict=True))
        kept += sum(a == b for a, b in zip(old[1:], new[1:], strict=True) if a != "0")
        total += sum(a != "0" for a in old[1:])
    assert abs(kept / total - 0.25) < 0.007
