"""Decoding: how a model that scores the next token writes a whole sequence."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from dlsteps.nn.transformer.model import Transformer


class GreedyStep(NamedTuple):
    """One step of `greedy_decode`.

    Attributes:
        log_probabilities: What it saw, (B, V).
        chosen: The tokens it took, (B,).
    """

    log_probabilities: Tensor
    chosen: Tensor


class Greedy(NamedTuple):
    """What `greedy_decode` wrote.

    Attributes:
        tokens: Sequences (B, L), the start token first, and padding after the end token.
        scores: The log-probability of each sequence, (B,).
        steps: One `GreedyStep` for each token, if they were recorded.
    """

    tokens: Tensor
    scores: Tensor
    steps: tuple[GreedyStep, ...]


def greedy_decode(
    model: Transformer,
    source: Int[Tensor, "B S"],
    *,
    start: int,
    end: int,
    max_length: int,
    use_cache: bool = True,
    record: bool = False,
) -> Greedy:
    """Take the likeliest token at each step.

    What the attentions did at each step, `model(source, tokens, record=True)` tells afterwards in one go:
    no position reads what comes after it.

    Args:
        model: In evaluation mode.
        source: Source tokens.
        start: The token that every target begins with.
        end: The token that ends it.
        max_length: Most tokens of a target, start and end included.
        use_cache: Whether to remember keys and values, or to read all tokens again at each step. The
            tokens are the same.
        record: Whether to keep the steps.

    Returns:
        Tokens and scores, as a `Greedy`.

    Raises:
        ValueError: If the model is in training mode, a token is unknown, or there is no room for one.
    """
    _check(model, start, end, max_length)
    with torch.no_grad():
        reader = _Reader(model, source, use_cache)
        tokens = torch.full((source.shape[0], 1), start, device=source.device)
        scores, steps = reader.memory.new_zeros(source.shape[0], dtype=torch.float64), []
        while tokens.shape[1] < max_length and not (ended := _ended(tokens, end)).all():
            log_p = reader.next(tokens)  # (B, V)
            best, chosen = log_p.max(-1)
            chosen = chosen.masked_fill(ended, model.pad)
            scores = scores + best.masked_fill(ended, 0.0)
            tokens = torch.cat([tokens, chosen[:, None]], 1)
            steps += [GreedyStep(log_p, chosen)] if record else []
        return Greedy(tokens, scores, tuple(steps))


class BeamStep(NamedTuple):
    """One step of `beam_search`.

    Attributes:
        log_probabilities: What it saw: for each of the K sequences before, (B, K, V).
        parents: Which of these each of the K sequences after continues, (B, K).
        chosen: The token it took, (B, K).
        scores: The log-probability of each sequence after, (B, K).
    """

    log_probabilities: Tensor
    parents: Tensor
    chosen: Tensor
    scores: Tensor


class Beam(NamedTuple):
    """What `beam_search` wrote, the best first.

    Attributes:
        tokens: Sequences (B, K, L), the start token first, and padding after the end token.
        scores: Their log-probabilities, (B, K); minus infinity where fewer than K sequences exist.
        ranking: What they are sorted by: the scores, divided by the length penalty.
        steps: One `BeamStep` for each token, if they were recorded.
    """

    tokens: Tensor
    scores: Tensor
    ranking: Tensor
    steps: tuple[BeamStep, ...]


def length_penalty(length: Int[Tensor, "*shape"], alpha: float) -> Float[Tensor, "*shape"]:
    r"""Say what to divide the log-probability of a sequence by: $(5 + n)^\alpha / 6^\alpha$.

    Every token makes a sequence less probable, so a plain sum prefers short ones.

    Args:
        length: n, tokens after the start, the end included.
        alpha: $\alpha$; 0 for no penalty. The Transformer's paper uses 0.6.

    Returns:
        Tensor in the shape of `length`, in float64.

    Source:
        Wu et al., Google's Neural Machine Translation System (2016), equation 14.
    """
    return ((5 + length.double()) / 6) ** alpha


def beam_search(
    model: Transformer,
    source: Int[Tensor, "B S"],
    *,
    start: int,
    end: int,
    max_length: int,
    beam: int = 4,
    alpha: float = 0.6,
    use_cache: bool = True,
    record: bool = False,
) -> Beam:
    """Keep the best few sequences at each step, and continue each by every token.

    A sequence that has ended stays as it is, and competes with those that go on. With `beam=1` this is
    `greedy_decode`.

    Args:
        model: In evaluation mode.
        source: Source tokens.
        start: The token that every target begins with.
        end: The token that ends it.
        max_length: Most tokens of a target, start and end included.
        beam: K, how many sequences are kept.
        alpha: Strength of the `length_penalty`.
        use_cache: Whether to remember keys and values. The tokens are the same.
        record: Whether to keep the steps.

    Returns:
        K sequences for each source, as a `Beam`.

    Raises:
        ValueError: If the model is in training mode, a token is unknown, there is no room for one, or the
            beam keeps nothing.
    """
    _check(model, start, end, max_length)
    if beam < 1:
        raise ValueError(f"beam={beam} keeps no sequence; try 4, or 1 for greedy decoding")
    with torch.no_grad():
        B, K = source.shape[0], beam
        reader = _Reader(model, source.repeat_interleave(K, 0), use_cache)
        tokens = torch.full((B, K, 1), start, device=source.device)
        # All K begin the same. But for the first they are out of the race, or it would be run K times.
        scores = torch.full((B, K), -torch.inf, dtype=torch.float64, device=source.device)
        scores[:, 0] = 0.0
        ranking, lengths, steps = scores, torch.zeros_like(tokens[..., 0]), []
        while tokens.shape[2] < max_length and not (ended := _ended(tokens, end)).all():
            log_p = reader.next(tokens.flatten(0, 1)).unflatten(0, (B, K))  # (B, K, V)
            continued = scores[..., None] + _only_padding(log_p, ended, model.pad)
            lengths = lengths + ~ended
            ranked = continued / length_penalty(lengths, alpha)[..., None]
            ranking, best = ranked.flatten(1).topk(K)  # (B, K), of K·V
            V = log_p.shape[-1]
            parents, chosen = best // V, best % V
            scores = continued.flatten(1).gather(1, best)
            lengths = lengths.gather(1, parents)
            tokens = tokens.gather(1, parents[..., None].expand_as(tokens))
            tokens = torch.cat([tokens, chosen[..., None]], 2)
            reader.select((torch.arange(B, device=source.device)[:, None] * K + parents).flatten())
            steps += [BeamStep(log_p, parents, chosen, scores)] if record else []
        return Beam(tokens, scores, ranking, tuple(steps))


def _only_padding(log_p: Tensor, ended: Bool[Tensor, "B K"], pad: int) -> Tensor:
    """Let sequences that have ended continue by padding alone, at no cost."""
    padding = torch.full_like(log_p[0, 0], -torch.inf)
    padding[pad] = 0.0
    return torch.where(ended[..., None], padding, log_p)


def _ended(tokens: Int[Tensor, "*rows L"], end: int) -> Bool[Tensor, "*rows"]:
    return (tokens == end).any(-1)


class _Reader:
    """Gives the log-probabilities of the next token, with or without a cache."""

    def __init__(self, model: Transformer, source: Tensor, use_cache: bool):
        self.model = model
        self.memory, self.memory_mask = model.encode(source)
        self.cache = model.new_cache() if use_cache else None

    def next(self, tokens: Int[Tensor, "rows L"]) -> Float[Tensor, "rows V"]:
        unseen = tokens if self.cache is None else tokens[:, len(self.cache) :]
        logits = self.model.decode(unseen, self.memory, self.memory_mask, self.cache)[:, -1]
        return logits.double().log_softmax(-1)

    def select(self, rows: Int[Tensor, " rows"]) -> None:
        # The memory stays: a beam never leaves its own source.
        if self.cache is not None:
            self.cache.select(rows)


def _check(model: Transformer, start: int, end: int, max_length: int) -> None:
    V = model.to_logits.out_features
    for name, token in (("start", start), ("end", end), ("pad", model.pad)):
        if not 0 <= token < V:
            raise ValueError(f"{name}={token} is no target token; try one from 0 to {V - 1}")
    if start == end:
        raise ValueError(f"start={start} is the end token too, so every target ends where it starts; try two")
    if max_length < 2:
        raise ValueError(f"max_length={max_length} leaves no room after the start token; try 2 or more")
    if model.training:
        raise ValueError("the model is in training mode, where dropout makes it random; try model.eval()")
