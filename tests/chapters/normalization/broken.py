"""For each check of the chapter: wrong layers, each of which has to make it come out false."""

import torch
from torch import nn

from dlsteps.nn.normalization import (
    BatchNorm,
    LayerNorm,
    batch_norm,
    batch_renorm,
    group_norm,
    instance_norm,
    layer_norm,
    token_norm,
)


def normalized(x, axes, eps=1e-5, correction=0, outside=False):
    mean, var = x.mean(axes, keepdim=True), x.var(axes, correction=correction, keepdim=True)
    return (x - mean) / (var.sqrt() + eps if outside else (var + eps).sqrt())


def wrong_batch_norm(**formula):
    """A batch norm that goes wrong in its formula; what it remembers is right."""

    def norm(x, running_mean=None, running_var=None, *, training, momentum=0.1, eps=1e-5):
        batch_norm(x, running_mean, running_var, training=training, momentum=momentum, eps=eps)
        axes = tuple(axis for axis in range(x.ndim) if axis != 1)
        return normalized(x, axes, eps, **formula)

    return norm


def remembers(mean=None, var=None):
    """A batch norm that is right but for what it remembers."""

    def norm(x, running_mean, running_var, *, training, momentum):
        y = batch_norm(x, running_mean, running_var, training=training, momentum=momentum)
        if mean:
            running_mean.copy_(mean(x))
        if var:
            running_var.copy_(var(x))
        return y

    return norm


def no_eps_batch_norm(x, *state, training):
    return batch_norm(x, *state, training=training, eps=1e-30)


def always_batch(x, *state, training):
    return batch_norm(x, training=True)


def never_centered(x, *state, training):
    return batch_norm(x, *state, training=training) + 0.5


def divided_by_n(x):
    return x.sum((0, 2, 3)) / len(x)


def whole_sample(x, *_, **__):
    return layer_norm(x, x.shape[1:])


def per_position(x, *_, **__):
    return token_norm(x, channel_axis=1)


def interleaved_groups(x, G):
    order = torch.arange(x.shape[1]).view(-1, G).T.flatten()
    y = torch.empty_like(x)
    y[:, order] = group_norm(x[:, order], G)
    return y


def fixed_shift(C):
    layer = BatchNorm(C)
    layer.bias.requires_grad_(False)
    return layer


class WholeSet(nn.Module):
    """What the notes say BN remembers: the mean and the variance of everything seen."""

    def __init__(self, C, momentum=0.1):
        super().__init__()
        self.seen = []

    def forward(self, x):
        self.seen.append(x)
        everything = torch.cat(self.seen)
        self.running_mean, self.running_var = everything.mean(), everything.var(correction=0)


class LearnsCorrections(nn.Module):
    """What the notes say batch renormalization does: r and d as parameters."""

    def __init__(self, C):
        super().__init__()
        self.gamma, self.beta, self.r, self.d = (nn.Parameter(torch.ones(C)) for _ in range(4))


