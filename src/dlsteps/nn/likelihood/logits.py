"""Likelihood from logits: the logarithm of a softmax, without ever taking the logarithm of a rounded 0."""

import math

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlsteps.nn.activations.precision import in_float32_at_least
from dlsteps.nn.activations.saturating import sigmoid
from dlsteps.nn.checks import check_floating, check_same_dtype


def log_sum_exp(z: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "..."]:
    r"""$\log \sum_c e^{z_c} = m + \log \sum_c e^{z_c - m}$ with $m = \max_c z_c$.

    Without m, $e^{89}$ is infinite in float32 already. With it the largest term is 1. Its gradient is the
    softmax, however large the logits are; torch's is 1 for each of two equal ones beyond $10^{16}$, where
    $\log 2$ is lost.

    Args:
        z: Logits; half precision is computed in float32.
        dim: The axis to sum along; 1 entry or more.

    Returns:
        Tensor in the shape of `z` without `dim`.

    Raises:
        TypeError: If `z` is not floating point.
        ValueError: If there is no such axis, or it is empty.
    """
    wide, m = _with_the_largest(z, dim)
    m = m.clamp(max=torch.finfo(m.dtype).max)  # inf - inf would be NaN where the sum is infinite
    return (m.squeeze(dim) + torch.log(torch.exp(wide - m).sum(dim))).to(z.dtype)


def log_softmax(z: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "*shape"]:
    r"""The logarithms of the probabilities: $\log q_c = z_c - \log \sum_k e^{z_k}$.

    Args:
        z: Logits; half precision is computed in float32.
        dim: The axis of the classes.

    Returns:
        Tensor in the shape of `z`.

    Raises:
        TypeError: If `z` is not floating point.
        ValueError: If there is no such axis, or it is empty.
    """
    wide, m = _with_the_largest(z, dim)
    below = wide - m
    return (below - torch.log(torch.exp(below).sum(dim, keepdim=True))).to(z.dtype)


def softmax(z: Float[Tensor, "*shape"], dim: int = -1) -> Float[Tensor, "*shape"]:
    r"""Turn any numbers into a distribution: $q_c = e^{z_c} / \sum_k e^{z_k}$.

    Only differences matter: $z$ and $z + 5$ give the same. With two classes, $q_1 = \sigma(z_1 - z_0)$.
    With an infinite logit there is no difference, and the whole row is NaN.

    Args:
        z: Logits; half precision is computed in float32.
        dim: The axis of the classes.

    Returns:
        Positive numbers that sum to 1 along `dim`, in the shape of `z`.

    Raises:
        TypeError: If `z` is not floating point.
        ValueError: If there is no such axis, or it is empty.
    """
    wide, m = _with_the_largest(z, dim)
    e = torch.exp(wide - m)
    return (e / e.sum(dim, keepdim=True)).to(z.dtype)


