"""The normalization explorer: which cells share one mean, and what is done with it, beat by beat."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from dlsteps.chapters.normalization.given import Given, alone, as_books, through
from dlsteps.chapters.normalization.one_pass import Pass
from dlsteps.chapters.normalization.words import AVERAGES, NOUNS, axes, label, numbers, readout, words
from dlsteps.data.feature_maps import digit_feature_maps
from dlsteps.nn.normalization import BatchNorm2d
from dlsteps.stage import (
    Axes,
    Choice,
    Explorer,
    Frame,
    Matrix,
    Scalar,
    Select,
    Shelf,
    Slider,
    Steps,
    Toggle,
    full_color,
)
from dlsteps.stage.controls import Control

NORMS = ("Batch", "Layer", "Instance", "Group", "Token")
BEATS = ("cells", "mean", "variance", "normalize", "all groups", "scale & shift")
LEADS = ("the cells", "the mean", "the variance", "normalize", "all groups", "scale and shift")


def explorer(
    x: Tensor | None = None,
    *,
    layer: nn.Module | None = None,
    running: tuple[Tensor, Tensor] | None = None,
    **start: Scalar,
) -> Explorer:
    """Step through batch, layer, instance, group and token normalization of a tensor.

    Args:
        x: (N, C), (N, C, L) or (N, C, H, W); if not given, three real digits seen through four
            filters, (3, 4, 3, 3).
        layer: a normalization layer of your own that takes `x`, torch's or the book's: its norm alone is
            offered, with its ε, its γ and β, and its running statistics.
        running: mean and variance of each channel, (C,) each, for batch normalization in eval mode;
            without them (and with an `x` of your own) that mode is not offered.
        **start: values of controls to begin with, such as `norm="Group", step="mean"`.

    Raises:
        TypeError, ValueError: `x` cannot be shown, `layer` is not known or does not take it, `running` does
            not fit it, or `start` names no control or no value of one; the message says what does.
    """
    given = _given(x, layer, running)
    if layer is not None and given.running is not None:
        start = {"mode": "train" if given.training else "eval", **start}
    scene = functools.partial(frame, given)
    title, own = "Which cells share one mean?", x is not None
    return Explorer("normalization", title, scene, _controls(given), baked=not own, start=start)


def _given(x: Tensor | None, layer: nn.Module | None, running: tuple[Tensor, Tensor] | None) -> Given:
    if layer is not None and (x is None or running is not None):
        raise TypeError(
            "a layer comes with its x, and brings its running statistics: explorer(x, layer=layer)"
        )
    if layer is not None:
        return through(torch.as_tensor(x), layer)
    if x is None:
        return alone(digit_feature_maps(), running or running_statistics())
    return alone(as_books(x), running)


def _controls(given: Given) -> list[Control]:
    C = given.x.shape[1]
    divisors = [g for g in range(1, C + 1) if C % g == 0]
    only = {"norm": [given.norm or "Group"]}
    norms = Choice("norm", "norm", [given.norm] if given.norm else NORMS)
    if given.norm:
        controls = [norms]
        if given.norm == "Group":
            controls.append(Slider("groups", "groups G", [given.groups]))
    else:
        middle = divisors[len(divisors) // 2]
        controls = [norms, Slider("groups", "groups G", divisors, default=middle, when=only)]
    if given.running is not None:
        controls.append(Choice("mode", "mode", ("train", "eval"), when={"norm": ["Batch"]}))
    if given.x.shape[0] > 1:
        labels = (f"{given.x.shape[0]} books", "1 book")
        controls.append(Choice("batch", "batch", ("all", "one"), labels=labels))
    return [*controls, Toggle("poke", "book 0 × 10"), Steps("step", "step", BEATS)]


@functools.cache
def running_statistics(batches: int = 60, size: int = 8) -> tuple[Tensor, Tensor]:
    """What a `BatchNorm2d` has gathered after 60 batches of digits, none of them shown in the explorer."""
    layer = BatchNorm2d(4).double()
    maps = digit_feature_maps(3 + batches * size)[3:]
    for batch in maps.split(size):
        layer(batch)
    return layer.running_mean, layer.running_var


def frame(
    given: Given,
    *,
    norm: str,
    poke: bool,
    step: str,
    groups: int = 1,
    batch: str = "all",
    mode: str = "train",
) -> Frame:
    """What the explorer shows for these control values."""
    kind, beat = norm.lower(), BEATS.index(step)
    calm = given.x[:1] if batch == "one" else given.x
    poked = calm.clone()
    if poke:
        poked[0] *= 10
    settings = (
        kind,
        groups if kind == "group" else None,
        given.running if mode == "eval" else None,
        given.eps,
    )
    done, before = Pass.of(poked, *settings), Pass.of(calm, *settings)
    y = done.x_hat * given.gamma + given.beta
    hat = done.x_hat, "x̂"
    later = {"normalize": hat, "all groups": hat, "scale & shift": (y, "y")}
    shown, title = later.get(step, (done.x, "x"))
    scale = full_color(calm.numpy()) if title == "x" else 2.0
    caption, formula = words(done, step, mode, given)
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
            learned(given) if step == "scale & shift" else statistic(done, kind, step, scale),
            Axes(title="which axes vanish", axes=axes(done.stats, mode)),
        ],
        lead=f"Step {beat + 1}, {LEADS[beat]}.",
        caption=caption,
        formula=formula,
        readout=readout(done, before, poke, mode),
        select=Select(
            NOUNS[kind], [label(done.stats, k) for k in range(done.stats.number)], numbers(done, y)
        ),
        everything=step in ("all groups", "scale & shift"),
    )


def learned(given: Given) -> Shelf | Matrix:
    """The panel beside the result: the γ and β it was made with."""
    both = torch.cat([given.gamma, given.beta])
    if both[0, 0].numel() > 1:
        shape = list(given.gamma.shape[1:])
        return Shelf(title="γ and β", note=f"shape {shape} each; γ left, β right", values=both, column="")
    rows = [f"page {c}" for c in range(both.shape[1])]
    values, note = both.flatten(1).T, f"({len(rows)},) each"
    return Matrix(title="γ and β", note=note, values=values, rows=rows, columns=("γ", "β"), scale=2.0)


def statistic(done: Pass, kind: str, step: str, scale: float) -> Shelf:
    """The panel beside the tensor: the mean, then the variance, each where its cells are."""
    averaging = step in ("cells", "mean")
    value, title = (done.mean, f"{AVERAGES[kind]} μ") if averaging else (done.var, "variance σ²")
    return Shelf(
        title=title,
        note=f"shape {list(done.stats.shape)}",
        values=value,
        keys=torch.arange(done.stats.number).reshape(done.stats.shape).numpy(),
        digits=3,
        scale=scale,
        pages=done.x.shape[1],
        pending=step == "cells",
        reveal=step != "all groups",
        column="" if kind == "batch" else "book",
        row={"layer": "", "token": "", "group": "booklet"}.get(kind, "page"),
    )