BROKEN = {
    "n01": [
        {"batch_norm": never_centered},
        {"batch_norm": no_eps_batch_norm},
        {"batch_norm": always_batch},
    ],
    "n02": [{"batch_norm": remembers(mean=divided_by_n)}],
    "n03": [{"batch_norm": remembers(mean=divided_by_n)}],
    "n04": [{"layer_norm": lambda x, shape: layer_norm(x, shape[1:])}],
    "n05": [{"instance_norm": whole_sample}],
    "n06": [{"group_norm": interleaved_groups}, {"group_norm": whole_sample}],
    "n07": [
        {"batch_norm": wrong_batch_norm(outside=True)},
        {"batch_norm": wrong_batch_norm(correction=1)},
        {"batch_norm": remembers(var=lambda x: x.var((0, 2, 3), correction=0))},
        {"layer_norm": lambda x, shape: normalized(x, (1, 2, 3), outside=True)},
        {"layer_norm": lambda x, shape: normalized(x, (1, 2, 3), correction=1)},
        {"instance_norm": lambda x: normalized(x, (2, 3), outside=True)},
        {"instance_norm": lambda x: normalized(x, (2, 3), correction=1)},
        {"group_norm": lambda x, G: normalized(x.view(2, 2, 18), 2, outside=True).view(x.shape)},
        {"group_norm": lambda x, G: normalized(x.view(2, 2, 18), 2, correction=1).view(x.shape)},
    ],
    "n08": [
        {"layer": fixed_shift},
        {"layer": lambda C: LayerNorm((C, 3, 3))},
        {"layer": lambda C: nn.Sequential(BatchNorm(C), BatchNorm(C))},
    ],
    "n09": [
        {"layer": lambda C, momentum=None: BatchNorm(C, momentum=None)},
        {"layer": lambda C, momentum=0.1: BatchNorm(C, momentum=momentum and 0.5)},
        {"layer": WholeSet},
    ],
    "n14": [
        {"batch_norm": lambda x, training: per_position(x)},
        {"batch_norm": lambda x, training: normalized(x, tuple(i for i in range(x.ndim) if i != 1))},
        {"token_norm": whole_sample},
    ],
    "n15": [{"token_norm": whole_sample}, {"layer_norm": per_position}],
    "n16": [
        {"layer_norm": lambda x, shape: layer_norm(x, shape[-1:])},
        {"layer_norm": whole_sample},
        {"group_norm": lambda x, G: group_norm(x, 2)},
    ],
    "n17": [
        {"layer_norm": whole_sample},
        {"layer_norm": lambda x, shape: batch_norm(x.flatten(0, -2), training=True).view(x.shape)},
    ],
    "n18": [{"token_norm": whole_sample}],
    "n20": [
        {"group_norm": lambda x, G, *affine: group_norm(x, 2, *affine)},
        {"group_norm": lambda x, G, *affine: instance_norm(x, *affine)},
        {"instance_norm": lambda x, *affine: instance_norm(x)},
    ],
    "n21": [{"group_norm": lambda x, G: instance_norm(x)}, {"group_norm": whole_sample}],
    "n22": [
        {"group_norm": lambda x, G: batch_norm(x, training=True)},
        {"batch_norm": lambda x, training: instance_norm(x)},
    ],
    "n23": [
        {"group_norm": lambda x, G: x},
        {"group_norm": lambda x, G: group_norm(x, 2 * G)},
    ],
    "n25": [
        {"instance_norm": lambda x, eps: batch_norm(x, training=True, eps=eps)},
        {"instance_norm": lambda x, eps: x - x.mean((2, 3), keepdim=True)},
    ],
    "n26": [
        {"spectral_norm": lambda W, u, v: W},
        {"spectral_norm": lambda W, u, v: W / W.norm()},
        {"spectral_norm": lambda W, u, v: W / torch.linalg.svdvals(W)[0]},
    ],
    "n27": [{"spectral_norm": lambda W, u, v: W}, {"spectral_norm": lambda W, u, v: W / W.norm() / 1e4}],
    "n29": [
        {"layer": LearnsCorrections},
        {"batch_renorm": lambda *a, **k: batch_renorm(*a, **{**k, "r_max": 1.0, "d_max": 0.0})},
    ],
    "n30": [
        {"batch_norm": wrong_batch_norm(correction=1)},
        {"batch_norm": lambda x, training, eps: layer_norm(x, (3,), eps=eps)},
    ],
    "n31": [
        {"layer_norm": lambda x, shape, eps: batch_norm(x, training=True, eps=eps)},
        {"batch_norm": lambda x, training, eps: layer_norm(x, (3,), eps=eps)},
    ],
    "n32": [
        {"batch_norm": lambda x, training, eps: instance_norm(x, eps=eps)},
        {"batch_norm": lambda x, training, eps: torch.zeros_like(x)},
    ],
    "n33": [
        {"layer_norm": lambda x, shape: layer_norm(x, (3,))},
        {"layer_norm": whole_sample},
    ],
    "n35": [
        {"outline": {"Instance Normalization": ("nc",), "Group Normalization": ("ng",)}},
        {"outline": {"Instance Normalization": ("nc", "ng"), "Group Normalization": ("ng",)}},
        {"group_norm": lambda x, G: instance_norm(x)},
    ],
}
