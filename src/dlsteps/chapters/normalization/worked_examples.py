"""The worked examples explorer: the notes' 3×3 matrix and 2×2×3 tensor, one column or row at a time."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dlsteps.chapters.normalization.examples import MATRIX, TENSOR
from dlsteps.nn.normalization import normalize, statistics
from dlsteps.show.words import plural, signed, tex
from dlsteps.stage import Choice, Explorer, Frame, Matrix, Scalar, Select, Steps

EPS = 1e-5
BEATS = ("numbers", "mean", "variance", "normalize")
NOUNS = {"batch": "feature", "layer": "sample", "token": "row"}


def explorer(**start: Scalar) -> Explorer:
    """Step through batch and layer normalization of the two examples in the notes.

    Args:
        **start: values of controls to begin with, such as `norm="Layer"`.
    """
    controls = [
        Choice("example", "example", ("matrix", "tensor"), labels=("3 × 3", "2 × 2 × 3")),
        Choice("norm", "norm", ("Batch", "Layer")),
        Choice(
            "unit", "a sample is", ("block", "row"), labels=("its 2 × 3 block", "each row (NLP)"),
            when={"example": ["tensor"], "norm": ["Layer"]},
        ),
        Steps("step", "step", BEATS),
    ]  # fmt: skip
    return Explorer(
        "worked_examples", "What do the notes' two examples come to?", frame, controls, start=start
    )


def frame(*, example: str, norm: str, unit: str, step: str) -> Frame:
    """What the explorer shows for these control values."""
    x = MATRIX if example == "matrix" else TENSOR
    rows_are_samples = norm == "Layer" and unit == "row"
    if rows_are_samples:  # (batch, token, features): one statistic for each (batch, token)
        stats = statistics(x.shape, "token", channel_axis=-1)
    else:
        stats = statistics(x.shape, norm.lower())
    x_hat, mean, var = normalize(x, stats.reduced, EPS)
    beat = BEATS.index(step)
    keys = stats.key
    labels = [name(stats.kind, k, x.shape) for k in range(stats.number)]
    panels = [table("x", x, keys, digits=0, scale=7.0)]
    if beat == 3:
        panels.append(table("x̂", x_hat, keys, digits=4, scale=2.0, reveal=True))
    elif beat > 0:
        panels.append(statistic(mean, var, beat, stats.number, labels))
    return Frame(
        panels=panels,
        lead=("The numbers.", "The mean.", "The variance.", "Normalize.")[beat],
        caption=CAPTIONS[beat],
        formula=FORMULAS[beat].replace("COUNT", str(stats.count)),
        readout=[("statistics", str(stats.number)), ("numbers for each", str(stats.count))],
        select=Select(NOUNS[stats.kind], labels, texts(x, x_hat, mean, var, keys, stats.number)),
    )


CAPTIONS = (
    "Take «label»: «numbers». They share one mean and one variance.",
    "The mean of «numbers» is «mean».",
    "The squared distances from «mean» average to «var», divided by the count and not by one less.",
    "In «label», «numbers» become «hats».",
)
FORMULAS = (
    r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}",
    r"\mu = \frac{«sum»}{COUNT} = «mean»",
    r"\sigma^2 = \frac{1}{COUNT}\sum (x - «mean»)^2 = «var»",
    r"\hat{x} = \frac{x - «mean»}{\sqrt{«var» + 10^{-5}}}",
)


def name(kind: str, key: int, shape: torch.Size) -> str:
    if kind == "batch":
        return f"feature {key} of every sample"
    if kind == "layer":
        return f"sample {key}"
    return f"row {key % shape[1]} of sample {key // shape[1]}"


def table(title: str, x: Tensor, keys: np.ndarray, **options: object) -> Matrix:
    """(N, F) as it is; (N, F, L) with a row for each sample and feature."""
    if x.ndim == 2:
        rows = [f"sample {n}" for n in range(x.shape[0])]
        columns = [f"feature {c}" for c in range(x.shape[1])]
    else:
        rows = [f"sample {n}, feature {c}" for n in range(x.shape[0]) for c in range(x.shape[1])]
        columns = [f"h·w {p}" for p in range(x.shape[2])]
    return Matrix(
        title=title,
        note=f"shape {list(x.shape)}",
        values=x.reshape(-1, x.shape[-1]),
        keys=keys.reshape(-1, x.shape[-1]),
        rows=rows,
        columns=columns,
        **options,
    )


def statistic(mean: Tensor, var: Tensor, beat: int, number: int, labels: list[str]) -> Matrix:
    """One row for each statistic."""
    values, title = (var, "variance σ²") if beat == 2 else (mean, "mean μ")
    return Matrix(
        title=title,
        note=f"{plural(number, 'number')}",
        values=values.reshape(-1, 1),
        keys=np.arange(number).reshape(-1, 1),
        rows=[text.removesuffix(" of every sample") for text in labels],
        digits=4,
        scale=7.0,
        reveal=True,
    )


def texts(
    x: Tensor, x_hat: Tensor, mean: Tensor, var: Tensor, keys: np.ndarray, number: int
) -> dict[str, list[str]]:
    picked = [torch.from_numpy(keys == k) for k in range(number)]
    return {
        "numbers": [", ".join(signed(v, 0) for v in x[p]) for p in picked],
        "hats": [", ".join(signed(v, 4) for v in x_hat[p]) for p in picked],
        "sum": [tex(x[p].sum(), 0) for p in picked],
        "mean": [tex(v, 4) for v in mean.flatten()],
        "var": [tex(v, 4) for v in var.flatten()],
    }
