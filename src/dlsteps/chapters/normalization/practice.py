"""Three normalizations to write oneself, and the mistakes that are made in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dlsteps.nn.normalization import batch_norm, group_norm, layer_norm
from dlsteps.practice import Arguments, Case, Draws, Exercise, Layer, Mistake

__all__ = ["EXERCISES"]

FAR = "a mean of 1,000,000"
KEEPS = {"gamma": ("weight", "scale"), "beta": ("bias", "shift")}

Axes = Sequence[int]


def biased(x: Tensor, axes: Axes) -> Tensor:
    return x.var(axes, correction=0, keepdim=True)


def unbiased(x: Tensor, axes: Axes) -> Tensor:
    return x.var(axes, correction=1, keepdim=True)


def one_pass(x: Tensor, axes: Axes) -> Tensor:
    return x.square().mean(axes, keepdim=True) - x.mean(axes, keepdim=True).square()


@dataclass(frozen=True)
class Steps:
    """The steps that all normalizations share. Each mistake replaces one of them."""

    mean: Callable[[Tensor, Axes], Tensor] = lambda x, axes: x.mean(axes, keepdim=True)
    var: Callable[[Tensor, Axes], Tensor] = biased
    divide: Callable[[Tensor, Tensor, float], Tensor] = lambda x, var, eps: x / (var + eps).sqrt()
    affine: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, gamma, beta: x * gamma + beta

    def normalize(self, x: Tensor, axes: Axes, eps: float) -> Tensor:
        return self.divide(x - self.mean(x, axes), self.var(x, axes), eps)


RIGHT = Steps()

# Name, what to write instead, the steps, and the cases on which alone it shows.
IN_THE_STEPS = (
    (
        "variance divided by m − 1",
        "The formula divides by m, the number of cells; torch's var divides by m − 1 unless it is told not "
        "to: "
        "x.var(dim, correction=0).",
        Steps(var=unbiased),
        "",
    ),
    (
        "ε outside the root",
        "ε is added to the variance, below the root: √(σ² + ε). Added to σ it weighs far more where σ is "
        "small.",
        Steps(divide=lambda x, var, eps: x / (var.sqrt() + eps)),
        "",
    ),
    (
        "ε forgotten",
        "Divide by √(σ² + ε). Without ε a constant input gives 0/0, and a small spread is blown up.",
        Steps(divide=lambda x, var, eps: x / var.sqrt()),
        "",
    ),
    (
        "root forgotten",
        "Divide by the standard deviation √(σ² + ε), not by the variance: what is left should have "
        "variance 1.",
        Steps(divide=lambda x, var, eps: x / (var + eps)),
        "",
    ),
    (
        "mean not subtracted",
        "The numerator is x − μ. Divided alone, x keeps its mean.",
        Steps(mean=lambda x, axes: torch.zeros_like(x)),
        "",
    ),
    (
        "no gradient through the statistics",
        "The output is right, the gradient is not: μ and σ² depend on x, and the gradient goes through them. "
        "Leave out detach and no_grad.",
        Steps(
            mean=lambda x, axes: RIGHT.mean(x.detach(), axes), var=lambda x, axes: biased(x.detach(), axes)
        ),
        "",
    ),
    (
        "γ and β forgotten",
        "At the end each channel gets its scale and its shift: γ·x̂ + β.",
        Steps(affine=lambda x, gamma, beta: x),
        "",
    ),
    (
        "variance as E[x²] − E[x]²",
        "Right until the mean is large: two large numbers that are nearly equal are subtracted. Subtract "
        "the mean "
        "first, then square.",
        Steps(var=one_pass),
        FAR,
    ),
)


def in_the_steps(layer: Callable[[Steps], Callable]) -> tuple[Mistake, ...]:
    """The mistakes of all normalizations, made in one of them."""
    return tuple(
        Mistake(
            name,
            why,
            layer(steps),
            section=f"normalization#{'pitfalls' if shows_on else 'subtract-divide-scale-shift'}",
            shows_on=shows_on,
        )
        for name, why, steps, shows_on in IN_THE_STEPS
    )


def over_cells(name: str, why: str, wrong: Callable) -> Mistake:
    """A mistake in which cells share a mean."""
    return Mistake(name, why, wrong, section="normalization#one-mean-for-whom")


def group(
    steps: Steps = RIGHT,
    view: Callable[[int, int, int], tuple[int, ...]] = lambda N, C, G: (N, G, C // G),
    axes: Axes = (2, 3, 4),
) -> Callable:
    """Group norm of images, with what a mistake may be made in as arguments."""

    def wrong(x, num_groups, gamma=1.0, beta=0.0, eps=1e-5):
        N, C, H, W = x.shape
        cells = x.reshape(*view(N, C, num_groups), H, W)
        x_hat = steps.normalize(cells, axes, eps).reshape(x.shape)
        vectors = (v[:, None, None] if isinstance(v, Tensor) else v for v in (gamma, beta))
        return steps.affine(x_hat, *vectors)

    return wrong


def group_cases() -> list[Case]:
    """Images of several shapes, with their channels in 1, 2, 3 or C groups."""
    draw = Draws(1)

    def case(*shape: int, groups: int, note: str = "", eps: Arguments | None = None, **drawn: Any) -> Case:
        x = draw.normal(*shape, **drawn)
        vectors = {name: draw.normal(shape[1]).to(x.dtype) for name in KEEPS}
        return Case({"x": x, "num_groups": groups} | vectors | (eps or {}), note)

    return [
        case(1, 4, 1, 2, groups=2),
        case(2, 4, 2, 3, groups=2),
        case(3, 4, 3, 2, groups=2, std=0.01, note="a spread of 0.01"),
        case(2, 4, 3, 2, groups=2, mean=1e6, note=FAR),
        case(2, 4, 3, 3, groups=2, dtype=torch.float32, note="float32"),
        case(2, 6, 2, 3, groups=3),
        case(2, 6, 3, 2, groups=1),
        case(2, 3, 2, 3, groups=3),
        case(2, 8, 2, 2, groups=2, std=0.1, eps={"eps": 0.01}, note="ε = 0.01"),
        Case({"x": draw.normal(2, 4, 3, 2), "num_groups": 2}, "no γ and β"),
    ]


GROUP_NORM = Exercise(
    name="group_norm",
    right=group_norm,
    cases=group_cases,
    layer=Layer(
        settings=lambda a: {"num_groups": a["num_groups"], "num_channels": a["x"].shape[1]} | eps_of(a),
        keeps=KEEPS,
    ),
    mistakes=(
        *in_the_steps(group),
        over_cells(
            "samples averaged together",
            "Each sample is normalized by itself; axis 0 is not averaged away.",
            group(axes=(0, 2, 3, 4)),
        ),
        over_cells(
            "groups forgotten",
            "One mean for all channels of a sample is layer norm. Split the channel axis into (G, C/G) "
            "first.",
            group(axes=(1, 2, 3, 4)),
        ),
        over_cells(
            "each channel by itself",
            "One mean for each channel of each sample is instance norm. A group's C/G channels share one.",
            group(axes=(3, 4)),
        ),
        over_cells(
            "each position by itself",
            "Height and width are averaged away together with the channels of a group.",
            group(axes=(2,)),
        ),
        over_cells(
            "every G-th channel in a group",
            "Groups are neighboring channels: split C into (G, C/G), in this order, and average the second "
            "axis.",
            group(view=lambda N, C, G: (N, C // G, G), axes=(1, 3, 4)),
        ),
        over_cells(
            "G taken for the size of a group",
            "num_groups says how many groups there are. Each has C/G channels.",
            group(view=lambda N, C, G: (N, C // G, G)),
        ),
    ),
)


def eps_of(arguments: Arguments) -> Arguments:
    return {"eps": arguments["eps"]} if "eps" in arguments else {}


def layer(steps: Steps = RIGHT, axes: Callable[[int, int], Axes] = lambda n, k: range(n - k, n)) -> Callable:
    """Layer norm; `axes` are those averaged away, from the numbers of all axes and of the normalized ones."""

    def wrong(x, normalized_shape, gamma=1.0, beta=0.0, eps=1e-5):
        averaged = tuple(axes(x.ndim, len(normalized_shape)))
        return steps.affine(steps.normalize(x, averaged, eps), gamma, beta)

    return wrong


def layer_cases() -> list[Case]:
    """Tokens, averaged over their channels, and images, averaged over all but the samples."""
    draw = Draws(2)

    def case(*shape: int, last: int, note: str = "", eps: Arguments | None = None, **drawn: Any) -> Case:
        x = draw.normal(*shape, **drawn)
        vectors = {name: draw.normal(*shape[-last:]).to(x.dtype) for name in KEEPS}
        return Case({"x": x, "normalized_shape": shape[-last:]} | vectors | (eps or {}), note)

    return [
        case(2, 3, 4, last=1),
        case(2, 4, last=1),
        case(3, 2, 4, last=1, std=0.01, note="a spread of 0.01"),
        case(2, 5, 4, last=1, mean=1e6, note=FAR),
        case(1, 5, 4, last=1, dtype=torch.float32, note="float32"),
        case(2, 3, 2, 3, last=3),
        case(3, 2, 3, 2, last=2),
        case(2, 3, 4, last=1, std=0.1, eps={"eps": 0.01}, note="ε = 0.01"),
        Case({"x": draw.normal(2, 3, 4), "normalized_shape": (4,)}, "no γ and β"),
    ]


LAYER_NORM = Exercise(
    name="layer_norm",
    right=layer_norm,
    cases=layer_cases,
    layer=Layer(settings=lambda a: {"normalized_shape": a["normalized_shape"]} | eps_of(a), keeps=KEEPS),
    mistakes=(
        *in_the_steps(layer),
        over_cells(
            "the last axis alone",
            "All axes named in normalized_shape are averaged away: as many, from the end, as it has numbers.",
            layer(axes=lambda n, k: (n - 1,)),
        ),
        over_cells(
            "all axes but the first",
            "normalized_shape says which axes are averaged away. Of tokens (B, T, C) it is C alone: each "
            "token is "
            "normalized by itself.",
            layer(axes=lambda n, k: range(1, n)),
        ),
        over_cells(
            "all axes",
            "Only the axes of normalized_shape are averaged away. With the samples among them, one sample "
            "changes "
            "the others.",
            layer(axes=lambda n, k: range(n)),
        ),
        over_cells(
            "all axes but the last",
            "That is batch norm with the channels last. Layer norm averages the last axes and keeps the "
            "first.",
            layer(axes=lambda n, k: range(n - 1)),
        ),
    ),
)


@dataclass(frozen=True)
class Memory:
    """Which statistics batch norm uses, and how it gathers them. Each mistake replaces one of these."""

    by_batch: Callable[[bool], bool] = lambda training: training
    gathers: Callable[[bool], bool] = lambda training: training
    var: Callable[[Tensor, Axes], Tensor] = unbiased
    share: Callable[[float], float] = lambda momentum: momentum


def batch(
    steps: Steps = RIGHT,
    memory: Memory = Memory(),
    axes: Axes = (0, 2, 3),
) -> Callable:
    """Batch norm of images, with what a mistake may be made in as arguments."""

    def wrong(x, running_mean, running_var, gamma, beta, training, momentum=0.1, eps=1e-5):
        by_channel = [v[:, None, None] for v in (running_mean.clone(), running_var.clone(), gamma, beta)]
        old_mean, old_var, gamma, beta = by_channel
        if memory.gathers(training):
            with torch.no_grad():
                share = memory.share(momentum)
                running_mean.lerp_(x.mean((0, 2, 3)), share)
                running_var.lerp_(memory.var(x, (0, 2, 3)).flatten(), share)
        if memory.by_batch(training):
            return steps.affine(steps.normalize(x, axes, eps), gamma, beta)
        return steps.affine(steps.divide(x - old_mean, old_var, eps), gamma, beta)

    return wrong


def batch_cases() -> list[Case]:
    """Images in training and after it, with and without gradients."""
    draw = Draws(3)

    def case(
        *shape: int, training: bool, note: str, grad: bool = True, more: Arguments | None = None, **drawn: Any
    ) -> Case:
        x = draw.normal(*shape, **drawn)
        C = shape[1]
        vectors = {
            "running_mean": draw.normal(C).to(x.dtype),
            "running_var": draw.uniform(C, low=0.5, high=1.5).to(x.dtype),
            "gamma": draw.normal(C).to(x.dtype),
            "beta": draw.normal(C).to(x.dtype),
        }
        return Case({"x": x} | vectors | {"training": training} | (more or {}), note, grad)

    other = {"momentum": 0.3, "eps": 0.01}
    return [
        case(2, 2, 1, 2, training=True, note="in training"),
        case(2, 2, 2, 1, training=False, note="after training"),
        case(2, 2, 2, 3, training=False, grad=False, note="after training, under no_grad"),
        case(2, 2, 3, 2, training=True, grad=False, note="in training, under no_grad"),
        case(3, 2, 2, 3, training=True, std=0.01, note="in training, a spread of 0.01"),
        case(2, 2, 3, 2, training=True, mean=1e6, note=FAR),
        case(1, 2, 3, 2, training=True, note="in training, one sample"),
        case(4, 3, 2, 3, training=True, dtype=torch.float32, note="in training, float32"),
        case(1, 3, 2, 2, training=False, dtype=torch.float32, note="after training, float32"),
        case(2, 2, 3, 3, training=True, std=0.1, more=other, note="in training, ε = 0.01 and momentum 0.3"),
    ]


def in_memory(name: str, why: str, **replaced: Callable) -> Mistake:
    """A mistake in which statistics are used or gathered."""
    section = "normalization#batch-norm-leans-on-its-batch"
    return Mistake(name, why, batch(memory=Memory(**replaced)), section=section)


BATCH_NORM = Exercise(
    name="batch_norm",
    right=batch_norm,
    cases=batch_cases,
    changes=("running_mean", "running_var"),
    layer=Layer(
        settings=lambda a: (
            {"num_features": a["x"].shape[1]}
            | ({"eps": a["eps"], "momentum": a["momentum"]} if "eps" in a else {})
        ),
        keeps=KEEPS | {"running_mean": (), "running_var": ()},
    ),
    mistakes=(
        *in_the_steps(batch),
        over_cells(
            "each position by itself",
            "Height and width are averaged away together with the samples: one mean for each channel.",
            batch(axes=(0,)),
        ),
        over_cells(
            "each sample by itself",
            "One mean for each sample is layer norm. Batch norm keeps the channels and averages all else.",
            batch(axes=(1, 2, 3)),
        ),
        over_cells(
            "each sample and channel by itself",
            "That is instance norm. Batch norm averages the samples too.",
            batch(axes=(2, 3)),
        ),
        in_memory(
            "biased running variance",
            "The batch is divided by the variance over m, but the running variance gathers the one over m "
            "− 1, an "
            "unbiased guess at what all the data have.",
            var=biased,
        ),
        in_memory(
            "momentum on the wrong side",
            "momentum is the share of the newest batch: running becomes (1 − momentum)·running + "
            "momentum·batch.",
            share=lambda momentum: 1 - momentum,
        ),
        in_memory(
            "nothing gathered in training",
            "Each call in training moves running_mean and running_var, in place: running_mean.lerp_(mean, "
            "momentum).",
            gathers=lambda training: False,
        ),
        in_memory(
            "gathers after training too",
            "Outside training the running statistics are used and not moved.",
            gathers=lambda training: True,
        ),
        in_memory(
            "batch statistics in eval",
            "Outside training x is normalized by the running statistics, so that a sample's output does "
            "not depend "
            "on its neighbors.",
            by_batch=lambda training: True,
        ),
        in_memory(
            "training ignored",
            "The batch's statistics are used, and gathered, in training alone. After it the running ones "
            "stand.",
            by_batch=lambda training: True,
            gathers=lambda training: True,
        ),
        in_memory(
            "running statistics in training",
            "In training x is normalized by the mean and variance of this batch. The running ones wait for "
            "eval.",
            by_batch=lambda training: False,
        ),
        in_memory(
            "grad mode taken for train mode",
            "Whether gradients are recorded says nothing about training: one may evaluate with gradients "
            "and train "
            "without. Ask the argument training.",
            by_batch=lambda training: torch.is_grad_enabled(),
            gathers=lambda training: torch.is_grad_enabled(),
        ),
    ),
)

EXERCISES = (BATCH_NORM, GROUP_NORM, LAYER_NORM)
