"""The likelihood explorer: what was seen, what a model says, and how surprised it is, in two parts."""

from __future__ import annotations

import functools
from math import log

import numpy as np
import torch
from torch import Tensor

from dlsteps.chapters.likelihood.samples import Samples, Surprise, counted, digits, surprise
from dlsteps.nn.likelihood import negative_log_likelihood
from dlsteps.show.words import plural, tex
from dlsteps.stage import (
    Bars,
    Choice,
    Curves,
    Explorer,
    Frame,
    Line,
    Matrix,
    Scalar,
    Select,
    Slider,
    Steps,
    to_display,
)

BEATS = ("labels", "model", "likelihood", "cross-entropy", "H + KL", "every θ")
DATA = ("coin", "four", "out of reach", "sure", "digits")
NAMES = ("two classes", "four classes", "no such model", "one class only", "real digits")
THETAS = (-1.0, -0.5, 0.0, 0.25, 0.5, round(log(2), 3), 1.0, 1.5, 2.0, 3.0)
NEAR = 5e-4  # what three decimals cannot show is told as 0
say = functools.partial(tex, floor=NEAR)
MOST = 12  # classes that can be shown
FINE = torch.linspace(min(THETAS), max(THETAS), 41, dtype=torch.float64)


def explorer(logits: Tensor | None = None, labels: Tensor | None = None, **start: Scalar) -> Explorer:
    """Step from labels to their likelihood, its logarithm, and the two parts of it.

    Args:
        logits: of a model of your own, (N, C); with them `labels`. θ multiplies them: 1 leaves them as given.
        labels: the class of each sample, (N,), 0 to C − 1.
        **start: values of controls to begin with, such as `data="digits", step="H + KL"`.

    Raises:
        TypeError: one of the two is missing, they hold no numbers, or `start` names no control.
        ValueError: they do not fit each other, or there are too many classes to show.
    """
    if (logits is None) != (labels is None):
        raise TypeError("logits and labels come together: explorer(logits, labels)")
    given = None if logits is None else own(logits, labels)
    controls = [Choice("data", "labels", DATA, labels=NAMES)] if given is None else []
    default = THETAS[2] if given is None else 1.0
    controls += [Slider("theta", "θ", THETAS, default=default), Steps("step", "step", BEATS)]
    scene = frame if given is None else functools.partial(frame, data=given)
    title = "What does it cost to believe q?"
    return Explorer("likelihood", title, scene, controls, baked=given is None, start=start)


def own(logits: Tensor, labels: Tensor) -> Samples:
    """A reader's logits and labels in float64 and int64, checked."""
    z = torch.from_numpy(to_display(logits, "logits", limit=1_000_000))
    if z.ndim != 2 or not 2 <= z.shape[1] <= MOST or len(z) == 0:
        raise ValueError(f"logits have shape {tuple(z.shape)}; give (N, C) with N ≥ 1 and C from 2 to {MOST}")
    y = torch.as_tensor(labels)
    if y.shape != z.shape[:1]:
        raise ValueError(
            f"labels have shape {tuple(y.shape)} for logits {tuple(z.shape)}; give one for each row"
        )
    negative_log_likelihood(z, y)  # refuses classes that there are not
    return Samples(z, y.long())


@functools.cache
def samples_called(name: str) -> Samples:
    """The samples of one value of the control `data`."""
    return digits() if name == "digits" else counted(name)


def frame(*, theta: float, step: str, data: str | Samples) -> Frame:
    """What the explorer shows for these control values."""
    samples = samples_called(data) if isinstance(data, str) else data
    found, beat = surprise(samples, theta), BEATS.index(step)
    C = len(found.counts)
    names = [str(c) for c in range(C)]
    bars = torch.stack([found.p, found.q])[: 1 if beat == 0 else 2]
    caption, formula = words(samples, found, theta, step)
    right = curves(samples, theta) if step == "every θ" else by_class(found, names, step)
    return Frame(
        panels=[
            Bars(
                title="the share of each class, in %",
                note="p: of the labels" + ("; q: in the model" if beat else ""),
                values=100 * bars,
                labels=names,
                series=("p", "q")[: len(bars)],
                keys=np.arange(C),
                digits=0,
            ),
            right,
        ],
        lead=f"Step {beat + 1}, {step}.",
        caption=caption,
        formula=formula,
        readout=readout(found, beat),
        select=Select("class", [f"class {c}" for c in names], texts(found)),
        everything=step == "every θ",
    )


