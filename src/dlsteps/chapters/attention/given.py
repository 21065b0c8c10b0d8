"""What the attention explorer looks at: a trained translator's heads, a reader's layer, or q, k and v."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dlsteps.data.number_tokens import ENGLISH, PAD, START
from dlsteps.nn.attention import MultiHeadAttention, causal_mask, padding_mask
from dlsteps.nn.attention.masks import check_boolean
from dlsteps.nn.attention.scaled_dot_product import check_queries_keys_values
from dlsteps.stage import to_display
from dlsteps.train import weights

SENTENCE = "forty million and two"
PADDING = 2  # tokens behind the sentence
MOST = 12  # tokens that can be shown beside each other
WIDE = 16  # numbers of a token that can be shown


@dataclass(frozen=True, eq=False)
class Given:
    """Queries, keys and values of each head, the words they belong to, and the masks to choose from.

    Attributes:
        queries, keys: a word for each.
        q: (h, T, d_k) in float64.
        k: (h, S, d_k).
        v: (h, S, d_v).
        masks: by name, boolean (T, S), `True` = may attend; None lets everything through.
    """

    queries: Sequence[str]
    keys: Sequence[str]
    q: Tensor
    k: Tensor
    v: Tensor
    masks: Mapping[str, Tensor | None]


@functools.cache
def translator() -> Given:
    """The heads of the translator's second encoder layer, as it reads a number in English words."""
    model, _ = weights.load("numerals")
    tokens = [*ENGLISH.encode(SENTENCE), *[PAD] * PADDING]
    with torch.no_grad():
        steps = model.double()(torch.tensor([tokens]), torch.tensor([[START]]), record=True)
    found = steps.encoder.layers[-1].self_attention.sublayer
    words = [*(ENGLISH.tokens[token] for token in tokens[:-PADDING]), *["pad"] * PADDING]
    T = len(tokens)
    padding = padding_mask(torch.tensor([T - PADDING]), T)[0, 0].expand(T, T)
    causal = causal_mask(T)
    masks = {"none": None, "causal": causal, "padding": padding, "both": causal & padding}
    return Given(words, words, found.q[0], found.k[0], found.v[0], masks)


def from_layer(
    x: Tensor, layer: nn.Module, mask: Tensor | None = None, words: Sequence[str] | None = None
) -> Given:
    """The heads of a reader's own self-attention, torch's or ours, on the vectors of one sentence.

    Raises:
        TypeError: the layer is no multi-head attention.
        ValueError: x is not (T, d_model) of the layer's width; the layer has parts that are not shown.
    """
    ours = _as_ours(layer)
    vectors = torch.from_numpy(to_display(x, "x", limit=1_000_000))
    vectors = vectors[0] if vectors.ndim == 3 and len(vectors) == 1 else vectors
    if vectors.ndim != 2:
        raise ValueError(
            f"x has shape {tuple(vectors.shape)}; give one sentence, (T, d_model) or (1, T, d_model)"
        )
    with torch.no_grad():
        steps = ours(vectors[None], record=True)
    return from_vectors(steps.q[0], steps.k[0], steps.v[0], mask, words)


def _as_ours(layer: nn.Module) -> MultiHeadAttention:
    """A float64 copy of the layer as the book's."""
    if isinstance(layer, MultiHeadAttention):
        rotary, d_model, bias = layer.rotary, layer.d_model, layer.in_proj_bias is not None
    elif isinstance(layer, nn.MultiheadAttention):
        rotary, d_model, bias = None, layer.embed_dim, layer.in_proj_bias is not None
        if layer.in_proj_weight is None or layer.bias_k is not None or layer.add_zero_attn:
            raise ValueError(
                "the layer has kdim, vdim, add_bias_kv or add_zero_attn, which are not shown; "
                "give q=, k=, v= instead"
            )
    else:
        raise TypeError(f"layer is a {type(layer).__name__}; give a MultiheadAttention, or q=, k=, v=")
    ours = MultiHeadAttention(d_model, layer.num_heads, bias=bias, rotary=rotary).double()
    ours.load_state_dict(layer.state_dict(), strict=rotary is None)
    return ours


def from_vectors(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None, words: Sequence[str] | None = None
) -> Given:
    """A reader's own queries, keys and values, (T, d) or (h, T, d), with masks to choose from.

    Raises:
        TypeError: they hold no real numbers, or the mask is not boolean.
        ValueError: they do not fit each other, there are too many tokens, or not one word for each.
    """
    q, k, v = (
        torch.from_numpy(to_display(x, name, limit=1_000_000)) for name, x in (("q", q), ("k", k), ("v", v))
    )
    q, k, v = (x[None] if x.ndim == 2 else x for x in (q, k, v))
    if q.ndim != 3:
        raise ValueError(f"q has shape {tuple(q.shape)}; give (T, d_k), or (h, T, d_k) for h heads")
    if mask is not None:
        check_boolean(mask := torch.as_tensor(mask).cpu())
    check_queries_keys_values(q, k, v, mask)
    T, S = q.shape[1], k.shape[1]
    if not (1 <= T <= MOST and 1 <= S <= MOST):
        raise ValueError(f"{T} queries and {S} keys; give 1 to {MOST} of each, such as q[:, :{MOST}]")
    if words is not None and not len(words) == T == S:
        raise ValueError(f"{len(words)} words for {T} queries and {S} keys; give one for each token")
    queries, keys = ([str(n) for n in range(size)] if words is None else list(words) for size in (T, S))
    masks = {"none": None} | ({"causal": causal_mask(T, S)} if T <= S else {})
    masks |= {} if mask is None else {"yours": mask.expand(T, S) if mask.ndim == 2 else _one(mask, T, S)}
    return Given(queries, keys, q, k, v, masks)


def _one(mask: Tensor, T: int, S: int) -> Tensor:
    """A mask that is the same for all heads."""
    if len(mask) != 1:
        raise ValueError(
            f"mask has shape {tuple(mask.shape)}, one for each head; give one for all, ({T}, {S})"
        )
    return mask[0].expand(T, S)
