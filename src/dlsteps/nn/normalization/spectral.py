"""Spectral normalization: divide a weight by the largest factor by which it can stretch a vector."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parametrize

from dlsteps.nn.checks import check_floating, typed


def as_matrix(weight: Float[Tensor, "..."], dim: int = 0) -> Float[Tensor, "h w"]:
    """Lay a weight out with one row for each output: axis `dim` first, all others in one."""
    return weight.movedim(dim, 0).flatten(1)


def power_iteration(
    W: Float[Tensor, "h w"], u: Float[Tensor, " h"], v: Float[Tensor, " w"], steps: int, eps: float = 1e-12
) -> tuple[Float[Tensor, " h"], Float[Tensor, " w"]]:
    r"""Turn u and v toward the first singular vectors of W.

    $u \leftarrow Wv / \lVert Wv \rVert$, $v \leftarrow W^\top u / \lVert W^\top u \rVert$. Each step
    shrinks what is wrong by about $(\sigma_2/\sigma_1)^2$.

    Args:
        W: Matrix.
        u: Left vector; only `v` is read.
        v: Right vector.
        steps: How often to repeat.
        eps: Least length to divide by.

    Returns:
        The new u and v, of length 1.

    Source:
        Miyato et al., Spectral Normalization (2018), appendix A.
    """
    for _ in range(steps):
        u = F.normalize(W @ v, dim=0, eps=eps)
        v = F.normalize(W.T @ u, dim=0, eps=eps)
    return u, v


def spectral_norm(
    weight: Float[Tensor, "*shape"], u: Float[Tensor, " h"], v: Float[Tensor, " w"], dim: int = 0
) -> Float[Tensor, "*shape"]:
    r"""Divide a weight by $\sigma = u^\top W v$, its largest singular value once u and v have settled.

    Then $\lVert Wx - Wy \rVert \le \lVert x - y \rVert$: a linear layer stretches nothing. For a
    convolution W is the kernel laid out as (out, in·kH·kW), as in the paper and in torch. That bounds
    what the layer does to one patch. Patches overlap, so the layer as a whole may stretch an image by
    up to $\sqrt{kH \cdot kW}$ at stride 1.

    Args:
        weight: Weight of a linear layer or a convolution.
        u: First left singular vector, taken for a constant by the backward pass.
        v: First right singular vector, taken for a constant by the backward pass.
        dim: Axis of the outputs.

    Returns:
        Tensor in the shape of `weight`.

    Source:
        Miyato et al., Spectral Normalization (2018), equation 8.
    """
    sigma = u @ as_matrix(weight, dim) @ v
    return weight / sigma


class SpectralNorm(nn.Module):
    """`spectral_norm` with the vectors u and v it remembers from step to step.

    In training each call takes `n_power_iterations` steps: the weight moves little between two calls,
    so one is enough to keep up. Otherwise u and v stay as they are. The buffers have torch's names, so
    that a `state_dict` goes both ways.

    Args:
        weight: The weight to be normalized, with two axes or more; it sets the size of u and v.
        n_power_iterations: Steps for each call in training.
        dim: Axis of the outputs.
        eps: Least length to divide by.
        generator: Where the first u and v are drawn from.

    Raises:
        TypeError: If the weight is not floating point.
        ValueError: If the weight has fewer than two axes or is zero, or there is no power iteration.
    """

    @typed
    def __init__(
        self,
        weight: Float[Tensor, "..."],
        n_power_iterations: int = 1,
        dim: int = 0,
        eps: float = 1e-12,
        generator: torch.Generator | None = None,
    ):
        super().__init__()
        _check_weight(weight, n_power_iterations)
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps
        W = as_matrix(weight.detach(), dim)
        h, w = W.shape
        u, v = (torch.randn(n, generator=generator).to(W) for n in (h, w))
        u, v = power_iteration(W, u, v, steps=15, eps=eps)
        self.register_buffer("_u", u)
        self.register_buffer("_v", v)

    def forward(self, weight: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
        if self.training:
            with torch.no_grad():
                W = as_matrix(weight, self.dim)
                # New tensors, not a change in place: an earlier call may still want its own u and v
                # for the backward pass, as in D(real) - D(fake).
                self._u, self._v = power_iteration(W, self._u, self._v, self.n_power_iterations, self.eps)
        return spectral_norm(weight, self._u, self._v, self.dim)


def _check_weight(weight: Tensor, n_power_iterations: int) -> None:
    check_floating(weight, "weight")
    if weight.ndim < 2:
        raise ValueError(
            f"weight of shape {tuple(weight.shape)} is no matrix and has no singular values; "
            "try the weight of a linear layer or a convolution"
        )
    if not weight.count_nonzero():
        raise ValueError("weight is all zeros, and 0/0 has no value; initialize it before normalizing it")
    if n_power_iterations < 1:
        raise ValueError(f"n_power_iterations={n_power_iterations} never turns u and v; try 1")


TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def with_spectral_norm(
    layer: nn.Module,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    generator: torch.Generator | None = None,
) -> nn.Module:
    """Make a layer read its weight through `SpectralNorm` from now on.

    Args:
        layer: A linear layer or a convolution; it is changed in place.
        name: The name of its weight.
        n_power_iterations: Steps for each forward pass in training.
        eps: Least length to divide by.
        generator: Where the first u and v are drawn from.

    Returns:
        The layer itself.
    """
    outputs = 1 if isinstance(layer, TRANSPOSED) else 0  # torch keeps (in, out, ...) for these
    parametrization = SpectralNorm(getattr(layer, name), n_power_iterations, outputs, eps, generator)
    parametrize.register_parametrization(layer, name, parametrization)
    return layer
