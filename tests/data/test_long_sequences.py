import numpy as np
import pytest
import torch
from judge import refuses

from dlsteps.data.long_sequences import LIMIT, adding_problem, first_token

MANY = torch.arange(2000)
DRAWS = {"adding": adding_problem, "recall": first_token}


def marks(x):
    """Where the two marks of each sequence are, the earlier one first."""
    return x[..., 1].nonzero()[:, 1].view(-1, 2)


def test_the_target_is_the_sum_of_the_marked_numbers():
    x, target = adding_problem(0, MANY, dtype=torch.float64)
    for row, answer in zip(x[:50], target, strict=False):
        assert sorted(set(row[:, 1].tolist())) == [0, 1]
        first, second = (value for value, mark in row.tolist() if mark == 1)
        assert answer.item() == pytest.approx(first + second, abs=1e-15)
    assert marks(x).shape == (2000, 2)


def test_numbers_are_uniform_and_1_is_the_best_constant():
    x, target = adding_problem(0, MANY, dtype=torch.float64)
    values = x[..., 0].flatten().numpy()
    assert values.min() >= 0
    assert values.max() < 1
    counts, _ = np.histogram(values, bins=20, range=(0, 1))
    assert abs(counts / len(values) - 0.05).max() < 0.003
    assert abs((target - 1).square().mean().item() - 1 / 6) < 0.01
    assert abs(target.mean().item() - 1) < 0.03


@pytest.mark.parametrize("T", [20, 21, 100])
def test_marks_lie_in_the_first_half_and_one_in_the_first_ten(T):
    x, _ = adding_problem(0, MANY, T)
    earlier, later = marks(x).T
    assert earlier.max() < 10
    assert (earlier < later).all()
    # At T // 2 − 1 steps beside the first mark, the second is at T // 2 − 1 at most; every place is taken.
    both = torch.cat([earlier, later])
    assert sorted(set(both.tolist())) == list(range(T // 2))


def test_the_second_mark_is_uniform_over_the_steps_that_are_left():
    x, _ = adding_problem(0, torch.arange(20000))
    counts = torch.bincount(marks(x).flatten(), minlength=100)[:50] / 20000
    # A step of the first ten is the first mark in 1 of 10, and else the second in 1 of 49.
    expected = torch.where(torch.arange(50) < 10, 0.1 + 0.9 / 49, 1 / 49)
    assert (counts - expected).abs().max() < 0.01


def test_recall_begins_with_one_of_k_tokens_and_goes_on_with_others():
    x, target = first_token(0, MANY, T=30, K=3, dtype=torch.float64)
    assert x.shape == (2000, 31, 6)
    assert torch.equal(x.sum(2), torch.ones(2000, 31).double())
    tokens = x.argmax(2)
    assert torch.equal(tokens[:, 0], target)
    assert sorted(set(target.tolist())) == [0, 1, 2]
    assert sorted(set(tokens[:, 1:].flatten().tolist())) == [3, 4, 5]
    for counts in (torch.bincount(target) / 2000, torch.bincount(tokens[:, 1:].flatten())[3:] / 60000):
        assert (counts - 1 / 3).abs().max() < 0.04


def test_what_distracts_says_nothing_about_the_target():
    x, target = first_token(0, MANY, T=5, K=2, dtype=torch.float64)
    tokens = x.argmax(2)[:, 1:].double()
    related = torch.corrcoef(torch.cat([target[None].double(), tokens.T]))
    assert (related - torch.eye(6).double()).abs().max() < 0.1


def test_no_distractor_at_all_is_allowed():
    x, target = first_token(0, torch.arange(5), T=0, K=4)
    assert x.shape == (5, 1, 8)
    assert torch.equal(x[:, 0].argmax(1), target)


@pytest.mark.parametrize("task", DRAWS)
def test_a_sample_is_a_function_of_seed_and_number_alone(task):
    draw = DRAWS[task]
    x, target = draw(5, torch.arange(40))
    some = draw(5, torch.tensor([33, 2, 2]))
    assert torch.equal(some.x, x[[33, 2, 2]])
    assert torch.equal(some.target, target[[33, 2, 2]])
    assert len({row.numpy().tobytes() for row in x}) == 40
    other, _ = draw(6, torch.arange(40))
    assert all(not torch.equal(a, b) for a, b in zip(x, other, strict=True))


@pytest.mark.parametrize("task", DRAWS)
def test_seed_and_number_are_not_mixed_up(task):
    draw = DRAWS[task]
    keys = [(1, 0), (0, 1), (LIMIT - 1, 0), (0, LIMIT - 1), (1, LIMIT - 1), (LIMIT - 1, 1)]
    rows = {draw(seed, torch.tensor([number])).x.numpy().tobytes() for seed, number in keys}
    assert len(rows) == len(keys)


@pytest.mark.parametrize("task", DRAWS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_dtype(task, dtype):
    x, target = DRAWS[task](0, torch.arange(3), dtype=dtype)
    assert x.dtype == dtype
    assert target.dtype == (dtype if task == "adding" else torch.int64)
    exact, _ = DRAWS[task](0, torch.arange(3), dtype=torch.float64)
    assert torch.equal(x, exact.to(dtype))


@pytest.mark.parametrize("task", DRAWS)
def test_no_samples(task):
    x, target = DRAWS[task](0, torch.arange(0))
    assert len(x) == len(target) == 0
    assert x.ndim == 3


@pytest.mark.parametrize("task", DRAWS)
def test_refuses_seeds_and_numbers_that_are_out_of_range(task):
    draw = DRAWS[task]
    with refuses(ValueError, f"seed={LIMIT + 3} is not from 0 to {LIMIT - 1}; try 3"):
        draw(LIMIT + 3, torch.arange(2))
    with refuses(ValueError, "seed=-1 is not from 0"):
        draw(-1, torch.arange(2))
    with refuses(ValueError, "sample -2 is not from 0 to 4294967295; count samples from 0"):
        draw(0, torch.tensor([1, -2]))
    with refuses(ValueError, f"sample {LIMIT} is not from 0"):
        draw(0, torch.tensor([LIMIT]))


def test_refuses():
    with refuses(ValueError, "T=19 is below 20: .* try T=20"):
        adding_problem(0, torch.arange(2), T=19)
    with refuses(ValueError, "T=-1 is negative; try T=0 for an answer at once"):
        first_token(0, torch.arange(2), T=-1)
    with refuses(ValueError, "K=1 leaves nothing to tell apart; try K=2 or more"):
        first_token(0, torch.arange(2), K=1)
