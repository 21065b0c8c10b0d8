"""For each check: wrong layers, each of which has to make it come out false; the reversed claim first."""

from math import inf

import torch
from torch import nn

from dlsteps.chapters.normalization.evidence.outline import notes
from dlsteps.nn.normalization import (
    BatchNorm,
    BatchRenorm,
    InstanceNorm,
    LayerNorm,
    batch_norm,
    batch_renorm,
    group_norm,
    instance_norm,
    layer_norm,
    spectral_norm,
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


def right_buffers(output):
    """A batch norm that remembers what it should, and gives another layer's output."""

    def norm(x, *state, training, momentum=0.1, eps=1e-5):
        batch_norm(x, *state, training=training, momentum=momentum, eps=eps)
        return output(x, eps=eps)

    return norm


def remembers(mean=None, var=None):
    """A batch norm that is right but for what it remembers."""

    def norm(x, running_mean=None, running_var=None, *, training, momentum=0.1):
        y = batch_norm(x, running_mean, running_var, training=training, momentum=momentum)
        if mean and running_mean is not None:
            running_mean.copy_(mean(x))
        if var and running_var is not None:
            running_var.copy_(var(x))
        return y

    return norm


def shifted_by(mean):
    """A batch norm that subtracts another mean than its batch's, and remembers what it subtracts."""

    def norm(x, running_mean=None, running_var=None, *, training, momentum=0.1, eps=1e-5):
        y = batch_norm(x, running_mean, running_var, training=training, momentum=momentum, eps=eps)
        if running_mean is not None:
            running_mean.copy_(mean(x))
        std = (x.var((0, 2, 3), correction=0) + eps).sqrt()
        return y + ((x.mean((0, 2, 3)) - mean(x)) / std).view(-1, 1, 1)

    return norm


def no_eps_batch_norm(x, *state, training):
    return batch_norm(x, *state, training=training, eps=1e-30)


def always_batch(x, *state, training):
    return batch_norm(x, training=True)


def never_centered(x, *state, training):
    return batch_norm(x, *state, training=training) + 0.5


def idle_in_evaluation(x, *state, training):
    return batch_norm(x, training=True) if training else x


def divided_by_n(x):
    return x.sum((0, 2, 3)) / len(x)


def whole_sample(x, *_, eps=1e-5, **__):
    return layer_norm(x, x.shape[1:], eps=eps)


def per_page(x, *_, eps=1e-5, **__):
    return instance_norm(x, eps=eps)


def per_position(x, *_, **__):
    return token_norm(x, channel_axis=1)


def whole_batch(x, *_, eps=1e-5, **__):
    return normalized(x, tuple(range(x.ndim)), eps)


def zeros(x, *_, **__):
    return torch.zeros_like(x)


def only_centered(x, axes):
    return x - x.mean(axes, keepdim=True)


def centered_groups(x, G):
    booklets = x.view(len(x), G, -1)
    return only_centered(booklets, 2).view(x.shape)


def unbiased_groups(x, G, **formula):
    return normalized(x.view(len(x), G, -1), 2, **{"correction": 1, **formula}).view(x.shape)


def interleaved_groups(x, G):
    order = torch.arange(x.shape[1]).view(-1, G).T.flatten()
    y = torch.empty_like(x)
    y[:, order] = group_norm(x[:, order], G)
    return y


def mixes_from(N, norm, mixing):
    """A norm that is right for small batches, and mixes samples in those of N and more."""
    return lambda x, *a, **k: mixing(x) if len(x) >= N else norm(x, *a, **k)


def trained_batch_norm(x, *_, **__):
    return batch_norm(x, training=True)


def each_sequence_alone(x, training):
    """BN whose statistics stay within a sequence; what it refuses is what BN refuses."""
    batch_norm(x, training=training)
    return instance_norm(x)


def fixed_shift(C):
    layer = BatchNorm(C)
    layer.bias.requires_grad_(False)
    return layer


class OnePair(nn.Module):
    """γ and β for all channels together, each as long as there are channels."""

    def __init__(self, C):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(C)), nn.Parameter(torch.zeros(C))

    def forward(self, x):
        return batch_norm(x, training=True) * self.weight.mean() + self.bias.mean()


