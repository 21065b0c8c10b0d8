"""The encoder: every token reads all tokens of its sequence, layer after layer. None is lost on the way."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from dlsteps.nn.attention import MultiHeadAttention
from dlsteps.nn.checks import typed
from dlsteps.nn.normalization import LayerNorm
from dlsteps.nn.transformer.feed_forward import FeedForward
from dlsteps.nn.transformer.residual import PostNorm, PreNorm, ResidualSteps, output_of


class EncoderLayerSteps(NamedTuple):
    """What one encoder layer computes on its way.

    Attributes:
        output: (B, S, d_model).
        self_attention: The steps of the attention.
        feed_forward: The steps of the feed-forward network.
    """

    output: Tensor
    self_attention: ResidualSteps
    feed_forward: ResidualSteps


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward, each in a residual connection.

    The dropout of the paper is that of the residual connections alone. (torch also drops weights of the
    attention and hidden units of the feed-forward network.)

    Args:
        d_model: Width of a token's vector.
        num_heads: Heads of the attention; a divisor of d_model.
        d_ff: Width inside the feed-forward network.
        residual: `PostNorm`, as in the paper, or `PreNorm`.
        activation: Of the feed-forward network.
        dropout: Share of each sublayer's outputs that training sets to zero.
        rotary: Rotates queries and keys by their positions.

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
        attention = MultiHeadAttention(d_model, num_heads, rotary=rotary)
        self.self_attention = residual(attention, LayerNorm(d_model), dropout)
        self.feed_forward = residual(FeedForward(d_model, d_ff, activation), LayerNorm(d_model), dropout)

    def forward(
        self,
        x: Float[Tensor, "B S d_model"],
        mask: Bool[Tensor, "..."] | None = None,
        *,
        bias: Float[Tensor, "..."] | None = None,
        record: bool = False,
    ) -> Float[Tensor, "B S d_model"] | EncoderLayerSteps:
        """Read all tokens that the mask lets through.

        Args:
            x: Token vectors.
            mask: Boolean, `True` = may attend; such as `padding_mask`.
            bias: Numbers added to the scores, such as `alibi_bias`.
            record: Whether to return an `EncoderLayerSteps` instead of its `output`.

        Returns:
            Tensor in the shape of `x`, or all steps.
        """
        attended = self.self_attention(x, mask=mask, bias=bias, record=record)
        fed = self.feed_forward(output_of(attended), record=record)
        return EncoderLayerSteps(fed.output, attended, fed) if record else fed


class StackSteps(NamedTuple):
    """What each layer of a stack recorded.

    Attributes:
        output: The last layer's output, after the norm at the end if there is one.
        layers: The steps of each layer, first to last.
    """

    output: Tensor
    layers: tuple[tuple, ...]


class Encoder(nn.Module):
    """Encoder layers one after the other. The output has a vector for each token of the input.

    Args:
        layers: Such as `EncoderLayer`.
        norm: Applied at the end; a stack of `PreNorm` layers needs one.
    """

    def __init__(self, layers: Iterable[nn.Module], norm: nn.Module | None = None):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.norm = norm

    def forward(
        self,
        x: Float[Tensor, "B S d_model"],
        mask: Bool[Tensor, "..."] | None = None,
        *,
        bias: Float[Tensor, "..."] | None = None,
        record: bool = False,
    ) -> Float[Tensor, "B S d_model"] | StackSteps:
        """Pass x through all layers; the arguments are those of `EncoderLayer`."""
        steps = []
        for layer in self.layers:
            result = layer(x, mask, bias=bias, record=record)
            x = output_of(result)
            steps += [result] if record else []
        x = x if self.norm is None else self.norm(x)
        return StackSteps(x, tuple(steps)) if record else x