def _with_the_largest(z: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return z and m, in float32 at least. No result changes with m, so no gradient goes through it."""
    _check_classes(z, dim)
    wide = z.to(torch.promote_types(z.dtype, torch.float32))
    m = wide.detach().amax(dim, keepdim=True)
    m = torch.where(m == -torch.inf, 0, m)  # -inf - -inf would be NaN where all classes are ruled out
    return wide, m


def negative_log_likelihood(
    logits: Float[Tensor, "*N C"], targets: Integer[Tensor, "*N"], label_smoothing: float = 0.0
) -> Float[Tensor, "*N"]:
    r"""How surprised a classifier is by each label: $-\log q_y = \log \sum_c e^{z_c} - z_y$.

    It is the cross-entropy $H(p, q)$ for a p that is sure of y. With label smoothing p is only sure of it to
    $1 - \epsilon + \epsilon/C$, and every other class gets $\epsilon/C$. The mean over samples is torch's
    `cross_entropy`.

    Args:
        logits: $z$, the classes on the last axis.
        targets: $y$, the number of each sample's class, 0 to C - 1.
        label_smoothing: $\epsilon$, 0 to 1.

    Returns:
        One number for each sample, in nats.

    Raises:
        TypeError: If `logits` are not floating point or `targets` not integers.
        ValueError: If the shapes do not fit, a class does not exist, or `label_smoothing` is no share.

    Source:
        Szegedy et al., Rethinking the Inception Architecture (2016), section 7, for label smoothing.
    """
    _check_targets(logits, targets, label_smoothing)
    log_q = log_softmax(logits)
    surprise = 0 - log_q.gather(-1, targets.long().unsqueeze(-1)).squeeze(-1)  # 0 - 0 is 0, and -0 is "-0."
    if label_smoothing == 0:
        return surprise  # a class that is ruled out, -inf, costs nothing as long as it does not come
    return (1 - label_smoothing) * surprise - label_smoothing * log_q.mean(-1)


def negative_log_likelihood_derivative(
    logits: Float[Tensor, "*N C"], targets: Integer[Tensor, "*N"], label_smoothing: float = 0.0
) -> Float[Tensor, "*N C"]:
    r"""The gradient of each sample's surprise toward its logits: $\partial / \partial z_c = q_c - p_c$.

    What is believed less what is true: the exponentials and the logarithm undo each other.

    Args:
        logits: $z$, the classes on the last axis.
        targets: $y$, the number of each sample's class, 0 to C - 1.
        label_smoothing: $\epsilon$, 0 to 1.

    Returns:
        Tensor in the shape of `logits`, which sums to 0 for each sample.

    Raises:
        TypeError: If `logits` are not floating point or `targets` not integers.
        ValueError: If the shapes do not fit, a class does not exist, or `label_smoothing` is no share.
    """
    _check_targets(logits, targets, label_smoothing)
    p = smooth_labels(targets, logits.shape[-1], label_smoothing).to(logits.dtype)
    return softmax(logits) - p


def smooth_labels(
    targets: Integer[Tensor, "*N"], classes: int, label_smoothing: float = 0.0
) -> Float[Tensor, "*N C"]:
    r"""Write labels as distributions: $p_c = (1 - \epsilon) \, [c = y] + \epsilon / C$.

    Args:
        targets: $y$, the number of each sample's class, 0 to C - 1.
        classes: C.
        label_smoothing: $\epsilon$, 0 to 1; 0 gives 1 for the class and 0 for the others.

    Returns:
        One distribution for each sample, in float64.

    Raises:
        TypeError: If `targets` are not integers.
        ValueError: If a class does not exist, or `label_smoothing` is no share.

    Source:
        Szegedy et al., Rethinking the Inception Architecture (2016), section 7.
    """
    check_class_ids(targets, classes)
    _check_share(label_smoothing)
    one_hot = (targets.unsqueeze(-1) == torch.arange(classes, device=targets.device)).double()  # (N, C)
    return (1 - label_smoothing) * one_hot + label_smoothing / classes


@in_float32_at_least
def log_sigmoid(z: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""The logarithm of the sigmoid: $\log \sigma(z) = -\log(1 + e^{-z}) = -\log(e^0 + e^{-z})$.

    It is a `log_sum_exp` of two numbers, 0 and -z.

    Args:
        z: Any floating-point tensor; half precision is computed in float32.

    Returns:
        Tensor in the shape of `z`, 0 or less.

    Raises:
        TypeError: If `z` is not floating point.
    """
    return -torch.logaddexp(torch.zeros_like(z), -z)


def binary_negative_log_likelihood(
    logits: Float[Tensor, "*shape"], targets: Float[Tensor, "*shape"]
) -> Float[Tensor, "*shape"]:
    r"""How surprised a yes-or-no classifier is: $-y \log \sigma(z) - (1 - y) \log \sigma(-z)$.

    It is `negative_log_likelihood` with the two logits 0 and z. A classifier that is sure, $z = \pm\infty$,
    pays infinitely where it is wrong and nothing where it is right; torch has NaN for most of these.

    Args:
        logits: $z$.
        targets: $y$, the probability of yes, 0 to 1; for a label 0 or 1.

    Returns:
        One number for each logit, in nats.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If the shapes differ, or a target is not from 0 to 1.
    """
    _check_binary(logits, targets)
    return _expected(targets, -log_sigmoid(logits)) + _expected(1 - targets, -log_sigmoid(-logits))


def binary_negative_log_likelihood_derivative(
    logits: Float[Tensor, "*shape"], targets: Float[Tensor, "*shape"]
) -> Float[Tensor, "*shape"]:
    r"""The slope of each surprise toward its logit: $\sigma(z) - y$, what is believed less what is true.

    Args:
        logits: $z$.
        targets: $y$, 0 to 1.

    Returns:
        Tensor in the shape of `logits`.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If the shapes differ, or a target is not from 0 to 1.
    """
    _check_binary(logits, targets)
    return sigmoid(logits) - targets


def _expected(p: Tensor, surprise: Tensor) -> Tensor:
    """A share of a surprise; nothing of an infinite one that never comes."""
    return p * torch.where((p == 0) & surprise.isinf(), 0, surprise)


def gaussian_negative_log_likelihood(
    mean: Float[Tensor, "*shape"], targets: Float[Tensor, "*shape"], variance: float = 1.0
) -> Float[Tensor, "*shape"]:
    r"""How surprised a regression is: $\frac{(y - \mu)^2}{2\sigma^2} + \frac12 \log(2\pi\sigma^2)$.

    With one variance for all, the $\mu$ of the greatest likelihood is that of the least squares.

    Args:
        mean: $\mu$, what one output neuron predicts.
        targets: $y$.
        variance: $\sigma^2$, more than 0.

    Returns:
        One number for each target, in nats; it may be negative, since a density can exceed 1.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If the shapes differ, or `variance` is not positive.
    """
    check_floating(mean, "mean")
    check_floating(targets, "targets")
    _check_same_shape("mean", mean, targets)
    if not variance > 0:
        raise ValueError(f"variance={variance} is not positive, and the density would be infinite; try 1.0")
    return (targets - mean).square() / (2 * variance) + math.log(2 * math.pi * variance) / 2


def _check_classes(z: Tensor, dim: int) -> None:
    check_floating(z, "z")
    if not -z.ndim <= dim < z.ndim:
        raise ValueError(f"dim={dim} is not an axis of z with shape {tuple(z.shape)}; try -1")
    if z.shape[dim] == 0:
        raise ValueError(f"z of shape {tuple(z.shape)} has no class along dim={dim}; try another dim")


def _check_targets(logits: Tensor, targets: Tensor, label_smoothing: float) -> None:
    check_floating(logits, "logits")
    if logits.ndim == 0 or logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"logits of shape {tuple(logits.shape)} need targets of shape {tuple(logits.shape[:-1])}, but "
            f"they have {tuple(targets.shape)}; the classes are on the last axis, try logits.movedim(1, -1)"
        )
    check_class_ids(targets, logits.shape[-1])
    _check_share(label_smoothing)


