"""For each check of the chapter: wrong forms, each of which has to make it come out false."""

import torch
import torch.nn.functional as F

from dlsteps.chapters.rnn.evidence import balanced, chain


def _from_the_right(leaves):
    return chain(leaves[::-1])


BROKEN = {
    "r01": [
        {"step": lambda x, h, W, U, b: torch.tanh(x @ W.T + b)},
        {"step": lambda x, h, W, U, b: torch.tanh(x @ W.T + h @ U + b)},
        {"step": lambda x, h, W, U, b: torch.tanh(x @ W.T + h @ U.T)},
        {"step": lambda x, h, W, U, b: torch.sigmoid(x @ W.T + h @ U.T + b)},
    ],
    "r02": [
        {"as_chain": balanced, "as_tree": chain},
        {"as_chain": _from_the_right},
        {"as_tree": chain},
    ],
    "r03": [
        {"shrinks": 3.0, "grows": 0.5},
        {"shrinks": 1.5},
        {"grows": 1.0},
        {"keeps": 0.9},
        {"T": 4},
    ],
    "r04": [
        {"reads": lambda x, _: F.scaled_dot_product_attention(x, x, x)[:, -1]},
        {"reads": lambda x, _: x.mean(1)},
        {"attend": lambda x: sum(x.unbind(1))},
    ],
}
