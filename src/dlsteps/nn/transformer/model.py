"""The Transformer: an encoder that reads, a decoder that writes, and the embeddings around them."""

from collections.abc import Callable
from math import sqrt
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from dlsteps.nn.attention import causal_mask, token_mask
from dlsteps.nn.checks import check_sizes, typed
from dlsteps.nn.normalization import LayerNorm
from dlsteps.nn.positional import SinusoidalEncoding
from dlsteps.nn.transformer.decoder import Decoder, DecoderCache, DecoderLayer
from dlsteps.nn.transformer.encoder import Encoder, EncoderLayer, StackSteps
from dlsteps.nn.transformer.residual import PostNorm, PreNorm, output_of


class TokenEmbedding(nn.Module):
    r"""Look up a vector for each token, scale it by $\sqrt{d_\text{model}}$, and add its position.

    The vectors start with variance $1/d_\text{model}$, so that what is added to the positions has
    variance 1.

    Args:
        vocabulary: Number of different tokens.
        d_model: Width of a vector.
        positions: Called with (x, offset), such as `SinusoidalEncoding`; None to add nothing.
        dropout: Share of the sums that training sets to zero.

    Raises:
        ValueError: If there is no token, or no number in a vector.

    Source:
        Vaswani et al., Attention Is All You Need (2017), sections 3.4 and 5.4.
    """

    @typed
    def __init__(
        self, vocabulary: int, d_model: int, positions: nn.Module | None = None, dropout: float = 0.0
    ):
        super().__init__()
        check_sizes(vocabulary=vocabulary, d_model=d_model)
        self.vectors = nn.Embedding(vocabulary, d_model)
        nn.init.normal_(self.vectors.weight, std=1 / sqrt(d_model))
        self.positions, self.dropout = positions, nn.Dropout(dropout)

    def forward(self, tokens: Int[Tensor, "B T"], offset: int = 0) -> Float[Tensor, "B T d_model"]:
        """Embed tokens, the first of which stands at position `offset`.

        Raises:
            TypeError: If the tokens are not integers.
            ValueError: If they are not sequences, or not of this vocabulary.
        """
        check_tokens(tokens, self.vectors.num_embeddings)
        x = self.vectors(tokens) * sqrt(self.vectors.embedding_dim)
        return self.dropout(x if self.positions is None else self.positions(x, offset))


def check_tokens(tokens: Tensor, vocabulary: int, name: str = "tokens") -> None:
    """Require integers (B, T) from 0 to vocabulary - 1."""
    if tokens.is_floating_point() or tokens.is_complex() or tokens.dtype.itemsize < 4:
        raise TypeError(f"{name} must be int32 or int64, but have dtype {tokens.dtype}; try {name}.long()")
    if tokens.ndim != 2:
        raise ValueError(
            f"{name} have shape {tuple(tokens.shape)}, but must be sequences (B, T); "
            f"try {name}.unsqueeze(0) for one sequence"
        )
    unknown = tokens[(tokens < 0) | (tokens >= vocabulary)]
    if unknown.numel():
        raise ValueError(
            f"{name} hold {unknown[0].item()}, but the vocabulary has {vocabulary} (0 to {vocabulary - 1}); "
            "try a larger vocabulary, or look for an index of -1"
        )


class TransformerSteps(NamedTuple):
    """What a Transformer computes on its way.

    Attributes:
        output: The logits (B, T, V): for each position, a score for each token that may come next.
        encoder: The encoder's steps; `encoder.output` is the memory.
        decoder: The decoder's steps.
        source_mask: Which source tokens may be read, (B, 1, 1, S).
        target_mask: Which target tokens may read which, (T, T).
    """

    output: Tensor
    encoder: StackSteps
    decoder: StackSteps
    source_mask: Tensor
    target_mask: Tensor


