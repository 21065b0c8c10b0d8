"""For each check of the chapter: wrong forms, each of which has to make it come out false."""

import torch

from dlsteps.nn.recurrent import lstm_cell


def _tanh_gates(*given, force=None):
    made = lstm_cell(*given, force=force)
    return made._replace(i=torch.tanh(torch.logit(made.i)))


def _forget_gate_reversed(*given, force=None):
    made = lstm_cell(*given, force=force)
    return made._replace(f=1 - made.f)


def _gates_that_do_not_multiply(*given, force=None):
    return lstm_cell(*given)


BROKEN = {
    "l01": [
        {"step": _tanh_gates},
        {"step": _forget_gate_reversed},
        {"step": _gates_that_do_not_multiply},
    ],
    "l02": [
        {"new": lambda f, c, i, g: (1 - f) * c + i * g},
        {"new": lambda f, c, i, g: i * c + f * g},
        {"new": lambda f, c, i, g: c + i * g},
        {"new": lambda f, c, i, g: f * c + g},
    ],
    "l03": [
        {"shown": lambda o, c: c.tanh()},
        {"shown": lambda o, c: o * c},
        {"shown": lambda o, c: o * c.sigmoid()},
    ],
    "l04": [
        {"opened": 0.0, "half": 4.0},
        {"opened": 0.0},
        {"half": 4.0},
        {"T": 2},
    ],
    "l05": [{"wiped": "h"}, {"at": 0}],
    "l06": [{"scale": 0.0}, {"scale": 1.0}, {"T": 2}],
}