class Remembers(nn.Module):
    """A BN that does in evaluation what it is told, with what it has seen in training."""

    def __init__(self, C, momentum=0.1, *, evaluated):
        super().__init__()
        self.inner, self.evaluated, self.seen = BatchNorm(C, momentum=momentum, affine=False), evaluated, []

    def forward(self, x):
        if self.training:
            self.seen.append(x)
            return self.inner(x)
        mean, var = self.evaluated(x, torch.stack(self.seen), self.inner)
        return (x - mean) / (var + 1e-5).sqrt()


def evaluates(by):
    return {"layer": lambda C, momentum=0.1: Remembers(C, momentum, evaluated=by)}


class LearnsCorrections(nn.Module):
    """What the notes say batch renormalization does: r and d as parameters beside γ and β."""

    def __init__(self, C):
        super().__init__()
        self.weight, self.bias, self.r, self.d = (nn.Parameter(torch.ones(C)) for _ in range(4))

    def forward(self, x):
        return batch_norm(x, training=True) * self.r.view(-1, 1, 1) + self.d.view(-1, 1, 1)


class CorrectionsInPlace(BatchRenorm):
    """r and d learned in place of γ and β: as many numbers, which do not scale and shift the output."""

    def forward(self, x):
        mean, std = self.running_mean.view(-1, 1, 1), self.running_std.view(-1, 1, 1)
        return (x - mean) / std * self.weight.square().view(-1, 1, 1) + self.bias.view(-1, 1, 1)


def renorm(x, mean, std, *, training, r_max=3.0, d_max=5.0, constant=True, limited=True, d_is_zero=False):
    """Batch renormalization written out, with the choices one could get wrong."""
    if not training:
        return batch_renorm(x, mean, std, training=False)
    mu, sigma = x.mean((0, 2, 3)), (x.var((0, 2, 3), correction=0) + 1e-5).sqrt()
    r, d = sigma / std, (mu - mean) / std
    if limited:
        r, d = r.clamp(1 / r_max, r_max), d.clamp(-d_max, d_max)
    r, d = (r.detach(), d.detach()) if constant else (r, d)
    r, d, mu, sigma = (s.view(-1, 1, 1) for s in (r, 0 * d if d_is_zero else d, mu, sigma))
    return (x - mu) / sigma * r + d


def last_layer_too_long(W, u, v):
    """Right for the first layer (square or wide), 1.04 too long for a layer with one output."""
    return spectral_norm(W, u, v) * (1.04 if len(W) == 1 else 1.0)


def inner_layer_too_long(W, u, v):
    return spectral_norm(W, u, v) * (1.04 if 1 < len(W) < W.shape[1] else 1.0)


def one_divisor(W, u, v):
    return W / torch.linalg.matrix_norm(W.detach(), 2)


def orthogonal(W, u, v):
    """σ₁ = 1, and all other singular values too: bounded, and not W divided by a number."""
    left, _, right = torch.linalg.svd(W, full_matrices=False)
    return left @ right


def mended_notes():
    """The notes with the second formula under the heading it belongs to."""
    before, after = notes().split("GN 计算均值", 1)
    return f"{before}\n#### Group Normalization (GN)\nGN 计算均值{after}"


def notes_without_group_formula():
    return notes().replace(r"\mu_{ng}", r"\nu_{ng}")


def notes_with_formula_twice():
    formula = next(line for line in notes().splitlines() if line.startswith(r"\mu_{ng}"))
    return f"{notes()}\n{formula}\n"


def affine_lost(x, *affine):
    return instance_norm(x)