def by_class(found: Surprise, names: list[str], step: str) -> Matrix:
    """A row for each class, with the columns that the beat speaks of."""
    n, p, q, each = found.counts, found.p, found.q, found.each
    H, KL, CE = found.shares
    columns = {
        "labels": {"labels": n, "p": p},
        "model": {"labels": n, "p": p, "q": q},
        "likelihood": {"labels": n, "−log q": each, "product": n * each},
        "cross-entropy": {"p": p, "−log q": each, "product": p * each},
        "H + KL": {"H": H, "KL": KL, "sum": CE},
    }[step]
    return Matrix(
        title="class by class",
        note=f"the last column adds up to {say(list(columns.values())[-1].sum())}",
        values=torch.stack(list(columns.values()), 1),
        keys=np.arange(len(names))[:, None],
        rows=names,
        columns=list(columns),
        digits=3,
        scale=1.0 if step != "likelihood" else None,
    )


def curves(samples: Samples, theta: float) -> Curves:
    """H, KL and CE for every θ between the slider's ends; without H the other two are one line."""
    H, KL, CE = sweep(samples)
    rows = {"H": H, "KL": KL, "CE": CE} if H[0] > NEAR else {"H": H, "CE = KL": CE}
    lines = [Line(name, FINE.tolist(), row) for name, row in rows.items()]
    return Curves(title="every θ", lines=lines, x="θ", y="nats", marker=theta)


@functools.lru_cache(maxsize=len(DATA))
def sweep(samples: Samples) -> np.ndarray:
    """H, KL and CE, (3, 41), at every fine θ."""
    return np.array([surprise(samples, t).totals for t in FINE.tolist()]).T


def texts(found: Surprise) -> dict[str, list[str]]:
    """What caption and formula say of a class."""
    return {
        "n": [f"{count:.0f}" for count in found.counts],
        "p": [say(v) for v in found.p],
        "q": [say(v) for v in found.q],
        "each": [say(v) for v in found.each],
        "product": [say(v) for v in found.counts * found.each],
        "share": [say(v) for v in found.shares[2]],
        "H": [say(v) for v in found.shares[0]],
        "KL": [say(v) for v in found.shares[1]],
    }


def readout(found: Surprise, beat: int) -> list[tuple[str, str]]:
    """The totals that have been named by this beat."""
    H, KL, CE = found.totals
    pairs = [
        (0, "labels", f"{found.counts.sum():.0f}"),
        (2, "NLL, all labels", say(found.negative_log_likelihood)),
        (3, "CE, per label", say(CE)),
        (4, "H", say(H)),
        (4, "KL", say(KL)),
    ]
    return [(name, value) for first, name, value in pairs if beat >= first]


def words(samples: Samples, found: Surprise, theta: float, step: str) -> tuple[str, str]:
    """Caption and formula of a beat."""
    N, (H, KL, CE) = len(samples.labels), map(say, found.totals)
    total = say(found.negative_log_likelihood)
    alike = bool((samples.logits == samples.logits[0]).all())
    return {
        "labels": (
            f"{plural(N, 'label')} came. Of «label» there are «n».",
            rf"p = \frac{{«n»}}{{{N}}} = «p»",
        ),
        "model": (
            f"The model gives «label» the probability «q»{'' if alike else ' on average over the samples'}. "
            + ("Its logits are θ times 0, 1, 2, …" if alike else "θ multiplies its logits."),
            rf"q_c = \frac{{e^{{{say(theta)}\, z_c}}}}{{\sum_k e^{{{say(theta)}\, z_k}}}}",
        ),
        "likelihood": (
            f"The likelihood of all {N} is the product of their probabilities. Its negative logarithm is a "
            "sum: a label of «label» costs «each»; there are «n», together «product».",
            rf"-\log \prod_n q(y_n) = {total}",
        ),
        "cross-entropy": (
            f"Divided by {N}, it is an average, in which «label» counts with its share: «p» · «each» = "
            "«share».",
            rf"-\sum_c p_c \log q_c = \frac{{{total}}}{{{N}}} = {CE}",
        ),
        "H + KL": (
            "H is what no model can save. "
            + ("" if alike else "Here no two samples look the same, so it is 0. ")
            + "KL is what this model costs on top. Of «label» come «H» and «KL»; single parts of KL may be "
            "negative, their sum is not.",
            rf"H(p) + D(p\,\Vert\,q) = {H} + {KL} = {CE}",
        ),
        "every θ": (least(samples), rf"\text{{CE}} = H + \text{{KL}} = {H} + {KL} = {CE}"),
    }[step]


def least(samples: Samples) -> str:
    """Where CE is least, between the slider's ends."""
    _, KL, CE = sweep(samples)
    best = int(np.argmin(CE))
    if best in (0, len(CE) - 1):
        return f"CE still falls at θ = {say(FINE[best], 2)}: its least is not in sight, nor is KL's."
    rest = "and q is p" if KL[best] < NEAR else "as near as this model comes to p"
    return (
        "H is level, so CE and KL are least at one θ: of those drawn, "
        f"{say(FINE[best], 1)}. There KL is {say(KL[best])}, {rest}."
    )
