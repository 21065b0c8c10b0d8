"""For each exercise: right answers in several styles, none of which leans on the book's."""

from math import prod

import torch
import torch.nn.functional as F


def by_gradient(layers):
    x = torch.zeros(1, 1, 400, requires_grad=True)
    y = x
    for k, s, d in layers:
        y = F.conv1d(y, torch.ones(1, 1, k), stride=s, dilation=d)
    y[0, 0, 0].backward()
    reached = x.grad[0, 0].nonzero().flatten()
    return (reached[-1] - reached[0] + 1).item()


def from_the_top(layers):
    r = 1
    for k, s, d in reversed(layers):
        r = (r - 1) * s + d * (k - 1) + 1
    return r


def in_one_line(layers):
    strides = [s for _, s, _ in layers]
    return 1 + sum((k - 1) * d * prod(strides[:n]) for n, (k, _, d) in enumerate(layers))


RIGHT = {"receptive_field": [by_gradient, from_the_top, in_one_line]}
