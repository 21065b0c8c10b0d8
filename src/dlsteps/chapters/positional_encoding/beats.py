"""The frames of the explorer of positions: a function for each beat, and for what differs between kinds."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from dlsteps.chapters.positional_encoding.kinds import (
    ADDED,
    HEADS,
    ROWS,
    bias,
    encoding,
    moved,
    score,
    turned,
    turns,
)
from dlsteps.nn.positional import alibi_slopes, angles
from dlsteps.show.words import plural, tex
from dlsteps.stage import Bars, Curves, Frame, Line, Matrix, Select
from dlsteps.stage.panels.panel import Panel

BY, FAR = 3, 40  # how far positions are moved on, and the largest distance
FEW = 5  # positions that are shown beside a matrix
QUERIES = (0, 5, 20)
NAMES = {"sinusoidal": "PE", "learned": "W", "rotary": "R q"}


def matrix(title: str, note: str, values: Tensor, positions: Tensor, **more: object) -> Matrix:
    """A row for each position."""
    rows, keys = [f"p = {p}" for p in positions.tolist()], np.arange(len(values))[:, None]
    return Matrix(title=title, note=note, values=values, rows=rows, **{"keys": keys, "digits": 2, **more})


def select(positions: Tensor, **texts: list[str]) -> Select:
    """Positions that can be selected, and what a caption says of each."""
    names = [str(p) for p in positions.tolist()]
    return Select("position", [f"position {p}" for p in names], {"p": names, **texts})


def penalties(positions: Tensor, **more: object) -> Matrix:
    """What the first head of ALiBi adds to the scores."""
    columns = [str(p) for p in positions.tolist()]
    note = f"head 1 of {HEADS}, added to the scores"
    return matrix("bias", note, bias(positions), positions, columns=columns, **{"digits": 1, **more})


def numbers(positions: Tensor, kind: str, d: int) -> Frame:
    """What is added to the token at each position, or what is done in place of that."""
    if kind in ADDED:
        return added(positions, kind, d)
    return turned_query(positions, d) if kind == "rotary" else taken_away(positions)


def added(positions: Tensor, kind: str, d: int) -> Frame:
    values = encoding(kind, positions, d)
    note = f"shape {list(values.shape)}, added to the tokens"
    if kind == "sinusoidal":
        lead, caption = (
            "Added.",
            (
                f"To the token at «label» these {d} numbers are added: sine and cosine of {d // 2} angles. "
                "Its first pair is «first», «second»."
            ),
        )
        formula = r"\sin «p» = «first», \quad \cos «p» = «second»"
    else:
        lead, caption = (
            "A table.",
            (
                "To the token at «label» row «p» of a table is added. Here it is as drawn, before training. "
                f"After row {ROWS - 1} the table ends."
            ),
        )
        formula = r"y_{«p»} = x_{«p»} + W_{«p»}"
    texts = {"first": [tex(v) for v in values[:, 0]], "second": [tex(v) for v in values[:, 1]]}
    return Frame(
        panels=[matrix(NAMES[kind], note, values, positions)],
        lead=lead,
        caption=caption,
        formula=formula,
        select=select(positions, **texts),
    )


def turned_query(positions: Tensor, d: int) -> Frame:
    q, values = turned(positions, d)
    pairs = [[j // 2 * 2, j // 2 * 2 + 1] for _ in positions for j in range(d)]
    return Frame(
        panels=[
            Matrix(title="q", note="one query", values=q[None], rows=["q"]),
            matrix(NAMES["rotary"], "the query, turned", values, positions, reads={"q": pairs}),
        ],
        lead="Turned.",
        caption="Nothing is added to the token. At «label» each pair of numbers of a query, or of a key, is "
        "turned by an angle. The query's length stays «length».",
        formula=rf"{tex(q[0])} \cos «p» - ({tex(q[1])}) \sin «p» = «first»",
        select=select(
            positions, length=[tex(row.norm()) for row in values], first=[tex(v) for v in values[:, 0]]
        ),
    )


def taken_away(positions: Tensor) -> Frame:
    slope = tex(alibi_slopes(HEADS)[0])
    return Frame(
        panels=[penalties(positions)],
        lead="Taken away.",
        caption="Neither tokens nor queries change. In head 1 the query at «label» loses "
        f"{slope} of its score for each token of distance, at most «most» here.",
        formula=rf"z_{{ts}} = \frac{{q_t \cdot k_s}}{{\sqrt{{d_k}}}} - {slope} \cdot |t - s|",
        select=select(positions, most=[tex(-row.min()) for row in bias(positions)]),
    )


def clocks(positions: Tensor, kind: str, d: int) -> Frame:
    """The same numbers as lines over the positions; of clocks, where their hands stand."""
    if kind == "ALiBi":
        return slopes()
    return unordered(d) if kind == "learned" else hands(positions, kind, d)


def slopes() -> Frame:
    far, found = torch.arange(FAR + 1), alibi_slopes(HEADS)
    names = [f"head {h}" for h in range(1, HEADS + 1)]
    lines = [Line(name, far.tolist(), (-m * far).tolist()) for name, m in zip(names, found, strict=True)]
    return Frame(
        panels=[
            Bars(title="slopes", values=found[None], labels=names, digits=3),
            Curves(title="what is added to a score", lines=lines, x="distance"),
        ],
        lead="No clock.",
        caption=f"Each of {HEADS} heads has a slope of its own. Head 1 looks at neighbors, head {HEADS} far.",
        formula=rf"m_h = 2^{{-8h/{HEADS}}}",
    )


def unordered(d: int) -> Frame:
    far = torch.arange(FAR + 1)
    values = encoding("learned", far, d)
    lines = [Line(f"number {j}", far.tolist(), values[:, j].tolist()) for j in range(min(d, 4))]
    return Frame(
        panels=[Curves(title="numbers of W over the positions", lines=lines, x="position")],
        lead="No clock.",
        caption="Before training a row says nothing of its neighbors. A row that no training sentence "
        "reaches stays as it was drawn.",
        formula=rf"W \in \mathbb{{R}}^{{{ROWS} \times {d}}}",
    )


def hands(positions: Tensor, kind: str, d: int) -> Frame:
    far, last = torch.arange(FAR + 1), d // 2 - 1
    drawn = encoding(kind, far, d) if kind in ADDED else turned(far, d)[1]
    lines = [Line(f"pair {i}", far.tolist(), drawn[:, 2 * i].tolist()) for i in range(min(d // 2, 4))]
    where, columns = turns(positions, d), [str(i) for i in range(d // 2)]
    note = "where each hand stands, 0 to 1"
    return Frame(
        panels=[
            matrix("turns", note, where, positions, columns=columns, scale=1.0),
            Curves(title="the first number of each pair", lines=lines, x="position"),
        ],
        lead=f"{plural(d // 2, 'clock')}.",
        caption=f"At «label» clock 0 has turned by «p» radians, clock {last} by «last». The fast hands tell "
        "neighbors apart, the slow ones what is far.",
        formula=rf"\omega_{{{last}}}\, p = 10000^{{-{d - 2}/{d}}} \cdot «p» = «last»",
        select=select(positions, last=[tex(v) for v in angles(positions, d)[:, -1]]),
    )


def move_on(positions: Tensor, kind: str, d: int) -> Frame:
    """One matrix for all positions, or none."""
    if kind == "ALiBi":
        return moved_together(positions)
    positions = positions[:FEW]
    here, M, there, left = moved(kind, positions, d, BY)
    name, T = NAMES[kind], len(positions)
    reads = {
        f"{name} at p": [list(range(t * d, (t + 1) * d)) for t in range(T) for _ in range(d)],
        "M": [list(range(j * d, (j + 1) * d)) for _ in range(T) for j in range(d)],
    }
    fits = left < 1e-9
    caption = (
        f"One matrix moves every position on by {BY}. It turns each pair by an angle that is the same "
        "wherever the token stands. Lit: from «label»."
        if fits
        else f"No matrix does this for a table of {ROWS} drawn rows. The best one misses them by "
        f"{100 * left:.0f} % of their size. Lit: from «label»."
    )
    sign = "=" if fits else r"\ne"
    return Frame(
        panels=[
            matrix(f"{name} at p", "", here, positions, keys=None),
            Matrix(title="M", note=f"moves on by {BY}", values=M),
            matrix(f"{name} at p + {BY}", "", there, positions, reads=reads),
        ],
        lead="One matrix." if fits else "No matrix.",
        caption=caption,
        formula=rf"M \; \text{{{name}}}_{{«p»}} {sign} \text{{{name}}}_{{«next»}}",
        select=select(positions, next=[str(p + BY) for p in positions.tolist()]),
    )


def moved_together(positions: Tensor) -> Frame:
    apart = (positions[:, None] - positions).abs()
    order, ranks = torch.unique(apart, return_inverse=True)
    return Frame(
        panels=[penalties(positions, keys=ranks.numpy())],
        lead="The same everywhere.",
        caption=f"Move query and key on by {BY}, and the bias is the same: it knows their distance alone. "
        "Lit: «label».",
        formula=rf"b_{{t+{BY},\,s+{BY}}} = b_{{ts}}",
        select=Select("distance", [f"distance {k}" for k in order.tolist()]),
    )


def distance(kind: str, d: int) -> Frame:
    """The score of the same two tokens against their distance, with the query at three places."""
    k = torch.arange(FAR + 1)
    found = {f"query at {p}": score(kind, torch.full_like(k, p), p + k, d) for p in QUERIES}
    apart = (torch.stack(list(found.values())) - next(iter(found.values()))).abs().max().item()
    lines = [Line(name, k.tolist(), values.tolist()) for name, values in found.items()]
    panels: list[Panel] = [
        Curves(title="score of two tokens", note="the same two", lines=lines, x="distance", keys=range(3))
    ]
    if kind in ADDED:
        panels.append(encodings_alone(kind, d))
    alike = apart < 1e-9
    said = (
        "All three lines are one: the score sees the distance, and not where the two stand."
        if alike
        else f"The lines lie up to {tex(apart)} apart: the score has products of tokens with encodings in it."
    )
    formula = {"rotary": r"(R_t q) \cdot (R_s k) = q \cdot (R_{s-t}\, k)", "ALiBi": r"q \cdot k - m\,|t - s|"}
    mixed = r"(x + e_t)\, W_Q^\top W_K\, (y + e_s)"
    return Frame(
        panels=panels,
        lead="Distance alone." if alike else "Place and distance.",
        caption=f"{said} Lit: «label».",
        formula=formula.get(kind, mixed),
        readout=[("largest gap", tex(apart))],
        select=Select("line", list(found)),
    )


def encodings_alone(kind: str, d: int) -> Curves:
    k = torch.arange(FAR + 1)
    lines = [
        Line(f"p = {p}", k.tolist(), (encoding(kind, p + k, d) @ encoding(kind, k[:1] + p, d)[0]).tolist())
        for p in QUERIES
    ]
    return Curves(title="encoding times encoding", note="without tokens", lines=lines, x="distance")
