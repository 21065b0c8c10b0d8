import random

import numpy as np
import torch

from dlsteps.train.randomness import kept, restore, seed_all, states

CPU = torch.device("cpu")


def drawn():
    """Numbers from every generator, those that keep a second normal number for later among them."""
    return [
        *torch.rand(3).tolist(),
        *np.random.random(3),
        np.random.standard_normal(),
        random.random(),
        random.gauss(0, 1),
    ]


def test_the_same_numbers_come_again_from_a_restored_state():
    seed_all(3)
    for _ in range(3):  # the second normal number of a pair is pending, or not
        before = states(CPU)
        expected = drawn()
        restore(before, CPU)
        assert drawn() == expected
        restore(before, CPU)
        assert all(torch.equal(before[name], state) for name, state in states(CPU).items())
        drawn()


def test_a_seed_decides_all_generators_and_each_number_of_it_counts():
    streams = []
    for entropy in ((0,), (0, 1), (0, 2), (1,), (0,)):
        seed_all(*entropy)
        streams.append(drawn())
    assert streams[0] == streams[-1]
    different = [tuple(stream) for stream in streams[:-1]]
    assert all(len({stream[i] for stream in different}) == 4 for i in range(9))


def test_the_callers_generators_come_back():
    seed_all(1)
    expected = drawn()
    seed_all(1)
    with kept():
        seed_all(2)
        drawn()
    assert drawn() == expected


def test_a_row_of_the_states_of_many_processes_is_a_state():
    seed_all(1)
    mine = states(CPU)
    expected = drawn()
    many = {name: torch.stack([torch.zeros_like(state), state]) for name, state in mine.items()}
    restore({name: rows[1] for name, rows in many.items()}, CPU)
    assert drawn() == expected
