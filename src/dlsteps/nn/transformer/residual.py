"""Residual connections: a sublayer adds to what passes by, and the norm stands before it or after the sum."""

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor, nn


class ResidualSteps(NamedTuple):
    """What a residual connection computes on its way.

    Attributes:
        output: Tensor in the shape of the input.
        normed: What the sublayer read: the normalized input of `PreNorm`, the input itself of `PostNorm`.
        sublayer: What the sublayer recorded.
    """

    output: Tensor
    normed: Tensor
    sublayer: tuple


def output_of(result: Tensor | tuple) -> Tensor:
    """Return the output, whether or not it comes with a record of the steps to it."""
    return result if isinstance(result, Tensor) else result.output


class PreNorm(nn.Module):
    r"""Normalize first: $y = x + f(\text{norm}(x))$.

    What passes by is never normalized, so the gradient reaches the first layer as it is. A stack of such
    layers wants one norm more at its end.

    Options go to the sublayer. If one asks it for a record (`record=True`), a `ResidualSteps` comes back
    instead of the output.

    Args:
        sublayer: f: attention, feed-forward, or any module that keeps the shape.
        norm: Such as `LayerNorm(d_model)`.
        dropout: Share of the sublayer's outputs that training sets to zero.

    Source:
        Xiong et al., On Layer Normalization in the Transformer Architecture (2020), section 3.
    """

    def __init__(self, sublayer: nn.Module, norm: nn.Module, dropout: float = 0.0):
        super().__init__()
        self.sublayer, self.norm, self.dropout = sublayer, norm, nn.Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "*shape"], *inputs: Tensor, **options
    ) -> Float[Tensor, "*shape"] | ResidualSteps:
        normed = self.norm(x)
        result = self.sublayer(normed, *inputs, **options)
        y = x + self.dropout(output_of(result))
        return y if isinstance(result, Tensor) else ResidualSteps(y, normed, result)


class PostNorm(nn.Module):
    r"""Normalize last: $y = \text{norm}(x + f(x))$, as in the paper.

    The norm's gradient is applied once for each sublayer on the way back, which is why a deep stack needs
    a learning rate that warms up.

    Options go to the sublayer. If one asks it for a record (`record=True`), a `ResidualSteps` comes back
    instead of the output.

    Args:
        sublayer: f: attention, feed-forward, or any module that keeps the shape.
        norm: Such as `LayerNorm(d_model)`.
        dropout: Share of the sublayer's outputs that training sets to zero.

    Source:
        Vaswani et al., Attention Is All You Need (2017), section 3.1.
    """

    def __init__(self, sublayer: nn.Module, norm: nn.Module, dropout: float = 0.0):
        super().__init__()
        self.sublayer, self.norm, self.dropout = sublayer, norm, nn.Dropout(dropout)

    def forward(
        self, x: Float[Tensor, "*shape"], *inputs: Tensor, **options
    ) -> Float[Tensor, "*shape"] | ResidualSteps:
        result = self.sublayer(x, *inputs, **options)
        y = self.norm(x + self.dropout(output_of(result)))
        return y if isinstance(result, Tensor) else ResidualSteps(y, x, result)
