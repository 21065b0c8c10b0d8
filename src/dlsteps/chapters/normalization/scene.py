"""The normalization explorer: which cells share one mean, and what is done with it, beat by beat."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from dlsteps.chapters.normalization.one_pass import Pass
from dlsteps.chapters.normalization.words import AVERAGES, NOUNS, axes, label, numbers, readout, words
from dlsteps.data.feature_maps import digit_feature_maps
from dlsteps.nn.normalization import BatchNorm2d
from dlsteps.stage import (
    Axes,
    Choice,
    Explorer,
    Frame,
    Scalar,
    Select,
    Shelf,
    Slider,
    Steps,
    Toggle,
    full_color,
    to_display,
)

NORMS = ("Batch", "Layer", "Instance", "Group", "Token")
BEATS = ("cells", "mean", "variance", "normalize", "scale & shift", "all groups")
LEADS = ("the cells", "the mean", "the variance", "normalize", "scale and shift", "all groups")


def explorer(
    x: Tensor | None = None, *, running: tuple[Tensor, Tensor] | None = None, **start: Scalar
) -> Explorer:
    """Step through batch, layer, instance, group and token normalization of a tensor.

    Args:
        x: (N, C), (N, C, L) or (N, C, H, W); if not given, three real digits seen through four edge
            filters, (3, 4, 3, 3).
        running: mean and variance of each channel, (C,) each, for batch normalization in eval mode;
            without them (and with an `x` of your own) that mode is not offered.
        **start: values of controls to begin with, such as `norm="Group", step="mean"`.

    Raises:
        TypeError, ValueError: `x` cannot be shown, `running` does not fit it, or `start` names no control or
            no value of one; the message says what does.
    """
    own = x is not None
    x = as_books(x) if own else digit_feature_maps()
    C = x.shape[1]
    if running is not None:
        running = as_channels(running, C)
    elif not own:
        running = running_statistics()
    divisors = [g for g in range(1, C + 1) if C % g == 0]
    middle = divisors[len(divisors) // 2]
    controls = [
        Choice("norm", "norm", NORMS),
        Slider("groups", "groups G", divisors, default=middle, when={"norm": ["Group"]}),
    ]
    if running is not None:
        controls.append(Choice("mode", "mode", ("train", "eval"), when={"norm": ["Batch"]}))
    if x.shape[0] > 1:
        controls.append(Choice("batch", "batch", ("all", "one"), labels=(f"{x.shape[0]} books", "1 book")))
    controls += [Toggle("poke", "book 0 × 10"), Steps("step", "step", BEATS)]
    scene = functools.partial(frame, x, running)
    return Explorer(
        "normalization", "Which cells share one mean?", scene, controls, baked=not own, start=start
    )


def as_books(x: Tensor) -> Tensor:
    """A reader's tensor as (N, C, H, W), float64, detached."""
    values = torch.from_numpy(to_display(x, "x"))
    if not 2 <= values.ndim <= 4 or values.numel() == 0:
        raise ValueError(
            f"x has shape {tuple(values.shape)}; give (N, C), (N, C, L) or (N, C, H, W), no axis empty"
        )
    N, C, *rest = values.shape
    return values.reshape(N, C, *([1] * (2 - len(rest))), *rest)


def as_channels(running: tuple[Tensor, Tensor], C: int) -> tuple[Tensor, Tensor]:
    """A mean and a variance for each channel, float64, detached."""
    mean, var = (torch.from_numpy(to_display(value, "running")) for value in running)
    if mean.shape != (C,) or var.shape != (C,):
        raise ValueError(
            f"running has shapes {tuple(mean.shape)} and {tuple(var.shape)}; "
            f"give the mean and the variance of each of the {C} channels, ({C},) each"
        )
    return mean, var


@functools.cache
def running_statistics(batches: int = 60, size: int = 8) -> tuple[Tensor, Tensor]:
    """What a `BatchNorm2d` has gathered after 60 batches of digits, none of them shown in the explorer."""
    layer = BatchNorm2d(4).double()
    maps = digit_feature_maps(3 + batches * size)[3:]
    for batch in maps.split(size):
        layer(batch)
    return layer.running_mean, layer.running_var


def frame(
    x: Tensor,
    running: tuple[Tensor, Tensor] | None,
    *,
    norm: str,
    groups: int,
    poke: bool,
    step: str,
    batch: str = "all",
    mode: str = "train",
) -> Frame:
    """What the explorer shows for these control values."""
    kind = norm.lower()
    calm = x[:1] if batch == "one" else x
    poked = calm.clone()
    if poke:
        poked[0] *= 10
    running = running if mode == "eval" else None
    groups = groups if kind == "group" else None
    done = Pass.of(poked, kind, groups, running)
    before = Pass.of(calm, kind, groups, running)
    beat = BEATS.index(step)
    gamma, beta = scale_and_shift(x.shape[1])
    y = done.x_hat * gamma + beta
    shown = (done.x, done.x, done.x, done.x_hat, y, done.x_hat)[beat]
    title = ("x", "x", "x", "x̂", "y", "x̂")[beat]
    scale = full_color(calm.numpy()) if beat < 3 else 2.0
    caption, formula = words(done, beat, mode, gamma, beta)
    return Frame(
        panels=[
            Shelf(
                title=title,
                note=f"shape {list(shown.shape)}",
                values=shown,
                keys=done.stats.key,
                scale=scale,
                cube=True,
            ),
            statistic(done, kind, beat, scale),
            Axes(title="which axes vanish", axes=axes(done.stats, mode)),
        ],
        lead=f"Step {beat + 1}, {LEADS[beat]}.",
        caption=caption,
        formula=formula,
        readout=readout(done, before, poke, mode),
        select=Select(
            NOUNS[kind], [label(done.stats, k) for k in range(done.stats.number)], numbers(done, y)
        ),
        everything=step == "all groups",
    )


def scale_and_shift(C: int) -> tuple[Tensor, Tensor]:
    """A γ and a β for each page, chosen to be told apart; in a network they are learned."""
    c = torch.arange(C, dtype=torch.float64)
    return (1 + c % 3 / 2).reshape(1, C, 1, 1), (c % 3 - 1).reshape(1, C, 1, 1)


def statistic(done: Pass, kind: str, beat: int, scale: float) -> Shelf:
    """The panel beside the tensor: the mean, then the variance, each where its cells are."""
    value, title = (done.mean, f"{AVERAGES[kind]} μ") if beat < 2 else (done.var, "variance σ²")
    return Shelf(
        title=title,
        note=f"shape {list(done.stats.shape)}",
        values=value,
        keys=torch.arange(done.stats.number).reshape(done.stats.shape).numpy(),
        digits=3,
        scale=scale,
        pages=done.x.shape[1],
        reveal=beat < 5,
        column="" if kind == "batch" else "book",
        row={"layer": "", "token": "", "group": "booklet"}.get(kind, "page"),
    )
