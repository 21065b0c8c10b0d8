"""Linear, logistic and softmax regression: three likelihoods of the same linear map.

Each is given as its loss, its gradient and its Hessian, written by hand, for any way to descend.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from dlsteps.nn.activations.saturating import sigmoid
from dlsteps.nn.checks import check_axes, check_floating, check_same_dtype
from dlsteps.nn.likelihood.logits import (
    binary_negative_log_likelihood,
    check_class_ids,
    gaussian_negative_log_likelihood,
    negative_log_likelihood,
    smooth_labels,
    softmax,
)


@dataclass(frozen=True)
class Objective:
    r"""What is to be made small: the mean negative log-likelihood, and a penalty on large weights.

    $L(\theta) = \frac1N \sum_n -\log q_\theta(y_n \mid x_n) + \frac\lambda2 \lVert w \rVert^2$, where $w$ is
    $\theta$ without the intercepts.

    Attributes:
        loss: From $\theta$ to L, a number in a tensor.
        gradient: From $\theta$ to $\partial L/\partial\theta$, in the shape of $\theta$.
        hessian: From $\theta$ to the matrix of second derivatives, (P, P) for the P numbers of $\theta$ in
            the order of memory.
        start: $\theta = 0$ in its shape.
    """

    loss: Callable[[Tensor], Tensor]
    gradient: Callable[[Tensor], Tensor]
    hessian: Callable[[Tensor], Tensor]
    start: Tensor


def with_intercept(X: Float[Tensor, "N D"]) -> Float[Tensor, "N D+1"]:
    """Append a column of ones, whose weight is the intercept: it is always the last.

    Args:
        X: One row of features for each sample.

    Returns:
        A new table with one column more.

    Raises:
        ValueError: If `X` is no table.
    """
    check_axes(X, "N, D", "X")
    return torch.cat([X, X.new_ones(len(X), 1)], 1)


def linear_objective(
    X: Float[Tensor, "N D"], y: Float[Tensor, " N"], l2: float = 0.0, *, intercept: bool = True
) -> Objective:
    r"""Regression with one output: $\mu = X\theta$, and a normal distribution of variance 1 around it.

    $\nabla L = \frac1N X^\top (X\theta - y) + \lambda w$ and $\nabla^2 L = \frac1N X^\top X + \lambda I_w$.
    The Hessian does not depend on $\theta$, so one step of Newton's method arrives.

    Args:
        X: One row of features for each sample.
        y: One number for each sample.
        l2: $\lambda$, 0 or more; intercepts are not punished.
        intercept: Whether $\theta$ has a last entry that is added to every prediction.

    Returns:
        The objective of $\theta$ with shape (D,), or (D + 1,).

    Raises:
        TypeError: If `X` or `y` is not floating point, or the dtypes differ.
        ValueError: If the shapes do not fit, there is no sample, or `l2` is negative.
    """
    check_floating(y, "y")
    check_same_dtype(X, y=y)
    X, penalty = _prepare(X, y, l2, intercept)
    N = len(X)
    return Objective(
        loss=lambda t: gaussian_negative_log_likelihood(X @ t, y).mean() + _half_square(penalty, t),
        gradient=lambda t: X.T @ (X @ t - y) / N + penalty * t,
        hessian=lambda t: X.T @ X / N + torch.diag(penalty),
        start=X.new_zeros(X.shape[1]),
    )


def logistic_objective(
    X: Float[Tensor, "N D"], y: Integer[Tensor, " N"], l2: float = 0.0, *, intercept: bool = True
) -> Objective:
    r"""Yes or no: $q(1 \mid x) = \sigma(x^\top\theta)$.

    $\nabla L = \frac1N X^\top (\sigma - y) + \lambda w$ and
    $\nabla^2 L = \frac1N X^\top \operatorname{diag}(\sigma (1 - \sigma)) \, X + \lambda I_w$. It has no
    direction in which it bends down, so there is one minimum; none, if a plane parts the two classes and
    $\lambda = 0$.

    Args:
        X: One row of features for each sample.
        y: 0 or 1 for each sample.
        l2: $\lambda$, 0 or more; intercepts are not punished.
        intercept: Whether $\theta$ has a last entry that is added to every logit.

    Returns:
        The objective of $\theta$ with shape (D,), or (D + 1,).

    Raises:
        TypeError: If `X` is not floating point, or `y` not integer.
        ValueError: If the shapes do not fit, there is no sample, a label is not 0 or 1, or `l2` is negative.

    Source:
        Bishop, Pattern Recognition and Machine Learning (2006), equations 4.90, 4.91 and 4.97.
    """
    check_class_ids(y, 2)
    X, penalty = _prepare(X, y, l2, intercept)
    N, y = len(X), y.to(X.dtype)

    def hessian(theta: Tensor) -> Tensor:
        q = sigmoid(X @ theta)
        return X.T @ ((q * (1 - q))[:, None] * X) / N + torch.diag(penalty)

    return Objective(
        loss=lambda t: binary_negative_log_likelihood(X @ t, y).mean() + _half_square(penalty, t),
        gradient=lambda t: X.T @ (sigmoid(X @ t) - y) / N + penalty * t,
        hessian=hessian,
        start=X.new_zeros(X.shape[1]),
    )


def softmax_objective(
    X: Float[Tensor, "N D"],
    y: Integer[Tensor, " N"],
    classes: int,
    l2: float = 0.0,
    *,
    intercept: bool = True,
) -> Objective:
    r"""One of C: $q(c \mid x) = \operatorname{softmax}(\Theta x)_c$.

    $\nabla L = \frac1N (Q - P)^\top X + \lambda W$, and the block of $\nabla^2 L$ for the classes c and k is
    $\frac1N \sum_n q_{nc} ([c = k] - q_{nk}) \, x_n x_n^\top$. The same row added to every class changes
    nothing, so the Hessian has no inverse where nothing is punished.

    Args:
        X: One row of features for each sample.
        y: The class of each sample, 0 to C - 1.
        classes: C.
        l2: $\lambda$, 0 or more; intercepts are not punished.
        intercept: Whether $\Theta$ has a last column that is added to every logit.

    Returns:
        The objective of $\Theta$ with shape (C, D), or (C, D + 1).

    Raises:
        TypeError: If `X` is not floating point, or `y` not integer.
        ValueError: If the shapes do not fit, there is no sample, a class does not exist, or `l2` is negative.

    Source:
        Bishop, Pattern Recognition and Machine Learning (2006), equations 4.108 to 4.110.
    """
    check_class_ids(y, classes)
    X, penalty = _prepare(X, y, l2, intercept)
    N, D = X.shape
    P = smooth_labels(y, classes).to(X.dtype)  # (N, C)

    def hessian(theta: Tensor) -> Tensor:
        q = softmax(X @ theta.T)
        bend = torch.diag_embed(q) - q[:, :, None] * q[:, None, :]  # (N, C, C)
        blocks = torch.einsum("nck,ni,nj->cikj", bend, X, X) / N
        return blocks.reshape(classes * D, classes * D) + torch.diag(penalty.repeat(classes))

    return Objective(
        loss=lambda t: negative_log_likelihood(X @ t.T, y).mean() + _half_square(penalty, t),
        gradient=lambda t: (softmax(X @ t.T) - P).T @ X / N + penalty * t,
        hessian=hessian,
        start=X.new_zeros(classes, D),
    )


def _prepare(X: Tensor, y: Tensor, l2: float, intercept: bool) -> tuple[Tensor, Tensor]:
    """Check the data; return X with its column of ones, and the penalty on each weight."""
    check_floating(X, "X")
    if X.ndim != 2 or tuple(y.shape) != X.shape[:1] or len(X) == 0:
        raise ValueError(
            f"X of shape {tuple(X.shape)} and y of shape {tuple(y.shape)} are not (N, D) and (N,) with one "
            "sample or more; try X.flatten(1)"
        )
    if not l2 >= 0:
        raise ValueError(f"l2={l2} would reward large weights; try 0 for no penalty, or 0.01")
    penalty = X.new_full((X.shape[1],), l2)
    if intercept:
        X, penalty = with_intercept(X), torch.cat([penalty, X.new_zeros(1)])
    return X, penalty


def _half_square(penalty: Tensor, theta: Tensor) -> Tensor:
    return (penalty * theta.square()).sum() / 2
