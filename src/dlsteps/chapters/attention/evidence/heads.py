"""Several heads: what each reads, how they come together, and how far they are like channels (T01 to T03)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dlsteps.chapters.attention.evidence.drawn import D_MODEL, HEADS, TOKENS, attention_layer, normal
from dlsteps.claims.evidence import SAME, Evidence, gap
from dlsteps.nn.attention import scaled_dot_product_attention


def t01(make: Callable[[], nn.Module] = attention_layer) -> Evidence:
    """Each head reads every number of every token, by projections of its own."""
    layer, x = make(), normal(1, TOKENS, D_MODEL).requires_grad_()
    heads = layer(x, record=True).heads.output[0]  # (h, T, d_head)
    read = []
    for head in heads:
        (slope,) = torch.autograd.grad(head.square().sum(), x, retain_graph=True)
        read.append(int((slope[0].abs().amax(0) > 1e-9).sum()))
    off = max(gap(head, _by_its_rows(layer, x[0], i)) for i, head in enumerate(heads))
    return Evidence(
        min(read) == D_MODEL and off < SAME,
        f"each of {HEADS} heads depends on {min(read)} of {D_MODEL} numbers of a token; it is the attention "
        f"of {D_MODEL // HEADS} rows of W_Q, W_K and W_V with the whole vector: difference {off:.3f}",
    )


def _by_its_rows(layer: nn.Module, x: Tensor, head: int) -> Tensor:
    """One head for x (T, d_model), from its own rows of the three matrices."""
    width = D_MODEL // HEADS
    rows = slice(head * width, (head + 1) * width)
    parts = zip(layer.in_proj_weight.chunk(3), layer.in_proj_bias.chunk(3), strict=True)
    return scaled_dot_product_attention(*(x @ W[rows].T + b[rows] for W, b in parts))


def t02(make: Callable[[], nn.Module] = attention_layer) -> Evidence:
    """The matrix after the heads gives back the width of the model, h times that of a head."""
    layer, x = make(), normal(1, TOKENS, D_MODEL)
    steps = layer(x, record=True)
    width, together, out = (t.shape[-1] for t in (steps.heads.output, steps.concatenated, steps.output))
    side_by_side = torch.cat(list(steps.heads.output[0]), -1)
    off = gap(steps.concatenated[0], side_by_side)
    right = (width * HEADS, together, out) == (D_MODEL,) * 3
    mixed = gap(steps.output[0], layer.out_proj(side_by_side)) if right else float("inf")
    learned = layer.out_proj.weight.requires_grad
    return Evidence(
        right and learned and max(off, mixed) < SAME,
        f"{HEADS} heads of width {width}, side by side {together}, times a learned "
        f"{tuple(layer.out_proj.weight.shape)} matrix: width {out}, that of the model and not of a head",
    )


def convolved(x: Tensor) -> Tensor:
    """A convolution of a sentence (1, T, d_model) with three neighbors at a time, without bias."""
    kernel = normal(HEADS, D_MODEL, 3, seed=5)
    return torch.nn.functional.conv1d(x.mT, kernel, padding=1)


def t03(
    layer: Callable[[], nn.Module] = attention_layer, convolution: Callable[[Tensor], Tensor] = convolved
) -> Evidence:
    """Heads add up and have no order, as channels; but their weights come from the input, not the kernel."""
    attend, x = layer(), normal(1, TOKENS, D_MODEL)
    steps, width = attend(x, record=True), D_MODEL // HEADS
    parts = [steps.heads.output[0, i] @ W.T for i, W in enumerate(attend.out_proj.weight.split(width, 1))]
    off = gap(steps.output[0], sum(parts[::-1]) + attend.out_proj.bias)
    kernel_bent = gap(convolution(2 * x), 2 * convolution(x))
    other = normal(1, TOKENS, D_MODEL, seed=9)
    changed = gap(steps.heads.weights, attend(other, record=True).heads.weights)
    return Evidence(
        off < SAME and kernel_bent < SAME and changed > 0.1,
        f"the output is the sum of {HEADS} parts, one a head, in any order: difference {off:.3f}; a "
        f"convolution of twice the input is twice its output (off by {kernel_bent:.3f}), its weights stay; "
        f"those of a head change by up to {changed:.3f} from sentence to sentence",
    )
