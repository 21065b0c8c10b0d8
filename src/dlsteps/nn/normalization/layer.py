"""Layer normalization: the average character of a book, or of one token's vector."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import (
    check_channels,
    check_ends_in,
    check_floating,
    check_same_dtype,
    check_whole,
    typed,
)
from dlsteps.nn.normalization.axes import normalize, scale_shift, statistics


def layer_norm(
    x: Float[Tensor, "*shape"],
    normalized_shape: Sequence[int],
    gamma: Float[Tensor, "*normalized"] | None = None,
    beta: Float[Tensor, "*normalized"] | None = None,
    eps: float = 1e-5,
) -> Float[Tensor, "*shape"]:
    r"""Normalize the last axes of `x`, each sample on its own.

    $y = \gamma \odot (x - \mu) / \sqrt{\sigma^2 + \varepsilon} + \beta$, with $\mu$ and $\sigma^2$ over
    the axes named in `normalized_shape`. The name of the layer does not say which axes these are:

    - (C, H, W) on images (N, C, H, W) averages a whole sample: kind "layer".
    - (C,) on tokens (B, T, C) averages one token's vector: kind "token".

    Args:
        x: Tensor whose shape ends in `normalized_shape`.
        normalized_shape: Sizes of the last axes, which are averaged away.
        gamma: $\gamma$ of shape `normalized_shape`: one for each number, not for each channel.
        beta: $\beta$ of shape `normalized_shape`.
        eps: $\varepsilon$, added to the variance.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit.

    Source:
        Ba, Kiros and Hinton, Layer Normalization (2016), equation 3.
    """
    normalized_shape = tuple(normalized_shape)
    check_floating(x)
    check_same_dtype(x, gamma=gamma, beta=beta)
    check_ends_in(normalized_shape, x=x, gamma=gamma, beta=beta)
    last_axes = range(x.ndim - len(normalized_shape), x.ndim)
    y = normalize(x, last_axes, eps).x_hat
    if gamma is not None:
        y = y * gamma
    if beta is not None:
        y = y + beta
    return y


def token_norm(
    x: Float[Tensor, "..."],
    gamma: Float[Tensor, " C"] | None = None,
    beta: Float[Tensor, " C"] | None = None,
    eps: float = 1e-5,
    *,
    channel_axis: int = -1,
) -> Float[Tensor, "..."]:
    r"""Normalize the vector at each position on its own, wherever the channels are.

    With the channels last this is `layer_norm` over (C,), as in a Transformer. With `channel_axis=1`
    it is the layer norm of ConvNeXt: one mean for each pixel of each image.

    Args:
        x: Tokens (B, T, C), or images (N, C, H, W) with `channel_axis=1`.
        gamma: $\gamma$; None for 1.
        beta: $\beta$; None for 0.
        eps: $\varepsilon$, added to the variance.
        channel_axis: The axis that is averaged away.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit.

    Source:
        Vaswani et al., Attention Is All You Need (2017), section 3.1; Liu et al., A ConvNet for the
        2020s (2022), section 2.6.
    """
    s = statistics(x.shape, "token", channel_axis=channel_axis)
    check_channels(x, channel_axis=channel_axis, gamma=gamma, beta=beta)
    x_hat = normalize(x, s.reduced, eps).x_hat
    return scale_shift(x_hat, gamma, beta, channel_axis=channel_axis)


class LayerNorm(nn.Module):
    """`layer_norm` with its parameters.

    Args:
        normalized_shape: Sizes of the last axes, which are averaged away; an int for one axis.
        eps: Added to the variance.
        elementwise_affine: Whether to learn a scale and a shift for each normalized number.
        bias: Whether there is a shift beside the scale.
    """

    @typed
    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ):
        super().__init__()
        several = isinstance(normalized_shape, Sequence) and not isinstance(normalized_shape, str)
        self.normalized_shape = tuple(normalized_shape) if several else (normalized_shape,)
        for length in self.normalized_shape:
            check_whole("normalized_shape", length)
        self.eps = eps
        scale, shift = torch.ones(self.normalized_shape), torch.zeros(self.normalized_shape)
        self.weight = nn.Parameter(scale) if elementwise_affine else None
        self.bias = nn.Parameter(shift) if elementwise_affine and bias else None

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.weight is not None}"
