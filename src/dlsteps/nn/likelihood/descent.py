"""Two ways down: gradient descent, which knows the slope, and Newton's method, which knows the bend too."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import torch
from jaxtyping import Float
from torch import Tensor

from dlsteps.nn.checks import check_same_dtype
from dlsteps.nn.likelihood.regression import Objective


@dataclass(frozen=True)
class Fit:
    r"""A descent, step by step.

    Attributes:
        path: $\theta_0, \theta_1, \dots$, of shape (steps + 1, ...).
        losses: $L(\theta_0), L(\theta_1), \dots$
        gradient_norms: $\lVert \nabla L(\theta_0) \rVert, \dots$
        converged: Whether the last gradient is within the tolerance, and this is a minimum. Where a larger
            multiple of $\theta$ is much better still, the data are parted perfectly, and the minimum is at
            infinity.
    """

    path: Tensor
    losses: tuple[float, ...]
    gradient_norms: tuple[float, ...]
    converged: bool

    @property
    def parameters(self) -> Tensor:
        """The last parameters."""
        return self.path[-1]

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.path) - 1


def gradient_descent(
    objective: Objective,
    learning_rate: float,
    steps: int = 1000,
    tolerance: float = 1e-8,
    start: Float[Tensor, "*shape"] | None = None,
) -> Fit:
    r"""Go down along the slope: $\theta \leftarrow \theta - \eta \, \nabla L(\theta)$.

    Args:
        objective: What is to be made small.
        learning_rate: $\eta$, more than 0. Beyond 2 over the largest eigenvalue of the Hessian it diverges.
        steps: The most steps to take. It stops earlier where the loss is no longer finite.
        tolerance: It has arrived when the gradient is not longer than this.
        start: $\theta_0$; None for 0.

    Returns:
        Every step, as a `Fit`.

    Raises:
        TypeError: If `start` has another dtype than the data.
        ValueError: If `learning_rate` is not positive, `steps` or `tolerance` is negative, or `start` has
            another shape than the parameters.
    """
    if not learning_rate > 0:
        raise ValueError(f"learning_rate={learning_rate} goes up or nowhere; try 0.1")

    def step(theta: Tensor, gradient: Tensor) -> Tensor:
        return theta - learning_rate * gradient

    return _descend(objective, step, steps, tolerance, start)


def newton(
    objective: Objective,
    steps: int = 50,
    tolerance: float = 1e-8,
    start: Float[Tensor, "*shape"] | None = None,
) -> Fit:
    r"""Go to the bottom of the parabola that fits here: $\theta \leftarrow \theta - H^{-1} \nabla L(\theta)$.

    Near the minimum the number of right digits doubles with each step. Far from it the parabola may be a poor
    guess, so the step is halved until the loss does not rise. Where H has no inverse, the shortest of the
    steps that do the same is taken.

    Args:
        objective: What is to be made small.
        steps: The most steps to take.
        tolerance: It has arrived when the gradient is not longer than this.
        start: $\theta_0$; None for 0.

    Returns:
        Every step, as a `Fit`.

    Raises:
        TypeError: If `start` has another dtype than the data.
        ValueError: If `steps` or `tolerance` is negative, or `start` has another shape than the parameters.

    Source:
        Bishop, Pattern Recognition and Machine Learning (2006), equation 4.92.
    """

    def step(theta: Tensor, gradient: Tensor) -> Tensor:
        H_inverse = torch.linalg.pinv(objective.hessian(theta), hermitian=True)
        direction = (H_inverse @ gradient.flatten()).view_as(theta)
        limit = objective.loss(theta) * (1 + 1e-12)  # near the minimum the loss changes by rounding alone
        share = 1.0
        while objective.loss(theta - share * direction) > limit and share > 1e-9:
            share /= 2
        return theta - share * direction

    return _descend(objective, step, steps, tolerance, start)


@torch.no_grad()
def _descend(
    objective: Objective,
    step: Callable[[Tensor, Tensor], Tensor],
    steps: int,
    tolerance: float,
    start: Tensor | None,
) -> Fit:
    _check(objective, steps, tolerance, start)
    theta = objective.start if start is None else start.detach().clone()
    path, losses, norms = [], [], []
    while True:
        gradient = objective.gradient(theta)
        path.append(theta)
        losses.append(objective.loss(theta).item())
        norms.append(gradient.norm().item())
        small = norms[-1] <= tolerance
        if small or len(path) > steps or not isfinite(losses[-1]):
            break
        theta = step(theta, gradient)
    return Fit(torch.stack(path), tuple(losses), tuple(norms), small and not _at_infinity(objective, theta))


def _at_infinity(objective: Objective, theta: Tensor) -> bool:
    return bool(objective.loss(2 * theta) < 0.9 * objective.loss(theta))


def _check(objective: Objective, steps: int, tolerance: float, start: Tensor | None) -> None:
    if steps < 0:
        raise ValueError(f"steps={steps} is negative; try 0 for the start alone")
    if not tolerance >= 0:
        raise ValueError(f"tolerance={tolerance} can never be met; try 1e-8")
    if start is not None and start.shape != objective.start.shape:
        raise ValueError(
            f"start has shape {tuple(start.shape)}, but the parameters have {tuple(objective.start.shape)}; "
            "try torch.zeros_like(objective.start)"
        )
    check_same_dtype(objective.start, start=start)
