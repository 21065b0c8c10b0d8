"""Entropy, cross-entropy and divergence of distributions that are given as numbers, in nats."""

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.checks import check_floating, check_same_dtype


def entropy(p: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "..."]:
    r"""The surprise to expect from p if one knows p: $H(p) = -\sum_c p_c \log p_c$.

    $0 \log 0$ counts as 0. It is 0 for a sure outcome, and $\log C$, its most, for C equal ones.

    Args:
        p: Probabilities, which sum to 1 along `dim`.
        dim: The axis of the outcomes.

    Returns:
        H in nats, in the shape of `p` without `dim`.

    Raises:
        TypeError: If `p` is not floating point.
        ValueError: If `p` is not a distribution.

    Source:
        Shannon, A Mathematical Theory of Communication (1948), section 6.
    """
    return cross_entropy(p, p, dim)


def cross_entropy(
    p: Float[Tensor, "*shape"], q: Float[Tensor, "*shape"], dim: int = -1
) -> Float[Tensor, "..."]:
    r"""The surprise to expect from p if one believes q: $H(p, q) = -\sum_c p_c \log q_c$.

    It is $H(p) + D(p \Vert q)$, and so least where $q = p$. It is infinite where q rules out what p does not.
    (For $q$ given by logits use `negative_log_likelihood`, which never takes the logarithm of a rounded 0.)

    Args:
        p: Probabilities, which sum to 1 along `dim`.
        q: Probabilities, which sum to 1 along `dim`.
        dim: The axis of the outcomes.

    Returns:
        H in nats, in the shape of `p` without `dim`.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If one is not a distribution, or the shapes differ.
    """
    _check_two(p, q, dim)
    return 0 - (p * _log(q, where_p=p)).sum(dim)  # 0 - 0 is 0, and -0 is "-0."


def kl_divergence(
    p: Float[Tensor, "*shape"], q: Float[Tensor, "*shape"], dim: int = -1
) -> Float[Tensor, "..."]:
    r"""What believing q costs on top: $D(p \Vert q) = \sum_c p_c \, (\log p_c - \log q_c)$.

    It is 0 where $q = p$, more elsewhere, and not the same the other way round.

    Args:
        p: Probabilities, which sum to 1 along `dim`.
        q: Probabilities, which sum to 1 along `dim`.
        dim: The axis of the outcomes.

    Returns:
        D in nats, in the shape of `p` without `dim`.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If one is not a distribution, or the shapes differ.

    Source:
        Kullback and Leibler, On Information and Sufficiency (1951), section 2.
    """
    _check_two(p, q, dim)
    return (p * (_log(p, where_p=p) - _log(q, where_p=p))).sum(dim)


def _log(q: Tensor, where_p: Tensor) -> Tensor:
    """The logarithm of q, but 0 where p and q both are 0: there p log q is 0, and so is its gradient."""
    return torch.log(torch.where((where_p == 0) & (q == 0), 1, q))


def _check_two(p: Tensor, q: Tensor, dim: int) -> None:
    check_distribution(p, dim, "p")
    if q is not p:
        check_distribution(q, dim, "q")
        check_same_dtype(p, q=q)
        if p.shape != q.shape:
            raise ValueError(
                f"p has shape {tuple(p.shape)}, but q has {tuple(q.shape)}; try q.expand_as(p) for one q"
            )


def check_distribution(p: Tensor, dim: int, name: str) -> None:
    """Require numbers of 0 or more that sum to 1 along an axis, up to rounding. NaN is refused too."""
    check_floating(p, name)
    if not -p.ndim <= dim < p.ndim:
        raise ValueError(f"dim={dim} is not an axis of {name} with shape {tuple(p.shape)}; try -1")
    values = p.detach()
    if not (values >= 0).all():
        raise ValueError(
            f"{name} has {values.min().item():.4g} in it, and a probability is 0 or more; try softmax({name})"
        )
    off = (values.double().sum(dim) - 1).abs()
    if off.numel() and not off.max() <= max(1e-6, torch.finfo(p.dtype).eps ** 0.5):
        raise ValueError(
            f"{name} sums to 1 along dim={dim} only up to {off.max().item():.4g}; "
            f"try {name} / {name}.sum({dim}, keepdim=True), or another dim"
        )
