"""Gradient clipping: a limit to how far one step may go. What is too small stays too small."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_floating


class Clipped(NamedTuple):
    """Gradients after clipping by their norm, and what was done.

    Attributes:
        gradients: The gradients, each in its own shape.
        norm: Their norm before.
        factor: What all of them were multiplied by: 1 where nothing was clipped.
    """

    gradients: tuple[Tensor, ...]
    norm: Tensor
    factor: Tensor


def total_norm(gradients: Sequence[Float[Tensor, "..."]], norm_type: float = 2.0) -> Float[Tensor, ""]:
    r"""The norm of all gradients as if they were one long vector.

    $\lVert g \rVert_p = (\sum_i |g_i|^p)^{1/p}$.

    Args:
        gradients: Tensors of any shape.
        norm_type: $p$, more than 0; `math.inf` for the largest size.

    Returns:
        A number in a tensor; 0 if there is no gradient.

    Raises:
        TypeError: If a gradient is not floating point.
        ValueError: If `norm_type` is not positive.
    """
    if not norm_type > 0:
        raise ValueError(f"norm_type={norm_type} is no norm; try 2, 1 or math.inf")
    if not gradients:
        return torch.tensor(0.0)
    for gradient in gradients:
        check_floating(gradient, "gradient")
    # The norm of the norms is the norm of all, and nothing has to be copied into one vector.
    norms = [torch.linalg.vector_norm(gradient, norm_type) for gradient in gradients]
    return torch.linalg.vector_norm(torch.stack(norms), norm_type)


def clip_by_norm(
    gradients: Sequence[Float[Tensor, "..."]], max_norm: float, norm_type: float = 2.0
) -> Clipped:
    r"""Shorten the gradient if it is too long, and keep its direction.

    $g \leftarrow g \cdot \min\left(1, \frac{c}{\lVert g \rVert + 10^{-6}}\right)$. The $10^{-6}$ is
    torch's: it leaves the result a little shorter than $c$.

    Unlike torch's, it refuses a norm that is not finite, as torch does with `error_if_nonfinite=True`.
    Torch would make every gradient 0 or NaN there.

    Args:
        gradients: Gradients of all parameters; they are left as they are.
        max_norm: $c$, the greatest length, more than 0.
        norm_type: $p$; `math.inf` limits the largest size.

    Returns:
        The new gradients, the norm before, and the factor, as a `Clipped`.

    Raises:
        TypeError: If a gradient is not floating point.
        ValueError: If `max_norm` or `norm_type` is not positive, or the norm is not finite.

    Source:
        Pascanu, Mikolov and Bengio, On the Difficulty of Training Recurrent Neural Networks (2013),
        algorithm 1.
    """
    _check_limit("max_norm", max_norm)
    norm = total_norm(gradients, norm_type)
    if not torch.isfinite(norm):
        raise ValueError(
            f"the gradients have norm {norm.item()}, and no factor makes that finite; "
            "skip this step, or lower the learning rate"
        )
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    return Clipped(tuple(gradient * factor for gradient in gradients), norm, factor)


def clip_by_value(gradients: Sequence[Float[Tensor, "..."]], max_value: float) -> tuple[Tensor, ...]:
    r"""Cut each number of the gradient off: $g_i \leftarrow \min(\max(g_i, -c), c)$. The direction changes.

    Args:
        gradients: Gradients of all parameters; they are left as they are.
        max_value: $c$, the largest size of one number, more than 0.

    Returns:
        The new gradients. NaN stays NaN.

    Raises:
        ValueError: If `max_value` is not positive.
    """
    _check_limit("max_value", max_value)
    return tuple(gradient.clamp(-max_value, max_value) for gradient in gradients)


def _check_limit(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"{name}={value} would stop or reverse every step; try 1.0")


@torch.no_grad()
def clip_gradients_by_norm(
    parameters: Iterable[nn.Parameter], max_norm: float, norm_type: float = 2.0
) -> Clipped:
    """Clip the gradients that a backward pass left in the parameters, in place, by `clip_by_norm`.

    Args:
        parameters: Parameters; those without a gradient are passed over.
        max_norm: The greatest length of all gradients together.
        norm_type: Which norm.

    Returns:
        The gradients as they are now, their norm before, and the factor.

    Raises:
        ValueError: As `clip_by_norm`; the gradients then stay as they were.
    """
    gradients = _gradients(parameters)
    clipped = clip_by_norm(gradients, max_norm, norm_type)
    _replace(gradients, clipped.gradients)
    return clipped


@torch.no_grad()
def clip_gradients_by_value(parameters: Iterable[nn.Parameter], max_value: float) -> None:
    """Clip the gradients that a backward pass left in the parameters, in place, by `clip_by_value`.

    Args:
        parameters: Parameters; those without a gradient are passed over.
        max_value: The largest size of one number.

    Raises:
        ValueError: If `max_value` is not positive; the gradients then stay as they were.
    """
    gradients = _gradients(parameters)
    _replace(gradients, clip_by_value(gradients, max_value))


def _gradients(parameters: Iterable[nn.Parameter]) -> list[Tensor]:
    return [parameter.grad for parameter in parameters if parameter.grad is not None]


def _replace(gradients: Sequence[Tensor], new: Sequence[Tensor]) -> None:
    for gradient, value in zip(gradients, new, strict=True):
        gradient.copy_(value)
