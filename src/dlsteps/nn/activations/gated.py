"""Gated units: one half of the numbers decides how much of the other half comes through."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from dlsteps.nn.activations.saturating import sigmoid, sigmoid_derivative
from dlsteps.nn.activations.smooth import silu, silu_derivative
from dlsteps.nn.checks import check_floating, check_same_dtype, check_sizes, check_width, typed


def glu(x: Float[Tensor, "..."], dim: int = -1) -> Float[Tensor, "..."]:
    r"""Cut a tensor in two, and let the second half gate the first: $f(a, b) = a \odot \sigma(b)$.

    Args:
        x: $a$ and $b$, one after the other along `dim`.
        dim: The axis that is cut in two; its length must be even.

    Returns:
        Tensor in the shape of `x`, half as long along `dim`.

    Raises:
        TypeError: If `x` is not floating point.
        ValueError: If there is no such axis, or its length is odd.

    Source:
        Dauphin et al., Language Modeling with Gated Convolutional Networks (2017), equation 1.
    """
    a, b = _halves(x, dim)
    return a * sigmoid(b)


def glu_backward(
    x: Float[Tensor, "*shape"], upstream: Float[Tensor, "..."], dim: int = -1
) -> Float[Tensor, "*shape"]:
    r"""Send a gradient back through `glu`.

    $\bar a = \bar y \odot \sigma(b)$ and $\bar b = \bar y \odot a \odot \sigma'(b)$. The first half is
    multiplied by its gate and by nothing else, so the way back through an open gate is as good as no
    activation.

    Args:
        x: The input of `glu`.
        upstream: $\bar y$, the gradient of the loss toward the output of `glu`.
        dim: The axis that was cut in two.

    Returns:
        The gradient of the loss toward `x`.

    Raises:
        TypeError: If `x` is not floating point, or the dtypes differ.
        ValueError: If `upstream` does not have the shape of the output.
    """
    a, b = _halves(x, dim)
    _check_like("upstream", upstream, "the output", a)
    return torch.cat([upstream * sigmoid(b), upstream * a * sigmoid_derivative(b)], dim)


def swiglu(gate: Float[Tensor, "*shape"], value: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""GLU whose gate is SiLU in place of the sigmoid: $f(g, v) = \operatorname{SiLU}(g) \odot v$.

    Nothing is switched: the gate is a smooth function that is not bounded and can be negative. Where $v$ or
    $g v$ is infinite, autograd finds NaN toward the gate, for it adds two ways through SiLU;
    `swiglu_derivative` gives what torch's one way gives.

    Args:
        gate: $g$.
        value: $v$.

    Returns:
        Tensor in the shape of both.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If the shapes differ.

    Source:
        Shazeer, GLU Variants Improve Transformer (2020), equation 5.
    """
    _check_like("value", value, "gate", gate)
    return silu(gate) * value


def swiglu_derivative(
    gate: Float[Tensor, "*shape"], value: Float[Tensor, "*shape"]
) -> tuple[Float[Tensor, "*shape"], Float[Tensor, "*shape"]]:
    r"""Both slopes of SwiGLU, toward the gate and toward the value.

    $\partial f/\partial g = \operatorname{SiLU}'(g) \odot v$ and
    $\partial f/\partial v = \operatorname{SiLU}(g)$.

    Args:
        gate: $g$.
        value: $v$.

    Returns:
        The slope toward the gate and the slope toward the value, each in the shape of both.

    Raises:
        TypeError: If one is not floating point, or the dtypes differ.
        ValueError: If the shapes differ.
    """
    _check_like("value", value, "gate", gate)
    return silu_derivative(gate) * value, silu(gate)


def _halves(x: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    check_floating(x)
    if not -x.ndim <= dim < x.ndim:
        raise ValueError(
            f"dim={dim} is not an axis of x with shape {tuple(x.shape)}; try {-x.ndim} to {x.ndim - 1}"
        )
    if x.shape[dim] % 2:
        raise ValueError(
            f"x of shape {tuple(x.shape)} has odd length {x.shape[dim]} along dim={dim} and cannot be cut in "
            f"two; try {x.shape[dim] + 1}"
        )
    return x.chunk(2, dim)


def _check_like(name: str, x: Tensor, other_name: str, other: Tensor) -> None:
    check_floating(x, name)
    if x.shape != other.shape:
        raise ValueError(
            f"{name} has shape {tuple(x.shape)}, but {other_name} has {tuple(other.shape)}; "
            "they must be equal"
        )
    check_same_dtype(other, **{name: x})


class Gated(NamedTuple):
    """What happened in a gated unit.

    Attributes:
        gate: $xW$, before its activation.
        opened: $\\operatorname{SiLU}(xW)$, the share that is let through.
        value: $xV$.
        output: $(\\operatorname{SiLU}(xW) \\odot xV) W_2$.
    """

    gate: Tensor
    opened: Tensor
    value: Tensor
    output: Tensor


class SwiGLU(nn.Module):
    r"""A feed-forward network with a gated hidden layer: $y = (\operatorname{SiLU}(xW) \odot xV) \, W_2$.

    It has three matrices where a plain one has two. With two thirds of the hidden width both have equally
    many parameters. There is no bias, as in the paper.

    Args:
        d_model: Length of the vectors that come and go.
        d_hidden: Length of the vector that is gated.
        generator: Where the first weights are drawn from.

    Raises:
        ValueError: If a length is below 1.

    Source:
        Shazeer, GLU Variants Improve Transformer (2020), equation 6.
    """

    @typed
    def __init__(self, d_model: int, d_hidden: int, generator: torch.Generator | None = None):
        super().__init__()
        check_sizes(d_model=d_model, d_hidden=d_hidden)
        self.w, self.v = (nn.Linear(d_model, d_hidden, bias=False) for _ in range(2))
        self.w2 = nn.Linear(d_hidden, d_model, bias=False)
        for layer in (self.w, self.v, self.w2):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5, generator=generator)

    def forward(
        self, x: Float[Tensor, "*shape C"], record: bool = False
    ) -> Float[Tensor, "*shape C"] | Gated:
        """Return y in the shape of `x`, or with `record=True` all that was computed on the way.

        Raises:
            TypeError: If `x` is not floating point, or not of the layer's dtype.
            ValueError: If the vectors are of another length.
        """
        check_width(x, self.w.in_features, self.w.weight)
        gate, value = self.w(x), self.v(x)  # (..., d_hidden)
        output = self.w2(swiglu(gate, value))
        return Gated(gate, silu(gate), value, output) if record else output
