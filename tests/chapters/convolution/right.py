"""For each exercise: right answers in several styles, none of which leans on the book's."""

import torch
import torch.nn.functional as F
from torch import nn


def conv_by_loops(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    x = F.pad(x, (padding,) * 4)
    N, C, H, W = x.shape
    D, _, kH, kW = weight.shape
    rows = (H - dilation * (kH - 1) - 1) // stride + 1
    columns = (W - dilation * (kW - 1) - 1) // stride + 1
    y = x.new_zeros(N, D, rows, columns)
    for g in range(groups):
        inputs = x[:, g * C // groups : (g + 1) * C // groups]
        outputs = slice(g * D // groups, (g + 1) * D // groups)
        for u in range(kH):
            for v in range(kW):
                top, left = u * dilation, v * dilation
                part = inputs[
                    :, :, top : top + rows * stride : stride, left : left + columns * stride : stride
                ]
                part = part[:, :, :rows, :columns]
                y[:, outputs] += torch.einsum("nchw,dc->ndhw", part, weight[outputs, :, u, v])
    return y if bias is None else y + bias.view(-1, 1, 1)


def conv_by_unfold(x, w, b=None, stride=1, padding=0, dilation=1, groups=1):
    N, D = len(x), len(w)
    columns = F.unfold(x, w.shape[2:], dilation, padding, stride)
    y = torch.einsum("ngkl,gdk->ngdl", columns.unflatten(1, (groups, -1)), w.reshape(groups, D // groups, -1))
    y = y.reshape(N, D, -1)
    if b is not None:
        y = y + b[:, None]
    H = (x.shape[2] + 2 * padding - dilation * (w.shape[2] - 1) - 1) // stride + 1
    return y.unflatten(-1, (H, -1))


RIGHT = {"conv2d": [conv_by_loops, conv_by_unfold, F.conv2d, nn.Conv2d]}
