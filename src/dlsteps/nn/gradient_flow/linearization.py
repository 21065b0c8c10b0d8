"""The Jacobian: the matrix by which small changes of the input come out at the other end."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.checks import check_floating


def jacobian(f: Callable[[Tensor], Tensor], x: Float[Tensor, "..."]) -> Float[Tensor, "outputs inputs"]:
    r"""Write a function out as the matrix that it is close to `x`: $J_{ij} = \partial y_i / \partial x_j$.

    Outputs and inputs are counted through in the order of memory, the whole batch as one vector. Where no
    sample knows of another, the matrix has one block for each sample, and zeros elsewhere.

    A module is called once, in the mode it is in: batch normalization in training moves its running
    statistics.

    Args:
        f: Function or module of one tensor.
        x: Where to take it.

    Returns:
        J with one row for each number of the output and one column for each number of `x`.

    Raises:
        TypeError: If `x` is not floating point.
    """
    return _jacobian_and_output(f, x)[0]


def _jacobian_and_output(f: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    check_floating(x)
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        y = f(x)
    J = None
    if y.requires_grad:
        # One backward pass for each output: the rows of I ask for one of them each.
        rows = torch.eye(y.numel(), dtype=y.dtype, device=y.device).view(-1, *y.shape)
        (J,) = torch.autograd.grad(y, x, rows, is_grads_batched=True, allow_unused=True)
    if J is None:  # y does not depend on x
        J = x.new_zeros(y.numel(), x.numel())
    return J.reshape(y.numel(), x.numel()), y.detach()  # (outputs, inputs)


def singular_values(f: Callable[[Tensor], Tensor], x: Float[Tensor, "..."]) -> Float[Tensor, " r"]:
    r"""The factors by which a function stretches small changes of its input, each along its own direction.

    With $J = U \Sigma V^\top$ a change along $v_k$ comes out along $u_k$, $\sigma_k$ times as long, and a
    gradient along $u_k$ goes back along $v_k$, $\sigma_k$ times as long.

    Args:
        f: Function or module of one tensor.
        x: Where to take them.

    Returns:
        $\sigma_1 \ge \sigma_2 \ge \dots$, as many as the smaller side of J.

    Raises:
        TypeError: If `x` is not floating point.
    """
    return torch.linalg.svdvals(jacobian(f, x))


def singular_values_through_depth(
    blocks: nn.Sequential, x: Float[Tensor, "..."]
) -> tuple[Float[Tensor, " _"], ...]:
    r"""The singular values of the first block, of the first two, and so on to the whole network.

    $J_{l+1} = \frac{\partial h_{l+1}}{\partial h_l} \, J_l$: each block is called once
    and differentiated where its input lies.

    Args:
        blocks: Modules that are called one after the other.
        x: Input of the first.

    Returns:
        For each block, from the first to the last, the singular values of $\partial h_l / \partial x$.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If there is no block.

    Source:
        Saxe, McClelland and Ganguli, Exact Solutions to the Nonlinear Dynamics of Learning in Deep Linear
        Neural Networks (2014), section 4, for $J$ as a product over layers.
    """
    if len(blocks) == 0:
        raise ValueError("the network has no block to look at; try deep_network(depth=1, ...)")
    J, h, found = None, x, []
    for block in blocks:
        here, h = _jacobian_and_output(block, h)
        J = here if J is None else here @ J
        found.append(torch.linalg.svdvals(J))
    return tuple(found)
