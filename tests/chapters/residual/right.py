"""For each exercise: right answers in several styles, none of which leans on the book's."""

import torch
import torch.nn.functional as F


def by_functions(x, w1, w2, s=None, stride=1):
    y = F.conv2d(F.relu(F.conv2d(x, w1, stride=stride, padding=1)), w2, padding=1)
    return F.relu(y + (x if s is None else F.conv2d(x, s, stride=stride)))


def by_einsum(x, weight_1, weight_2, shortcut=None, stride=1):
    y = F.conv2d(x, weight_1, None, stride, 1).clamp(min=0)
    y = F.conv2d(y, weight_2, None, 1, 1)
    if shortcut is not None:
        x = torch.einsum("nchw,dc->ndhw", x[..., ::stride, ::stride], shortcut[:, :, 0, 0])
    return (x + y) * (x + y > 0)


def conv_by_patches(x, w, stride):
    patches = F.unfold(x, 3, padding=1, stride=stride)
    y = w.flatten(1) @ patches
    return y.unflatten(-1, ((x.shape[2] - 1) // stride + 1, -1))


def by_patches(x, a, b, shortcut=None, stride=1):
    y = conv_by_patches(torch.relu(conv_by_patches(x, a, stride)), b, 1)
    if shortcut is not None:
        x = F.conv2d(x, shortcut, stride=(stride, stride))
    return torch.relu(y + x)


RIGHT = {"residual_block": [by_functions, by_einsum, by_patches]}
