"""The decoder: every token reads those before it, and then the encoder's output."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from dlsteps.nn.attention import KeyValueCache, MultiHeadAttention
from dlsteps.nn.checks import typed
from dlsteps.nn.normalization import LayerNorm
from dlsteps.nn.transformer.encoder import StackSteps
from dlsteps.nn.transformer.feed_forward import FeedForward
from dlsteps.nn.transformer.residual import PostNorm, PreNorm, ResidualSteps, output_of


class DecoderLayerSteps(NamedTuple):
    """What one decoder layer computes on its way.

    Attributes:
        output: (B, T, d_model).
        self_attention: The steps of the tokens' attention to those before them.
        cross_attention: The steps of their attention to the memory.
        feed_forward: The steps of the feed-forward network.
    """

    output: Tensor
    self_attention: ResidualSteps
    cross_attention: ResidualSteps
    feed_forward: ResidualSteps


class LayerCache(NamedTuple):
    """The caches of one decoder layer.

    Attributes:
        self_attention: Grows with every token.
        cross_attention: Is filled once, from the memory.
    """

    self_attention: KeyValueCache
    cross_attention: KeyValueCache


class DecoderCache:
    """The caches of all layers of a decoder, for one batch of sequences and one memory.

    Args:
        num_layers: Number of layers.
    """

    def __init__(self, num_layers: int):
        self.layers = [LayerCache(KeyValueCache(), KeyValueCache()) for _ in range(num_layers)]

    def __len__(self) -> int:
        """How many tokens have been read."""
        return len(self.layers[0].self_attention) if self.layers else 0

    def select(self, rows: Int[Tensor, " rows"]) -> None:
        """Keep these sequences of the batch, in this order; one may be taken more than once."""
        for layer in self.layers:
            for cache in layer:
                cache.select(rows)


class DecoderLayer(nn.Module):
    """Self-attention, then cross-attention to the memory, then feed-forward, each in a residual connection.

    Args:
        d_model: Width of a token's vector, here and in the memory.
        num_heads: Heads of both attentions; a divisor of d_model.
        d_ff: Width inside the feed-forward network.
        residual: `PostNorm`, as in the paper, or `PreNorm`.
        activation: Of the feed-forward network.
        dropout: Share of each sublayer's outputs that training sets to zero.
        rotary: Rotates queries and keys of the self-attention by their positions.

    Source:
        Vaswani et al., Attention Is All You Need (2017), section 3.1.
    """

    @typed
    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_ff: int,
        *,
        residual: type[PreNorm] | type[PostNorm] = PostNorm,
        activation: Callable[[Tensor], Tensor] = F.relu,
        dropout: float = 0.0,
        rotary: Callable[[Tensor, int], Tensor] | None = None,
    ):
        super().__init__()
        self_attention = MultiHeadAttention(d_model, num_heads, rotary=rotary)
        cross_attention = MultiHeadAttention(d_model, num_heads)
        self.self_attention = residual(self_attention, LayerNorm(d_model), dropout)
        self.cross_attention = residual(cross_attention, LayerNorm(d_model), dropout)
        self.feed_forward = residual(FeedForward(d_model, d_ff, activation), LayerNorm(d_model), dropout)

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        memory: Float[Tensor, "B S d_model"],
        mask: Bool[Tensor, "..."] | None = None,
        memory_mask: Bool[Tensor, "..."] | None = None,
        *,
        cache: LayerCache | None = None,
        record: bool = False,
    ) -> Float[Tensor, "B T d_model"] | DecoderLayerSteps:
        """Read the tokens before, and then the memory.

        Args:
            x: Token vectors; with a cache, those that it has not seen yet.
            memory: The encoder's output.
            mask: Which tokens may attend to which; a decoder's is causal.
            memory_mask: Which of the memory may be read; the padding mask of the source.
            cache: What the layer remembers of the tokens before x. It grows by x.
            record: Whether to return a `DecoderLayerSteps` instead of its `output`.

        Returns:
            Tensor in the shape of `x`, or all steps.
        """
        own, cross = cache or (None, None)
        read = self.self_attention(x, mask=mask, cache=own, record=record)
        crossed = self.cross_attention(output_of(read), memory, mask=memory_mask, cache=cross, record=record)
        fed = self.feed_forward(output_of(crossed), record=record)
        return DecoderLayerSteps(fed.output, read, crossed, fed) if record else fed


class Decoder(nn.Module):
    """Decoder layers one after the other, all of which read the same memory.

    Args:
        layers: Such as `DecoderLayer`.
        norm: Applied at the end; a stack of `PreNorm` layers needs one.
    """

    def __init__(self, layers: Iterable[nn.Module], norm: nn.Module | None = None):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = norm

    def forward(
        self,
        x: Float[Tensor, "B T d_model"],
        memory: Float[Tensor, "B S d_model"],
        mask: Bool[Tensor, "..."] | None = None,
        memory_mask: Bool[Tensor, "..."] | None = None,
        *,
        cache: DecoderCache | None = None,
        record: bool = False,
    ) -> Float[Tensor, "B T d_model"] | StackSteps:
        """Pass x through all layers; the arguments are those of `DecoderLayer`, with a cache for all.

        Raises:
            ValueError: If the cache was made for another number of layers.
        """
        caches = [None] * len(self.layers) if cache is None else cache.layers
        if len(caches) != len(self.layers):
            raise ValueError(
                f"the cache has {len(caches)} layers, but the decoder has {len(self.layers)}; "
                f"try DecoderCache({len(self.layers)})"
            )
        steps = []
        for layer, layer_cache in zip(self.layers, caches, strict=True):
            result = layer(x, memory, mask, memory_mask, cache=layer_cache, record=record)
            x = output_of(result)
            steps += [result] if record else []
        x = x if self.norm is None else self.norm(x)
        return StackSteps(x, tuple(steps)) if record else x