def check_class_ids(targets: Tensor, classes: int, name: str = "targets") -> None:
    """Require integers from 0 to C - 1: one that is too small would count from the end, silently."""
    if targets.is_floating_point() or targets.is_complex() or targets.dtype == torch.bool:
        raise TypeError(f"{name} must be integers, but have dtype {targets.dtype}; try {name}.long()")
    wrong = targets.long()  # int8 would be compared with C modulo 256
    wrong = wrong[(wrong < 0) | (wrong >= classes)]
    if wrong.numel():
        raise ValueError(
            f"{name} have class {wrong[0].item()}, but there are classes 0 to {classes - 1}; "
            "try to number the classes from 0"
        )


def _check_share(label_smoothing: float) -> None:
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing={label_smoothing} is not a share from 0 to 1; try 0.1")


def _check_same_shape(name: str, x: Tensor, targets: Tensor) -> None:
    if x.shape != targets.shape:
        raise ValueError(
            f"{name} has shape {tuple(x.shape)}, but targets have {tuple(targets.shape)}; "
            f"they must be equal, try {name}.squeeze(-1)"
        )
    check_same_dtype(x, targets=targets)


def _check_binary(logits: Tensor, targets: Tensor) -> None:
    check_floating(logits, "logits")
    check_floating(targets, "targets")
    _check_same_shape("logits", logits, targets)
    if not ((targets >= 0) & (targets <= 1)).all():
        raise ValueError("targets are not all from 0 to 1; try 0.0 for no and 1.0 for yes")
