"""The attention explorer: from queries and keys to scores, shares, and what a token takes of the others."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from math import sqrt

import torch
from torch import Tensor

from dlsteps.chapters.attention import panels
from dlsteps.chapters.attention.given import Given, from_layer, from_vectors, translator
from dlsteps.nn.attention import AttentionSteps, attention_steps
from dlsteps.show.words import plural
from dlsteps.show.words import tex as say
from dlsteps.stage import Choice, Explorer, Frame, Scalar, Select, Steps, Toggle
from dlsteps.stage.panels.panel import Panel

BEATS = ("q and k", "q · k", "scale", "mask", "softmax", "values", "all masks")


def explorer(
    x: Tensor | None = None,
    layer: torch.nn.Module | None = None,
    *,
    q: Tensor | None = None,
    k: Tensor | None = None,
    v: Tensor | None = None,
    mask: Tensor | None = None,
    words: Sequence[str] | None = None,
    **start: Scalar,
) -> Explorer:
    """Step from queries and keys to the output of each head; compare masks.

    Args:
        x: vectors of one sentence of your own, (T, d_model); with them `layer`.
        layer: a `MultiheadAttention`, torch's or the book's.
        q: in place of these, queries of your own, (T, d_k) or (h, T, d_k); with them `k` and `v`.
        k: keys (S, d_k) or (h, S, d_k).
        v: values (S, d_v) or (h, S, d_v).
        mask: boolean (T, S), `True` = may attend.
        words: a name for each token.
        **start: values of controls to begin with, such as `step="mask", kept="causal"`.

    Raises:
        TypeError: of x and layer, or of q, k and v, one is missing; or `start` names no control.
        ValueError: they do not fit each other, or there are too many tokens to show.
    """
    given = own(x, layer, (q, k, v), mask, words)
    shown = translator() if given is None else given
    later = list(BEATS[2:])
    controls = [
        Steps("step", "step", BEATS),
        Choice("head", "head", tuple(range(1, len(shown.q) + 1))),
        Toggle("scale", "divide by √d_k", default=True, when={"step": later}),
        Choice("kept", "mask", tuple(shown.masks), when={"step": list(BEATS[3:6])}),
    ]
    scene = frame if given is None else functools.partial(frame, given=given)
    title = "Who listens to whom?"
    return Explorer("attention", title, scene, controls, baked=given is None, start=start)


def own(
    x: Tensor | None,
    layer: torch.nn.Module | None,
    vectors: tuple[Tensor | None, ...],
    mask: Tensor | None,
    words: Sequence[str] | None,
) -> Given | None:
    """What a reader gave, or None for nothing."""
    by_layer, by_vectors = [one is not None for one in (x, layer)], [one is not None for one in vectors]
    halves = any(by_layer) != all(by_layer) or any(by_vectors) != all(by_vectors)
    if halves or (any(by_layer) and any(by_vectors)):
        raise TypeError(
            "give x and layer together, or q, k and v together: explorer(x=tokens, layer=attention)"
        )
    if any(by_layer):
        return from_layer(x, layer, mask, words)
    if any(by_vectors):
        return from_vectors(*vectors, mask, words)
    if mask is not None or words is not None:
        raise TypeError("mask and words belong to tokens of your own; give x and layer, or q, k and v")
    return None


def steps_of(given: Given, head: int, scale: bool, kept: str) -> AttentionSteps:
    """All that one head computes; heads count from 1, as the reader sees them."""
    q, k, v = (part[head - 1] for part in (given.q, given.k, given.v))
    return attention_steps(q, k, v, given.masks[kept], scale=None if scale else 1.0)


def frame(*, step: str, head: int, scale: bool, kept: str, given: Given | None = None) -> Frame:
    """What the explorer shows for these control values."""
    given = given or translator()
    found, beat = steps_of(given, head, scale, kept), BEATS.index(step)
    caption, formula = words_of(given, step, scale, kept)
    return Frame(
        panels=panels_of(given, found, head, step, scale),
        lead=f"Step {beat + 1}, {step}.",
        caption=caption,
        formula=formula,
        readout=readout(given, found, beat),
        select=Select(
            "query", [f"the query of “{word}”" for word in numbered(given.queries)], texts(given, found, head)
        ),
    )


def panels_of(given: Given, found: AttentionSteps, head: int, step: str, scale: bool) -> list[Panel]:
    """The panels of one step."""
    if step == "all masks":
        shares = {name: steps_of(given, head, scale, name).weights for name in given.masks}
        return panels.side_by_side(given, shares)
    return {
        "q and k": lambda: panels.asked(given, head),
        "q · k": lambda: panels.multiplied(given, found, head),
        "scale": lambda: panels.scaled(given, found),
        "mask": lambda: panels.masked(given, found),
        "softmax": lambda: panels.shared(given, found),
        "values": lambda: panels.summed(given, found, head),
    }[step]()


def numbered(words: Sequence[str]) -> list[str]:
    """The words, with their place where one stands twice."""
    return [f"{word} ({n})" if words.count(word) > 1 else word for n, word in enumerate(words)]


def texts(given: Given, found: AttentionSteps, head: int) -> dict[str, list[str]]:
    """What caption and formula say of a query: its word, and its numbers with the key of the top score."""
    v, keys = given.v[head - 1], numbered(list(given.keys))
    best = found.masked.argmax(-1)
    at = torch.arange(len(best)), best
    totals = (found.masked - found.masked[at][:, None]).exp().sum(-1)  # over the largest term
    left = torch.isfinite(found.masked).sum(-1)
    return {
        "query": numbered(list(given.queries)),
        "key": [keys[s] for s in best],
        "product": [say(z) for z in found.products[at]],
        "score": [say(z) for z in found.scores[at]],
        "ratio": [
            rf"\frac{{1}}{{{say(total)}}}" if n else r"\text{nothing is left}"
            for total, n in zip(totals, left, strict=True)
        ],
        "share": [say(w) for w in found.weights[at]],
        "left": [str(int(n)) for n in left],
        "value": [say(v[s, 0]) for s in best],
        "output": [say(z) for z in found.output[:, 0]],
    }


def readout(given: Given, found: AttentionSteps, beat: int) -> list[tuple[str, str]]:
    """What has been named by this beat."""
    weights = found.weights
    entropy = torch.special.entr(weights).sum(-1).mean()
    pairs = [
        (0, "d_k", str(given.q.shape[-1])),
        (1, "spread of the products", say(found.products.std(correction=0))),
        (2, "spread of the scores", say(found.scores.std(correction=0))),
        (4, "entropy of a row, on average", f"{say(entropy)} nats"),
    ]
    return [(name, value) for first, name, value in pairs if first <= beat < BEATS.index("all masks")]


def words_of(given: Given, step: str, scale: bool, kept: str) -> tuple[str, str]:
    """Caption and formula of a step."""
    d_k, S = given.q.shape[-1], len(given.keys)
    masking = f"The mask “{kept}” leaves" if kept != "none" else "Without a mask there are"
    return {
        "q and k": (
            f"Each token asks with a query and answers with a key, of {plural(d_k, 'number')} each: two "
            "learned maps of the same vector. Lit: «label».",
            r"q_t = W_Q\, x_t + b_Q \qquad k_s = W_K\, x_s + b_K",
        ),
        "q · k": (
            "Every query meets every key. “«query»” gets its largest product, «product», with “«key»”. Point "
            "at a product to see the two rows it comes from.",
            r"q_{\text{«query»}} \cdot k_{\text{«key»}} = «product»",
        ),
        "scale": (
            f"Divided by √{d_k} = {say(sqrt(d_k))}, the score of “«query»” with “«key»” is «score»."
            if scale
            else "Not divided, the scores are the products: «score» for “«query»” with “«key»”.",
            rf"\frac{{«product»}}{{\sqrt{{{d_k}}}}} = «score»" if scale else r"«product» = «score»",
        ),
        "mask": (
            f"{masking} «left» of {S} keys for “«query»”. What is masked becomes −∞, before the softmax.",
            r"e^{-\infty} = 0",
        ),
        "softmax": (
            "The scores of a row become shares. “«query»” gives “«key»” the share «share»; what is masked "
            "has exactly 0.",
            r"\frac{e^{«score»}}{\sum_s e^{z_s}} = «ratio» = «share»",
        ),
        "values": (
            "The values are added up in these shares. The first number of the output of “«query»” is "
            "«output»; “«key»” gave «share» of its «value».",
            r"o_{\text{«query»}} = \sum_s w_s\, v_s, \qquad o_0 = «share» \cdot «value» + \dots = «output»",
        ),
        "all masks": (
            "The same query under each mask: “«query»”. What a mask takes goes to the keys that are left.",
            r"\sum_s w_s = 1",
        ),
    }[step]
