"""For each exercise: right answers in several styles, none of which leans on the book's."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Gelu(nn.Module):
    def forward(self, x):
        return x * torch.distributions.Normal(0.0, 1.0).cdf(x)


def slope_by_autograd(x, slope):
    with torch.enable_grad():
        z = x.detach().requires_grad_()
        [slopes] = torch.autograd.grad(F.leaky_relu(z, slope).sum(), z)
    return slopes


def slope_by_loop(values, a):
    y = torch.empty_like(values)
    for place, value in zip(y.view(-1), values.reshape(-1).tolist(), strict=True):
        place.fill_(1 if value > 0 else a)
    return y


def swiglu_einsum(g, v):
    return torch.einsum("...,...,...->...", g, 1 / (1 + torch.exp(-g)), v)


RIGHT = {
    "gelu": [F.gelu, Gelu(), lambda x: 0.5 * x * torch.erfc(-x / math.sqrt(2))],
    "swiglu": [lambda a, b: F.silu(a) * b, swiglu_einsum, lambda gate, value: value * gate * gate.sigmoid()],
    "leaky_relu_derivative": [
        slope_by_autograd,
        slope_by_loop,
        lambda x, slope: slope + (1 - slope) * (x > 0).to(x.dtype),
    ],
}
