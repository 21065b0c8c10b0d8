"""Instance normalization: the average character of one page."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_channels, check_num_features, typed
from dlsteps.nn.normalization.axes import normalize, scale_shift, statistics


def instance_norm(
    x: Float[Tensor, "N C *S"],
    gamma: Float[Tensor, " C"] | None = None,
    beta: Float[Tensor, " C"] | None = None,
    eps: float = 1e-5,
) -> Float[Tensor, "N C *S"]:
    r"""Normalize each channel of each sample on its own.

    $y = \gamma_c \, (x - \mu_{nc}) / \sqrt{\sigma_{nc}^2 + \varepsilon} + \beta_c$, with $\mu_{nc}$ and
    $\sigma_{nc}^2$ over the H·W numbers of one page.

    Args:
        x: Input (N, C, ...) with more than one position.
        gamma: $\gamma$; None for 1.
        beta: $\beta$; None for 0.
        eps: $\varepsilon$, added to the variance.

    Returns:
        Tensor in the shape of `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, or a page has one single value.

    Source:
        Ulyanov, Vedaldi and Lempitsky, Instance Normalization (2016), equation 3.
    """
    check_channels(x, gamma=gamma, beta=beta)
    s = statistics(x.shape, "instance")
    if s.count == 1:
        raise ValueError(
            f"x of shape {tuple(x.shape)} has 1 value per sample and channel, and every output would be 0; "
            "try larger maps, or layer_norm"
        )
    return scale_shift(normalize(x, s.reduced, eps).x_hat, gamma, beta)


class InstanceNorm(nn.Module):
    """`instance_norm` with its parameters.

    As in torch, nothing is learned unless `affine=True`. Unlike in torch, there are no running
    statistics: a page is normalized by itself in training and after.

    Args:
        num_features: C.
        eps: Added to the variance.
        affine: Whether to learn a scale and a shift for each channel.
    """

    @typed
    def __init__(self, num_features: int, eps: float = 1e-5, affine: bool = False):
        super().__init__()
        self.num_features, self.eps = num_features, eps
        self.weight = nn.Parameter(torch.ones(num_features)) if affine else None
        self.bias = nn.Parameter(torch.zeros(num_features)) if affine else None

    def forward(self, x: Float[Tensor, "N C *S"]) -> Float[Tensor, "N C *S"]:
        check_num_features(x, self.num_features)
        return instance_norm(x, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}, affine={self.weight is not None}"
