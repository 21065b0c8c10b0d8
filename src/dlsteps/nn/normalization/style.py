"""Adaptive instance normalization: take a picture's own statistics away, and put another's in."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.checks import check_channels, check_same_dtype
from dlsteps.nn.normalization.axes import normalize, statistics


def adain(
    content: Float[Tensor, "N C *S"], style: Float[Tensor, "N C *P"], eps: float = 1e-5
) -> Float[Tensor, "N C *S"]:
    r"""Give each page of the content the mean and the spread of the style's page.

    $y = \sigma_{nc}(s) \, \frac{x - \mu_{nc}(x)}{\sigma_{nc}(x)} + \mu_{nc}(s)$, with
    $\sigma = \sqrt{\text{var} + \varepsilon}$ on both sides and the biased variance. (The authors' own
    program divides by the count less one.) Nothing is learned.

    Args:
        content: Feature maps (N, C, ...).
        style: Feature maps (N, C, ...), whose size may differ from the content's.
        eps: $\varepsilon$, added to both variances.

    Returns:
        Tensor in the shape of `content`.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If the two differ in N or C.

    Source:
        Huang and Belongie, Arbitrary Style Transfer (2017), equation 8.
    """
    check_channels(content)
    check_channels(style)
    check_same_dtype(content, style=style)
    if content.shape[:2] != style.shape[:2]:
        raise ValueError(
            f"content has (N, C) = {tuple(content.shape[:2])}, but style has {tuple(style.shape[:2])}; "
            "try style.expand or a style from the same layer"
        )
    pages = statistics(content.shape, "instance")
    x_hat = normalize(content, pages.reduced, eps).x_hat
    pages_of_style = statistics(style.shape, "instance")
    _, mean, var = normalize(style, pages_of_style.reduced, eps)
    y = x_hat * torch.sqrt(var + eps).view(pages.shape) + mean.view(pages.shape)
    return y.to(content.dtype)
