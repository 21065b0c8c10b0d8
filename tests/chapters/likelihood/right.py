"""For each exercise: right answers in several styles, none of which leans on the book's."""

import torch
import torch.nn.functional as F
from torch import nn


def by_loop(logits, targets):
    total = 0
    for z, y in zip(logits, targets, strict=True):
        below = z - z.max()
        total = total + torch.log(torch.exp(below).sum()) - below[y]
    return total / len(targets)


def by_one_hot(z, y):
    p = F.one_hot(y, z.shape[1]).to(z.dtype)
    return torch.einsum("nc,nc->", p, torch.logsumexp(z, 1, keepdim=True) - z) / len(z)


RIGHT = {"cross_entropy": [F.cross_entropy, nn.CrossEntropyLoss(), by_loop, by_one_hot]}
