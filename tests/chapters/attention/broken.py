"""For each check: wrong forms, each of which has to make it come out false; the reversed claim first."""

import torch
from torch import nn

from dlsteps.chapters.attention.evidence import masking, order, scores
from dlsteps.chapters.attention.evidence.drawn import D_MODEL, HEADS, attention_layer, normal
from dlsteps.nn.attention import attention_steps, scaled_dot_product_attention


def cut_into_parts():
    """Heads that read a part of each token: projections of blocks."""
    layer, width = attention_layer(), D_MODEL // HEADS
    blocks = torch.block_diag(*[torch.ones(width, width)] * HEADS).repeat(3, 1)
    with torch.no_grad():
        layer.in_proj_weight.mul_(blocks)
    return layer


def one_query_for_all():
    """Heads that share one head's rows."""
    layer = attention_layer()
    attend = layer.forward

    def forward(x, record=False):
        steps = attend(x, record=True)
        same = steps.heads._replace(output=steps.heads.output[:, :1].expand_as(steps.heads.output))
        return steps._replace(heads=same)

    layer.forward = forward
    return layer


def back_to_one_head():
    layer = attention_layer()
    layer.out_proj = nn.Linear(D_MODEL, D_MODEL // HEADS).double()
    return layer


def not_mixed():
    layer = attention_layer()
    layer.out_proj.weight.requires_grad_(False)
    return layer


def weights_that_stay():
    """A layer that looks at no input when it shares its attention."""
    layer = attention_layer()
    with torch.no_grad():
        layer.in_proj_weight[: 2 * D_MODEL] = 0
    return layer


def with_positions():
    layer, places = attention_layer(), normal(1, 64, D_MODEL, seed=4)
    return lambda x: layer(x + places[:, : x.shape[1]])


def symmetric(layer, x):
    steps = layer(x, record=True)
    products = steps.heads.products
    return steps._replace(heads=steps.heads._replace(products=(products + products.mT) / 2))


def only_others(layer, x):
    steps = layer(x, record=True)
    apart = 1 - torch.eye(x.shape[1], dtype=x.dtype)
    return steps._replace(heads=steps.heads._replace(products=steps.heads.products * apart))


def bent(layer, x):
    steps = layer(x, record=True)
    return steps._replace(v=steps.v.tanh())


def after_the_softmax(q, k, v, mask):
    return (attention_steps(q, k, v).weights * mask) @ v


def zeros_for_infinity(q, k, v, mask):
    scores = attention_steps(q, k, v).scores
    return (scores * mask).softmax(-1) @ v


BROKEN = {
    "t01": [{"make": cut_into_parts}, {"make": one_query_for_all}],
    "t02": [{"make": back_to_one_head}, {"make": not_mixed}],
    "t03": [
        {"layer": weights_that_stay},
        {"convolution": lambda x: order.attends()(x)},
    ],
    "t04": [{"make": with_positions}, {"make": order.recurs}, {"make": order.convolves}],
    "t06": [
        {"recurrent": order.attends, "attention": order.recurs},
        {"attention": with_positions},
        {"recurrent": order.convolves},
        {"attention": order.recurs},
    ],
    "t07": [{"record": symmetric}, {"record": only_others}, {"record": bent}],
    "t08": [
        {"scores": scores.unscaled},
        {"scores": lambda q, k: scores.unscaled(q, k) / q.shape[-1]},
        {"scores": lambda q, k: scores.unscaled(q, k) / 8},
    ],
    "t09": [
        {"softmax": torch.sigmoid},
        {"softmax": lambda z: z.softmax(-1)},
        {"softmax": lambda z: z / z.sum(-1, keepdim=True)},
        {"softmax": lambda z: (-z).softmax(-1)},
        {"softmax": lambda z: z.softmax(0)},
    ],
    "t10": [
        {"attention": lambda q, k, v: scaled_dot_product_attention(q, k, v, scale=1.0)},
        {"attention": lambda q, k, v: attention_steps(q, k, v).scores @ v},
        {"attention": lambda q, k, v: attention_steps(q, k, v).scores.softmax(-2) @ v},
        {"attention": lambda q, k, v: v[attention_steps(q, k, v).weights.argmax(-1)]},
    ],
    "t14": [
        {"attention": lambda q, k, v, mask: scaled_dot_product_attention(q, k, v)},
        {"attention": lambda q, k, v, mask: scaled_dot_product_attention(q, k, v, ~mask | mask.mT & mask)},
        {"attention": lambda q, k, v, mask: scaled_dot_product_attention(q, k, v, mask.tril(-1))},
        {"attention": after_the_softmax},
        {"attention": zeros_for_infinity},
    ],
    "t16": [
        {"infinite": masking.large_number, "large": masking.minus_infinity},
        {"infinite": masking.large_number},
        {"large": masking.minus_infinity},
        {
            "large": lambda q, k, mask: (
                attention_steps(q, k, k, bias=torch.where(mask, 0.0, -1.0).double()).weights
            )
        },
        {"infinite": lambda q, k, mask: minus_masked_after(q, k, mask)},
    ],
    "c05": [
        {"attention": order.convolves, "convolution": order.attends},
        {"recurrent": order.attends},
        {"attention": order.recurs},
    ],
}


def minus_masked_after(q, k, mask):
    """Shares struck out after the softmax."""
    return attention_steps(q, k, k).weights * mask
