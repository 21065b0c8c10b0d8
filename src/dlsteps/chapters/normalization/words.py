"""What the normalization explorer says: captions and formulas, with «names» for what a selection decides."""

from __future__ import annotations

from torch import Tensor

from dlsteps.chapters.normalization.given import Given
from dlsteps.chapters.normalization.one_pass import Pass
from dlsteps.nn.normalization import Statistics
from dlsteps.show.words import plural, signed, tex

NOUNS = {"batch": "page", "layer": "book", "instance": "page", "group": "booklet", "token": "position"}
AVERAGES = {
    "batch": "average book",
    "layer": "average characters",
    "instance": "average characters",
    "group": "average characters",
    "token": "average pages",
}
SUMS = {  # the count and the index of the sum, as the papers write them
    "batch": (r"NHW", r"n,h,w"),
    "layer": (r"CHW", r"c,h,w"),
    "instance": (r"HW", r"h,w"),
    "group": (r"(C/G)HW", r"c\in g,\,h,w"),
    "token": (r"C", r"c"),
}


def axes(stats: Statistics, mode: str = "train") -> list[tuple[str, str, int, str]]:
    """Letter, noun, size, and "averaged" where it is averaged away, for each axis of the view."""
    names = [("N", "book"), ("C", "page"), ("H", "line"), ("W", "character")]
    if stats.kind == "group":
        names[1:2] = [("G", "booklet"), ("C/G", "page")]
    gone = "averaged" if mode == "train" else ""
    return [
        (letter, plural(size, noun, number=False), size, gone if axis in stats.reduced else "")
        for axis, ((letter, noun), size) in enumerate(zip(names, stats.view, strict=True))
    ]


def factors(stats: Statistics) -> str:
    """The reduced axes: "3 books × 3 lines × 3 characters"."""
    return " × ".join(f"{size} {noun}" for _, noun, size, fate in axes(stats) if fate)


def label(stats: Statistics, key: int) -> str:
    """What the cells with this key are called on the shelf."""
    N, C, H, W = stats.input_shape
    if stats.kind == "batch":
        return f"page {key} of every book" if N > 1 else f"page {key} of the only book"
    if stats.kind == "layer":
        return f"book {key}"
    if stats.kind == "instance":
        return f"page {key % C} of book {key // C}"
    if stats.kind == "token":
        n, h, w = key // (H * W), key % (H * W) // W, key % W
        return f"line {h}, character {w} on every page of book {n}"
    G = stats.shape[1]
    n, g, size = key // G, key % G, C // G
    pages = f"page {g}" if size == 1 else f"pages {g * size} to {(g + 1) * size - 1}"
    return f"booklet {g} of book {n} ({pages})"


def numbers(done: Pass, y: Tensor) -> dict[str, list[str]]:
    """The texts that captions and formulas put in for each key."""
    cells, hats, outs = done.by_key(done.x), done.by_key(done.x_hat), done.by_key(y)
    mean, var = done.mean.flatten(), done.var.flatten()
    return {
        "sum": [tex(c.sum(), 2) for c in cells],
        "mean": [tex(v) for v in mean],
        "less": [f"+ {tex(-v)}" if v < 0 else f"- {tex(v)}" for v in mean],
        "own": [tex(v) for v in done.own_mean.flatten()],
        "var": [tex(v) for v in var],
        "std": [tex((v + done.eps).sqrt()) for v in var],
        "first": [tex(c[0]) for c in cells],
        "hat": [tex(h[0]) for h in hats],
        "out": [tex(o[0]) for o in outs],
        "hatmean": [tex(h.mean()) for h in hats],
        "hatvar": [tex(h.var(unbiased=False)) for h in hats],
    }


def words(done: Pass, step: str, mode: str, given: Given) -> tuple[str, str]:
    """Caption and formula of a beat."""
    if mode == "eval" and step in ("mean", "variance"):
        return stored_mean() if step == "mean" else stored_variance(done.eps)
    if step == "scale & shift":
        return scale_and_shift(given)
    if step == "all groups":
        return all_groups(done, mode)
    return {"cells": cells, "mean": mean, "variance": variance, "normalize": normalized}[step](done.stats)


