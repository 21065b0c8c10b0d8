"""For each exercise: right answers in several styles, none of which leans on the book's."""

import torch
from torch import nn
from torch.func import functional_call


def by_loop(x, h, weight_ih, weight_hh, bias):
    states = []
    for t in range(x.shape[1]):
        h = torch.tanh(x[:, t] @ weight_ih.T + h @ weight_hh.T + bias)
        states.append(h)
    return torch.stack(states, dim=1), h


def by_einsum(x, h, W, U, b):
    from_x, out = torch.einsum("btc,hc->bth", x, W) + b, []
    for t in range(from_x.shape[1]):
        z = from_x[:, t] + torch.einsum("bk,hk->bh", h, U)
        h = (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())
        out += [h]
    return torch.stack(out, 1), out[-1]


def by_torch(x, h, weight_ih, weight_hh, bias):
    layer = nn.RNN(x.shape[2], h.shape[1], batch_first=True).to(x.dtype)
    weights = {
        "weight_ih_l0": weight_ih,
        "weight_hh_l0": weight_hh,
        "bias_ih_l0": bias,
        "bias_hh_l0": torch.zeros_like(bias),
    }
    output, last = functional_call(layer, weights, (x, h[None]))
    return output, last[0]


RIGHT = {"rnn": [by_loop, by_einsum, by_torch]}