class Transformer(nn.Module):
    """Turn a sequence of tokens into scores for the next token of another.

    The target needs no padding mask: padding stands after the end of a sequence, where the causal mask
    hides it from every token before. What comes out at the padding itself is for the loss to ignore.

    The three tables of vectors are separate. (In the paper the embeddings and the last layer share one.)

    Args:
        source_vocabulary: Number of different source tokens.
        target_vocabulary: V, number of different target tokens.
        d_model: Width of a token's vector.
        num_heads: Heads of each attention; a divisor of d_model.
        num_layers: Layers of the encoder, and of the decoder.
        d_ff: Width inside the feed-forward networks.
        pad: The token that fills the end of a source sequence, and is never read.
        residual: `PostNorm`, as in the paper, or `PreNorm`, whose stacks end in one norm more.
        positions: Makes what is added to the embeddings, given d_model; None to add nothing.
        rotary: Rotates queries and keys of all self-attentions by their positions.
        activation: Of the feed-forward networks.
        dropout: Share of the embeddings and of each sublayer's outputs that training sets to zero.

    Source:
        Vaswani et al., Attention Is All You Need (2017), figure 1.
    """

    @typed
    def __init__(
        self,
        source_vocabulary: int,
        target_vocabulary: int,
        d_model: int = 512,
        num_heads: int = 8,
        num_layers: int = 6,
        d_ff: int = 2048,
        *,
        pad: int = 0,
        residual: type[PreNorm] | type[PostNorm] = PostNorm,
        positions: Callable[[int], nn.Module] | None = SinusoidalEncoding,
        rotary: Callable[[Tensor, int], Tensor] | None = None,
        activation: Callable[[Tensor], Tensor] = F.relu,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.pad = pad

        def embedding(vocabulary: int) -> TokenEmbedding:
            return TokenEmbedding(vocabulary, d_model, positions and positions(d_model), dropout)

        def stack(kind: type[nn.Module], layer: type[nn.Module]) -> nn.Module:
            options = {"residual": residual, "activation": activation, "dropout": dropout, "rotary": rotary}
            layers = [layer(d_model, num_heads, d_ff, **options) for _ in range(num_layers)]
            return kind(layers, LayerNorm(d_model) if residual is PreNorm else None)

        self.source_embedding, self.target_embedding = (
            embedding(source_vocabulary),
            embedding(target_vocabulary),
        )
        self.encoder, self.decoder = stack(Encoder, EncoderLayer), stack(Decoder, DecoderLayer)
        self.to_logits = nn.Linear(d_model, target_vocabulary)

    def forward(
        self, source: Int[Tensor, "B S"], target: Int[Tensor, "B T"], record: bool = False
    ) -> Float[Tensor, "B T V"] | TransformerSteps:
        """Score what comes after each target token, all positions at once.

        Args:
            source: Source tokens, padded at the end.
            target: Target tokens, which begin with the start token.
            record: Whether to return a `TransformerSteps` instead of its `output`.

        Returns:
            Logits, or all steps. Position t has read the target's tokens 0 to t.

        Raises:
            TypeError: If tokens are not integers.
            ValueError: If tokens are not sequences, or not of their vocabulary.
        """
        embedded = self.source_embedding(source), self.target_embedding(target)
        source_mask = token_mask(source, self.pad)
        target_mask = causal_mask(target.shape[1], device=target.device)
        encoder = self.encoder(embedded[0], source_mask, record=record)
        decoder = self.decoder(embedded[1], output_of(encoder), target_mask, source_mask, record=record)
        logits = self.to_logits(output_of(decoder))
        return TransformerSteps(logits, encoder, decoder, source_mask, target_mask) if record else logits

    def encode(
        self, source: Int[Tensor, "B S"]
    ) -> tuple[Float[Tensor, "B S d_model"], Bool[Tensor, "B 1 1 S"]]:
        """Return the memory of a source, and the mask of its real tokens."""
        x = self.source_embedding(source)
        source_mask = token_mask(source, self.pad)
        return self.encoder(x, source_mask), source_mask

    def decode(
        self,
        target: Int[Tensor, "B T"],
        memory: Float[Tensor, "B S d_model"],
        memory_mask: Bool[Tensor, "..."] | None = None,
        cache: DecoderCache | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Score what comes after each target token, given the memory.

        Args:
            target: Target tokens; with a cache, those that it has not seen yet.
            memory: What `encode` returned.
            memory_mask: The mask that it returned.
            cache: What the decoder remembers of the tokens before. It grows by `target`.

        Returns:
            Logits.
        """
        past = 0 if cache is None else len(cache)
        x = self.target_embedding(target, past)
        T = x.shape[1]
        mask = causal_mask(T, past + T, device=target.device)
        return self.to_logits(self.decoder(x, memory, mask, memory_mask, cache=cache))

    def new_cache(self) -> DecoderCache:
        """Return an empty cache for the decoding of one batch."""
        return DecoderCache(len(self.decoder.layers))
