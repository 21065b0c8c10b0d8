import pytest
import torch
from judge import refuses

from dlsteps.data.shuffle import shuffled


def test_every_item_comes_once_before_any_comes_again():
    items = shuffled(torch.arange(35), 7, seed=0).view(5, 7)
    assert torch.equal(items.sort(1).values, torch.arange(7).repeat(5, 1))
    assert len({tuple(order) for order in items.tolist()}) > 1


def test_an_item_depends_on_number_and_seed_alone():
    numbers = torch.tensor([12, 3, 12, 999_999_999, 0])
    together = shuffled(numbers, 10, seed=4)
    assert together.tolist() == [shuffled(number.view(1), 10, seed=4).item() for number in numbers]
    assert shuffled(torch.arange(10), 10, 4).tolist() != shuffled(torch.arange(10), 10, 5).tolist()


@pytest.mark.parametrize(("N", "seed", "first"), [(0, 0, 0), (5, -1, 0), (5, 0, -1)])
def test_what_cannot_be_is_refused(N, seed, first):
    with refuses(ValueError, match="give"):
        shuffled(torch.arange(first, first + 3), N, seed)
