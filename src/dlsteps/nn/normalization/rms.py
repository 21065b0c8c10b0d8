"""RMS normalization: the scale is taken away, and the mean stays in."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_ends_in, check_eps, check_floating, check_same_dtype, check_whole, typed


def rms_norm(
    x: Float[Tensor, "*shape"],
    normalized_shape: Sequence[int],
    gamma: Float[Tensor, "*normalized"] | None = None,
    eps: float | None = None,
) -> Float[Tensor, "*shape"]:
    r"""Divide the last axes of `x` by their root mean square, each sample on its own.

    $y = \gamma \odot x / \sqrt{\text{mean}\,(x^2) + \varepsilon}$. No mean is subtracted and no $\beta$
    added: of what layer norm does, the paper finds that the scale is what matters. Half precision is
    computed in float32. Where the squares overflow, the result is 0 and the gradient may be NaN, as with
    torch.

    Args:
        x: Tensor whose shape ends in `normalized_shape`.
        normalized_shape: Sizes of the last axes, over which the mean of the squares is taken.
        gamma: $\gamma$ of shape `normalized_shape`; None for 1.
        eps: $\varepsilon$, added to the mean of the squares; None for the machine epsilon of the dtype it is
            computed in.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, or `eps` is not positive.

    Source:
        Zhang and Sennrich, Root Mean Square Layer Normalization (2019), equation 4.
    """
    normalized_shape = tuple(normalized_shape)
    check_floating(x)
    check_same_dtype(x, gamma=gamma)
    check_ends_in(normalized_shape, x=x, gamma=gamma)
    wide = x.to(torch.promote_types(x.dtype, torch.float32))
    if eps is None:
        eps = torch.finfo(wide.dtype).eps
    check_eps(eps)
    last_axes = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    y = wide / torch.sqrt(wide.square().mean(last_axes, keepdim=True) + eps)
    return (y if gamma is None else y * gamma).to(x.dtype)


class RMSNorm(nn.Module):
    """`rms_norm` with its parameter.

    Args:
        normalized_shape: Sizes of the last axes; an int for one axis.
        eps: Added to the mean of the squares; None for the machine epsilon of the dtype it is computed in.
        elementwise_affine: Whether to learn a scale for each normalized number.
    """

    @typed
    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
    ):
        super().__init__()
        several = isinstance(normalized_shape, Sequence) and not isinstance(normalized_shape, str)
        self.normalized_shape = tuple(normalized_shape) if several else (normalized_shape,)
        for length in self.normalized_shape:
            check_whole("normalized_shape", length)
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(self.normalized_shape)) if elementwise_affine else None

    def forward(self, x: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.weight is not None}"