def cells(stats: Statistics) -> tuple[str, str]:
    size, index = SUMS[stats.kind]
    if stats.count == 1:
        return (
            "Lit: «label», a single number. It is its own mean, so x̂ is 0 whatever it was; "
            "a layer that is trained on such a batch refuses it.",
            r"\mu = x, \quad \hat{x} = \frac{x - x}{\sqrt{0 + \varepsilon}} = 0",
        )
    return (
        f"Lit: «label», {plural(stats.count, 'cell')}. They share one mean and one variance; "
        f"the tensor has {plural(stats.number, 'mean')}.",
        rf"\mu = \frac{{1}}{{{size}}}\sum_{{{index}}} x_{{nchw}}",
    )


def mean(stats: Statistics) -> tuple[str, str]:
    size, index = SUMS[stats.kind]
    total = plural(stats.count, "number")
    return (
        f"Take «label» and average all its characters: {factors(stats)} = {total} become one, «mean».",
        rf"\mu = \frac{{1}}{{{size}}}\sum_{{{index}}} x_{{nchw}} = \frac{{«sum»}}{{{stats.count}}} = «mean»",
    )


def variance(stats: Statistics) -> tuple[str, str]:
    size, index = SUMS[stats.kind]
    return (
        f"Subtract the mean from each of the {stats.count}, square, and average over all {stats.count}: "
        "«var». With ε inside the root, σ = «std».",
        rf"\sigma^2 = \frac{{1}}{{{size}}}\sum_{{{index}}} (x_{{nchw}} - \mu)^2 = «var»",
    )


def stored_mean() -> tuple[str, str]:
    return (
        "In eval mode nothing is averaged. «label» takes the running mean from training, «mean»; "
        "its own would be «own».",
        r"\mu \leftarrow \mu_\text{running} = «mean»",
    )


def stored_variance(eps: float) -> tuple[str, str]:
    return (
        "The running variance, «var», was gathered in training too. With ε inside the root, σ = «std».",
        rf"\sigma = \sqrt{{\sigma^2_\text{{running}} + \varepsilon}} = \sqrt{{«var» + {eps:g}}} = «std»",
    )


def normalized(_: Statistics) -> tuple[str, str]:
    return (
        "Each cell of «label» loses the mean and is divided by σ. "
        "Now these cells have mean «hatmean» and variance «hatvar».",
        r"\hat{x} = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}: \quad "
        r"\frac{«first» «less»}{«std»} = «hat»",
    )


def scale_and_shift(given: Given) -> tuple[str, str]:
    if given.gamma[0, 0].numel() > 1:
        return (
            "Each number of a book has a γ and a β of its own, as layer norms on images have.",
            r"y = \gamma_{chw}\,\hat{x}_{nchw} + \beta_{chw}: \quad «hat» \to «out»",
        )
    g, b = (", ".join(signed(v, 1) for v in values.flatten()[:8]) for values in (given.gamma, given.beta))
    return (
        "Each page is multiplied by its γ and moved by its β, whatever the norm: "
        f"here γ = {g} and β = {b}. A network learns them.",
        r"y = \gamma_c\,\hat{x} + \beta_c: \quad «hat» \to «out»",
    )


def all_groups(done: Pass, mode: str) -> tuple[str, str]:
    """What holds for every statistic at once, measured on this frame."""
    formula = r"\hat{x}_{nchw} = \frac{x_{nchw} - \mu}{\sqrt{\sigma^2 + \varepsilon}}"
    hats = done.by_key(done.x_hat)
    farthest = tex(max(abs(h.mean()) for h in hats))
    noun = plural(done.stats.number, NOUNS[done.stats.kind])
    if mode == "eval":
        text = f"All {noun} by stored statistics: a mean is up to {farthest} away from 0."
        return f"{text} No book looks at another.", formula
    least = tex(min(h.var(unbiased=False) for h in hats))
    text = f"All {noun} done. The largest mean left is {farthest}, the smallest variance {least}."
    if done.stats.kind == "batch" and done.x.shape[0] == 1:
        gap = (done.x_hat - Pass.of(done.x, "instance", None).x_hat).abs().max()
        text += f" One book in the batch: this is instance normalization, largest difference {tex(gap)}."
    return text, formula


def readout(done: Pass, before: Pass, poke: bool, mode: str) -> list[tuple[str, str]]:
    """Counts, and how far a poke of book 0 was felt in the other books."""
    stats = done.stats
    pairs = [
        ("statistics", str(stats.number)),
        ("cells for each", str(stats.count)),
        ("needs the batch?", "yes" if stats.needs_batch and mode == "train" else "no"),
    ]
    if poke:
        others = (done.x_hat - before.x_hat)[1:]
        moved = int((others.abs() > 1e-9).sum())
        pairs.append(("moved in other books", f"{moved} of {others.numel()} cells"))
    return pairs
