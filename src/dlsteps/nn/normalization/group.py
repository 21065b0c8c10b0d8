"""Group normalization: the average character of a booklet of C/G pages."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_channels, check_num_features, typed
from dlsteps.nn.normalization.axes import check_groups, normalize, scale_shift, statistics


def group_norm(
    x: Float[Tensor, "N C *S"],
    num_groups: int,
    gamma: Float[Tensor, " C"] | None = None,
    beta: Float[Tensor, " C"] | None = None,
    eps: float = 1e-5,
) -> Float[Tensor, "N C *S"]:
    r"""Normalize each group of channels of each sample on its own.

    $y = \gamma_c \, (x - \mu_{ng}) / \sqrt{\sigma_{ng}^2 + \varepsilon} + \beta_c$, with $\mu_{ng}$ and
    $\sigma_{ng}^2$ over the C/G·H·W numbers of booklet g. One group is layer norm over (C, H, W), C
    groups are instance norm; but $\gamma$ and $\beta$ belong to channels for any G.

    Args:
        x: Input (N, C) or (N, C, ...).
        num_groups: G, a divisor of C.
        gamma: $\gamma$; None for 1.
        beta: $\beta$; None for 0.
        eps: $\varepsilon$, added to the variance.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, or G does not divide C.

    Source:
        Wu and He, Group Normalization (2018), equations 1, 2 and 7.
    """
    check_channels(x, gamma=gamma, beta=beta)
    s = statistics(x.shape, "group", num_groups)
    booklets = x.reshape(s.view)  # (N, G, C/G, H, W)
    x_hat = normalize(booklets, s.reduced, eps).x_hat.reshape(x.shape)
    return scale_shift(x_hat, gamma, beta)


class GroupNorm(nn.Module):
    """`group_norm` with its parameters.

    Args:
        num_groups: G, a divisor of C.
        num_channels: C.
        eps: Added to the variance.
        affine: Whether to learn a scale and a shift for each channel.
    """

    @typed
    def __init__(self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True):
        super().__init__()
        check_groups(num_groups, num_channels)
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.weight = nn.Parameter(torch.ones(num_channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_channels)) if affine else None

    def forward(self, x: Float[Tensor, "N C *S"]) -> Float[Tensor, "N C *S"]:
        check_num_features(x, self.num_channels)
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.weight is not None}"