BROKEN = {
    "n01": [
        {"batch_norm": always_batch},  # mean 0 and variance 1, in evaluation too
        {"batch_norm": no_eps_batch_norm},
        {"batch_norm": never_centered},
        {"batch_norm": idle_in_evaluation},
        {"batch_norm": mixes_from(30, batch_norm, whole_sample)},
        {"batch_norm": lambda x, *state, training: zeros(x)},
    ],
    "n02": [
        {"batch_norm": shifted_by(divided_by_n)},  # over N alone
        {"batch_norm": shifted_by(lambda x: x[0].mean((1, 2)))},
        {"batch_norm": shifted_by(lambda x: x.mean().expand(x.shape[1]))},
        {"batch_norm": right_buffers(per_page)},
        {"batch_norm": right_buffers(whole_sample)},
        {"batch_norm": wrong_batch_norm(correction=1)},
    ],
    "n03": [
        {"batch_norm": shifted_by(divided_by_n)},
        {"batch_norm": remembers(mean=divided_by_n)},
        {"batch_norm": right_buffers(per_page)},
        {"batch_norm": right_buffers(whole_batch)},
        {"batch_norm": right_buffers(lambda x, eps: only_centered(x, (0, 2, 3)))},
    ],
    "n04": [
        {"layer_norm": lambda x, shape: batch_norm(x, training=True)},
        {"layer_norm": lambda x, shape: layer_norm(x, shape[1:])},
        {"layer_norm": lambda x, shape: per_position(x)},
        {"layer_norm": lambda x, shape: only_centered(x, (1, 2, 3))},
        {"layer_norm": lambda x, shape: normalized(x, (1, 2, 3), correction=1)},
        {"layer_norm": mixes_from(5, lambda x, shape: whole_sample(x), whole_batch)},
    ],
    "n05": [
        {"instance_norm": whole_sample},
        {"instance_norm": trained_batch_norm},
        {"instance_norm": lambda x: only_centered(x, (2, 3))},
        {"instance_norm": lambda x: normalized(x, (2, 3), correction=1)},
        {"instance_norm": mixes_from(5, instance_norm, trained_batch_norm)},
    ],
    "n06": [
        {"group_norm": lambda x, G: group_norm(x, x.shape[1] // G)},  # G pages a booklet, not C/G
        {"group_norm": interleaved_groups},
        {"group_norm": whole_sample},
        {"group_norm": centered_groups},
        {"group_norm": unbiased_groups},
        {"group_norm": mixes_from(5, group_norm, trained_batch_norm)},
    ],
    "n07": [
        {"batch_norm": wrong_batch_norm(outside=True)},
        {"batch_norm": wrong_batch_norm(correction=1)},
        {"batch_norm": remembers(var=lambda x: x.var((0, 2, 3), correction=0))},
        {"layer_norm": lambda x, shape: normalized(x, (1, 2, 3), outside=True)},
        {"layer_norm": lambda x, shape: normalized(x, (1, 2, 3), correction=1)},
        {"instance_norm": lambda x: normalized(x, (2, 3), outside=True)},
        {"instance_norm": lambda x: normalized(x, (2, 3), correction=1)},
        {"group_norm": lambda x, G: unbiased_groups(x, G, correction=0, outside=True)},
        {"group_norm": unbiased_groups},
    ],
    "n08": [
        {"layer": lambda C: BatchNorm(C, affine=False)},
        {"layer": fixed_shift},
        {"layer": OnePair},
        {"layer": lambda C: InstanceNorm(C, affine=True)},
        {"layer": lambda C: LayerNorm((C, 3, 3))},
        {"layer": lambda C: nn.Sequential(BatchNorm(C), BatchNorm(C))},
        {"layer": lambda C: BatchRenorm(C, schedule=lambda _: (inf, inf))},
    ],
    "n09": [
        evaluates(lambda x, seen, inner: (seen.mean(), seen.var(correction=0))),  # what the notes say
        evaluates(lambda x, seen, inner: (x.mean(), x.var(correction=0))),
        evaluates(lambda x, seen, inner: (seen[-1].mean(), seen[-1].var())),
        evaluates(lambda x, seen, inner: (inner.running_mean, seen.var(correction=0))),
        evaluates(lambda x, seen, inner: (torch.zeros(()), torch.ones(()))),
        {"layer": lambda C, momentum=None: BatchNorm(C, momentum=None)},
        {"layer": lambda C, momentum=0.1: BatchNorm(C, momentum=momentum and 0.5)},
    ],
    "n14": [
        {"batch_norm": lambda x, training: per_position(x)},  # deaf to padding and partners
        {"batch_norm": each_sequence_alone},
        {"batch_norm": lambda x, training: normalized(x, tuple(i for i in range(x.ndim) if i != 1))},
        {"batch_norm": right_buffers(lambda x, eps: whole_batch(x))},
        {"token_norm": whole_sample},
        {"token_norm": lambda x: batch_norm(x.transpose(1, 2), training=True).transpose(1, 2)},
    ],
    "n15": [
        {"token_norm": whole_sample, "layer_norm": per_position},  # each in the other's place
        {"token_norm": whole_sample},
        {"layer_norm": per_position},
        {"token_norm": lambda x, channel_axis: only_centered(x, 1)},
        {"layer_norm": lambda x, shape: only_centered(x, (1, 2, 3))},
        {"token_norm": lambda x, channel_axis: normalized(x, 1, correction=1)},
    ],
    "n16": [
        {"layer_norm": lambda x, shape: batch_norm(x, training=True)},
        {"layer_norm": lambda x, shape: layer_norm(x, shape[-1:])},
        {"layer_norm": whole_sample},
        {"layer_norm": whole_batch},
        {"group_norm": lambda x, G: group_norm(x, 2)},
        {"group_norm": lambda x, G: centered_groups(x, 1)},
    ],
    "n17": [
        {"layer_norm": whole_sample},
        {"layer_norm": lambda x, shape: batch_norm(x.flatten(0, -2), training=True).view(x.shape)},
        {"layer_norm": lambda x, shape: only_centered(x, -1)},
        {"layer_norm": lambda x, shape: normalized(x, -1, correction=1)},
        {"layer_norm": mixes_from(20, layer_norm, whole_batch)},
    ],
    "n18": [
        {"token_norm": whole_sample},
        {"token_norm": lambda x: batch_norm(x.flatten(0, -2), training=True).view(x.shape)},
        {"token_norm": lambda x: only_centered(x, -1)},
        {"token_norm": mixes_from(10, token_norm, whole_batch)},
    ],
    "n20": [
        {"group_norm": lambda x, G, *affine: group_norm(x, max(G // 2, 1), *affine)},
        {"group_norm": lambda x, G, *affine: instance_norm(x, *affine)},
        {"instance_norm": affine_lost},
        {"group_norm": lambda x, G, *affine: affine_lost(x), "instance_norm": affine_lost},
        {"group_norm": mixes_from(5, group_norm, trained_batch_norm)},
        {"group_norm": zeros, "instance_norm": zeros},
    ],
    "n21": [
        {"group_norm": lambda x, G: instance_norm(x)},  # per channel, as the notes say
        {"group_norm": whole_sample},
        {"group_norm": centered_groups},
        {"group_norm": interleaved_groups},
        {"group_norm": unbiased_groups},
    ],
    "n22": [
        {"group_norm": trained_batch_norm},
        {"group_norm": mixes_from(5, group_norm, trained_batch_norm)},
        {"group_norm": mixes_from(64, group_norm, whole_batch)},
        {"group_norm": zeros},
        {"group_norm": lambda x, G: x},
        {"batch_norm": lambda x, training: instance_norm(x)},
    ],
    "n23": [
        {"group_norm": lambda x, G: x},
        {"group_norm": lambda x, G: group_norm(x, 2 * G)},
        {"group_norm": lambda x, G: group_norm(x, G) * 0},
        {"group_norm": lambda x, G: trained_batch_norm(x) + 0 * group_norm(x, G)},
        {"group_norm": lambda x, G: group_norm(x, 32 if x.shape[1] % 32 == 0 else x.shape[1])},
    ],
    "n25": [
        {"instance_norm": lambda x, eps: batch_norm(x, training=True, eps=eps)},  # the batch's, as they say
        {"instance_norm": whole_sample},
        {"instance_norm": lambda x, eps: group_norm(x, 2, eps=eps)},
        {"instance_norm": zeros},
        {"instance_norm": lambda x, eps: only_centered(x, (2, 3))},
        {"instance_norm": mixes_from(5, instance_norm, trained_batch_norm)},
    ],
    "n26": [
        {"spectral_norm": one_divisor},  # exact after one iteration
        {"spectral_norm": lambda W, u, v: W},
        {"spectral_norm": lambda W, u, v: W / W.norm()},
        {"spectral_norm": orthogonal},
        {"spectral_norm": lambda W, u, v: spectral_norm(W, u, v).abs()},
    ],
    "n27": [
        {"spectral_norm": lambda W, u, v: W},
        {"spectral_norm": last_layer_too_long},
        {"spectral_norm": inner_layer_too_long},
        {"spectral_norm": lambda W, u, v: W / W.norm()},
        {"spectral_norm": lambda W, u, v: W / W.norm() / 1e4},  # bounds the weights' gradient too
    ],
    "n29": [
        {"layer": LearnsCorrections},  # two new parameters, as the notes say
        {"layer": CorrectionsInPlace},
        {"batch_renorm": lambda *a, **k: renorm(*a, **k, constant=False)},
        {"batch_renorm": lambda *a, **k: renorm(*a, **k, limited=False)},
        {"batch_renorm": lambda *a, **k: renorm(*a, **k, d_is_zero=True)},
        {"batch_renorm": lambda *a, **k: batch_renorm(*a, **{**k, "r_max": 1.0, "d_max": 0.0})},
    ],
    "n30": [
        {"batch_norm": wrong_batch_norm(correction=1)},
        {"batch_norm": lambda x, training, eps: layer_norm(x, (3,), eps=eps)},
        {"batch_norm": lambda x, training, eps: only_centered(x, 0)},
        {"batch_norm": zeros},
    ],
    "n31": [
        {"layer_norm": lambda x, shape, eps: batch_norm(x, training=True, eps=eps)},
        {"layer_norm": lambda x, shape, eps: whole_batch(x, eps=eps)},
        {"layer_norm": lambda x, shape, eps: normalized(x, 1, eps, correction=1)},
        {"batch_norm": lambda x, training, eps: layer_norm(x, (3,), eps=eps)},
    ],
    "n32": [
        {"batch_norm": lambda x, training, eps: instance_norm(x, eps=eps)},
        {"batch_norm": lambda x, training, eps: layer_norm(x, (2, 3), eps=eps)},
        {"batch_norm": zeros},
        {"batch_norm": lambda x, training, eps: only_centered(x, (0, 2))},
        {"batch_norm": lambda x, training, eps: normalized(x, 0, eps)},
    ],
    "n33": [
        {"layer_norm": lambda x, shape: layer_norm(x, x.shape[-1:])},  # rows, whatever is asked
        {"layer_norm": whole_sample},
        {"layer_norm": lambda x, s: normalized(x, -1, correction=1) if len(s) == 1 else layer_norm(x, s)},
        {"layer_norm": lambda x, s: only_centered(x, -1) if len(s) == 1 else layer_norm(x, s)},
        {"layer_norm": lambda x, s: layer_norm(x, s) if len(s) == 1 else whole_batch(x)},
    ],
    "n35": [
        {"text": mended_notes()},
        {"text": notes_without_group_formula()},
        {"text": notes_with_formula_twice()},
        {"group_norm": lambda x, G: instance_norm(x)},
        {"group_norm": trained_batch_norm},
    ],
}
