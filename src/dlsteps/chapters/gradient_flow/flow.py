"""What becomes of a gradient on its way back through a deep network of real digits."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dlsteps.data import Digits, DigitSplit, split_digits
from dlsteps.nn.gradient_flow import (
    Residual,
    clip_by_norm,
    deep_network,
    initialize,
    record_gradients,
    total_norm,
)
from dlsteps.nn.normalization import BatchNorm, LayerNorm

WIDTH = 64  # an image has 8·8 = 64 pixels, so that all layers are alike
ACTIVATIONS = {
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "ReLU": nn.ReLU,
    "leaky ReLU": lambda: nn.LeakyReLU(0.1),
}
NORMS = {"none": None, "batch": BatchNorm, "layer": LayerNorm}
HE = 2**0.5  # the spread of weights that a ReLU hands on unchanged


class Recipe(NamedTuple):
    """How a deep network is made.

    Attributes:
        depth: how many blocks.
        activation: one of `ACTIVATIONS`.
        gain: spread of the first weights, as in `initialize`.
        norm: one of `NORMS`.
        residual: whether each block is added to its input.
        seed: of the weights.
    """

    depth: int
    activation: str = "ReLU"
    gain: float = HE
    norm: str = "none"
    residual: bool = False
    seed: int = 0


class Flow(NamedTuple):
    """What was seen at the first step, a number for each block from the input on.

    Attributes:
        sizes: the root mean square of what leaves each block.
        back: the length of the gradient that comes back to each block's output.
        weights: the length of the gradient of each block's weights.
        loss: before the step.
    """

    sizes: Tensor
    back: Tensor
    weights: Tensor
    loss: float


def build(recipe: Recipe) -> nn.Sequential:
    """The blocks and a last linear layer to ten logits, in float64."""
    generator = torch.Generator().manual_seed(recipe.seed)
    blocks = deep_network(
        recipe.depth,
        WIDTH,
        ACTIVATIONS[recipe.activation],
        recipe.gain,
        norm=NORMS[recipe.norm],
        wrap=Residual if recipe.residual else None,
        generator=generator,
    )
    last = initialize(nn.Linear(WIDTH, 10), 1.0, generator)
    return nn.Sequential(*blocks, last).double()


@functools.cache
def centered_digits() -> DigitSplit:
    """The digits less the mean of the training images, scaled so that these have a mean square of 1."""
    split = split_digits()
    mean = split.train.images.mean(0)
    size = (split.train.images - mean).square().mean().sqrt()
    parts = (split.train, split.validation, split.test)
    return DigitSplit(*(Digits((part.images - mean) / size, part.labels) for part in parts))


def batch(N: int = 128) -> tuple[Tensor, Tensor]:
    """The first training digits, (N, 64), centered and scaled; their labels."""
    train = centered_digits().train
    return train.images[:N].flatten(1), train.labels[:N]


def observe(model: nn.Sequential, x: Tensor, y: Tensor) -> Flow:
    """Record one step forward and back; the model has a last layer that makes logits."""
    blocks = list(model)[:-1]
    with record_gradients(model, type(blocks[0])) as flow:
        loss = F.cross_entropy(model(x), y)
        loss.backward()
    names = [str(k) for k in range(len(blocks))]
    own = [total_norm([p.grad for p in block.parameters() if p.ndim == 2]) for block in blocks]
    found = Flow(
        torch.tensor([flow[name].activation_rms for name in names], dtype=torch.float64),
        torch.tensor([flow[name].gradient_norm for name in names], dtype=torch.float64),
        torch.stack(own),
        loss.item(),
    )
    model.zero_grad()
    return found


@functools.cache
def first_step(recipe: Recipe) -> Flow:
    """What a new network does with the first batch of digits."""
    return observe(build(recipe), *batch())


def leaning(recipe: Recipe) -> Tensor:
    """How far the gradient at each block's output leans along that output: the mean size of their cosine."""
    model, (x, y) = build(recipe), batch()
    outputs = []
    for block in list(model)[:-1]:
        x = block(x)
        outputs.append(x)
    back = torch.autograd.grad(F.cross_entropy(model[-1](x), y), outputs)
    pairs = zip(outputs, back, strict=True)
    return torch.stack([torch.cosine_similarity(h, g, dim=1).abs().mean() for h, g in pairs]).detach()


def factor(values: Tensor) -> float:
    """By how much a quantity changes from block to block on the way back, the geometric mean."""
    return (values[0] / values[-1]).item() ** (1 / (len(values) - 1))


class Descent(NamedTuple):
    """A short training.

    Attributes:
        losses: before each step; it ends where the loss is no number.
        moved: how far each block's weights have moved, as a share of their length.
    """

    losses: tuple[float, ...]
    moved: Tensor


def descend(
    model: nn.Sequential,
    rate: float,
    steps: int,
    clip: Callable[[list[Tensor]], object] | None = None,
) -> Descent:
    """Take steps of gradient descent on one batch of digits.

    Args:
        model: changed in place.
        rate: learning rate.
        steps: at most.
        clip: from the list of gradients to an object with `gradients`, such as `clip_by_norm` for one limit.
    """
    x, y = batch()
    parameters, losses = list(model.parameters()), []
    start = [p.detach().clone() for p in parameters]
    for _ in range(steps):
        loss = F.cross_entropy(model(x), y)
        losses.append(loss.item())
        if not torch.isfinite(loss):
            break
        gradients = list(torch.autograd.grad(loss, parameters))
        if clip is not None:
            gradients = clip(gradients).gradients
        with torch.no_grad():
            for p, g in zip(parameters, gradients, strict=True):
                p -= rate * g
    weights = [(p, s) for p, s in zip(parameters, start, strict=True) if p.ndim == 2][:-1]
    moved = torch.stack([(p.detach() - s).norm() / s.norm() for p, s in weights])
    return Descent(tuple(losses), moved)


def clipped_at(limit: float) -> Callable[[list[Tensor]], object]:
    """Clip gradients by their norm at one limit."""
    return lambda gradients: clip_by_norm(gradients, limit)


def observe_own(model: nn.Module, x: Tensor, y: Tensor | None = None) -> Flow:
    """Record one step of a reader's model: each layer that has weights of its own counts as a block.

    Raises:
        ValueError: the model has fewer than two such layers that were reached, or does not take `x`.
    """
    kinds = {type(m) for m in model.modules() if any(p.ndim > 1 for p in m.parameters(recurse=False))}
    if not kinds:
        raise ValueError("the model has no weights, and nothing to learn; pass one with a Linear or Conv2d")
    kept = [None if p.grad is None else p.grad.clone() for p in model.parameters()]
    try:
        with record_gradients(model, tuple(kinds)) as flow:
            out = model(x)
            loss = out.square().mean() / 2 if y is None else F.cross_entropy(out, y)
            loss.backward()
    except (RuntimeError, IndexError) as error:
        shape = tuple(x.shape)
        raise ValueError(f"the model does not take this batch, x of shape {shape}: {error}") from error
    finally:
        for p, grad in zip(model.parameters(), kept, strict=True):
            p.grad = grad
    layers = [one for one in flow.layers if one.gradient_norm is not None and one.parameter_gradient_norm]
    if len(layers) < 2:
        raise ValueError(f"{len(layers)} layers with weights got a gradient; pass a model with two or more")
    columns = [(one.activation_rms, one.gradient_norm, one.parameter_gradient_norm) for one in layers]
    return Flow(*torch.tensor(columns, dtype=torch.float64).T, loss.item())
